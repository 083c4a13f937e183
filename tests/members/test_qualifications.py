"""Licences and certificates: looked at by who knows, kept without a copy."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.house import OperationLog
from app.models.member import Qualification
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.factories.people import make_staff
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]


def later(months: int) -> str:
    return clock.months_after(clock.today(), months).isoformat()


@pytest.fixture
async def employer(session: AsyncSession, town: Town) -> Person:
    """The clerk of the member's employer."""
    place = await session.get_one(Organization, town.registration.employer_id)
    return await make_staff(session, Role.EMPLOYER_CLERK, place)


@pytest.fixture
def path(town: Town) -> str:
    return f"/registrations/{town.registration.id}/qualifications"


async def test_a_licence_is_looked_at_renewed_and_shown_to_the_member(
    desk: Desk, town: Town, session: AsyncSession, path: str
) -> None:
    await session.commit()
    made = await desk.post(town.clerk, path, code="lawyer", last_four="1234")
    assert made.json() == {
        "code": "lawyer",
        "last_four": "1234",
        "valid_to": None,
        "verified_on": clock.today().isoformat(),
    }
    again = await desk.post(town.clerk, path, code="lawyer", valid_to=later(3))
    assert (again.json()["last_four"], again.json()["valid_to"]) == (None, later(3))
    shown = await desk.get(town.member, path)
    assert shown == {"items": [again.json()]}
    (row,) = await session.scalars(select(Qualification))
    assert row.verified_by_id == town.clerk.id
    logged = await session.scalars(select(OperationLog))
    assert [(one.action, one.detail) for one in logged] == [
        ("qualification.verified", {"code": "lawyer"})
    ] * 2
    unknown = await desk.get(town.member, f"/registrations/{new_id()}/qualifications")
    assert unknown["code"] == "not_found"


@pytest.mark.parametrize(
    ("fields", "valid_to"),
    [
        ({}, later(36)),
        ({"valid_to": later(12)}, later(12)),
        ({"valid_to": later(48)}, later(36)),
    ],
)
async def test_a_kind_that_lapses_is_good_no_longer_than_it_says(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    path: str,
    fields: dict[str, Any],
    valid_to: str,
) -> None:
    await session.commit()
    made = await desk.post(town.clerk, path, code="first_aid", **fields)
    assert made.json()["valid_to"] == valid_to


async def test_each_side_looks_at_what_it_knows(
    desk: Desk, town: Town, session: AsyncSession, path: str, employer: Person
) -> None:
    await session.commit()
    tried = [
        (await desk.post(who, path, code=code)).status_code
        for who in (town.clerk, employer, town.member, town.helper)
        for code in ("lawyer", "physician")
    ]
    assert tried == [200, 403, 403, 200, 403, 403, 404, 404]
    past = (clock.today() - timedelta(days=1)).isoformat()
    refused = await desk.post(town.clerk, path, code="lawyer", valid_to=past)
    assert refused.json()["errors"][0]["code"] == "in_the_past"
    unknown = await desk.post(town.clerk, path, code="nothing")
    assert unknown.json()["errors"][0]["pointer"] == "/code"
