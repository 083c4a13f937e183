"""Who is reminded of a registration that waits, and in which words one was returned."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.members.events import RegistrationMoved, RegistrationReminded
from app.models.member import Registration, RegistrationStatus, RegistrationStep
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.report import Notification
from app.notifications import registrations
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff

Held = dict[Role, Person]


async def waiting(session: AsyncSession, *, is_protected: bool) -> tuple[Registration, Held]:
    """A registration with somebody in every place that may have to act."""
    community = await make_community(session)
    district = await session.get_one(Organization, community.lineage[1])
    employer = await make_organization(session, "employer", district, name="水务局")
    person = await make_person(session)
    member = await make_member(session, employer, person, is_protected=is_protected)
    row = await make_registration(
        session, community, person, member=member, status=RegistrationStatus.PENDING_COMMUNITY
    )
    places = {
        Role.COMMUNITY_SECRETARY: community,
        Role.COMMUNITY_CLERK: community,
        Role.EMPLOYER_SECRETARY: employer,
        Role.EMPLOYER_CLERK: employer,
        Role.DISTRICT_ADMIN: district,
    }
    held = {role: await make_staff(session, role, place) for role, place in places.items()}
    return row, held


@pytest.mark.parametrize(
    ("waits_for", "is_protected", "roles", "message"),
    [
        (
            "community",
            False,
            [Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK],
            "registration_waiting",
        ),
        ("community", True, [Role.COMMUNITY_SECRETARY], "registration_waiting"),
        (
            "employer",
            True,
            [Role.EMPLOYER_SECRETARY, Role.EMPLOYER_CLERK],
            "roster_member_waiting",
        ),
        ("district", False, [Role.DISTRICT_ADMIN], "employer_silent"),
    ],
)
async def test_whoever_a_registration_waits_for_is_reminded(
    session: AsyncSession, waits_for: str, is_protected: bool, roles: list[Role], message: str
) -> None:
    row, held = await waiting(session, is_protected=is_protected)
    event = RegistrationReminded(
        registration_id=row.id, organization_id=row.community_id, waits_for=waits_for
    )
    await registrations.on_registration_reminded(session, 1, event)
    found = (await session.scalars(select(Notification))).all()
    assert {line.message for line in found} == {message}
    assert {line.person_id for line in found} == {held[role].id for role in roles}
    assert (message != "employer_silent") or "水务局" in found[0].text


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("not_resident", "不在本社区居住"),
        ("other 楼栋已拆", "楼栋已拆"),
        (None, "—"),
    ],
)
async def test_a_return_says_why_in_words(
    session: AsyncSession, reason: str | None, shown: str
) -> None:
    row, _ = await waiting(session, is_protected=False)
    action = "return_from_community"
    session.add(
        RegistrationStep(
            registration_id=row.id, action=action, entered="returned_by_community", reason=reason
        )
    )
    await session.flush()
    event = RegistrationMoved(
        registration_id=row.id,
        person_id=row.person_id,
        action=action,
        status="returned_by_community",
    )
    await registrations.on_registration_moved(session, 1, event)
    (line,) = (await session.scalars(select(Notification))).all()
    assert f"退回了报到申请：{shown}。" in line.text
