"""Service records: a member's own, disputed, upheld, corrected, voided; never deleted."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.outbox import OutboxEntry
from app.models.person import Role
from app.models.record import RecordStatus, ServiceRecord, ServiceRecordStep
from app.permissions import Actor
from app.records import service
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]


async def test_a_member_reads_his_own_latest_first_with_totals(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for day, minutes in ((3, 30), (1, 60), (2, 90)):
        await make_record(
            session,
            town.registration,
            served_on=clock.today() - timedelta(days=day),
            minutes=minutes,
        )
    await make_record(session, town.registration, minutes=45, is_work_time=True)
    await make_record(session, town.registration, minutes=500, status=RecordStatus.VOIDED)
    disputed = clock.today() - timedelta(days=9)
    await make_record(session, town.registration, served_on=disputed, status=RecordStatus.DISPUTED)
    await make_record(session)
    first = await desk.get(town.member, "/me/records?limit=3")
    rest = await desk.get(town.member, f"/me/records?limit=3&cursor={first['next_cursor']}")
    listed = [item["minutes"] for item in first["items"] + rest["items"]]
    assert sorted(listed[:2]) == [45, 500]
    assert listed[2:] == [60, 90, 30, 60]
    totals = await desk.get(town.member, "/me/records/totals")
    assert totals == {"services": 4, "minutes": 180, "work_time_minutes": 45}


@pytest.mark.parametrize("limit", [1, 50])
async def test_reading_records_costs_one_statement_beside_the_actor(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
    limit: int,
) -> None:
    for _ in range(3):
        await make_record(session, town.registration)
    with count_statements() as seen:
        await desk.get(town.member, f"/me/records?limit={limit}")
    assert len(seen) == 2


async def step(desk: Desk, who: Any, record: ServiceRecord, name: str, **body: Any) -> Any:
    """The answer; a correction names the version that stands."""
    fields = {"reason": "核对"} | body
    if name == "correct":
        fields = {"version": record.version} | fields
    return (await desk.post(who, f"/records/{record.id}/{name}", **fields)).json()


async def test_not_me_is_looked_into(desk: Desk, town: Town, session: AsyncSession) -> None:
    record = await make_record(session, town.registration)
    disputed = await step(desk, town.member, record, "dispute", reason="不是我")
    upheld = await step(desk, town.clerk, record, "uphold")
    again = await step(desk, town.member, record, "dispute")
    voided = await step(desk, town.clerk, record, "void")
    assert [answer["status"] for answer in (disputed, upheld, again, voided)] == [
        "disputed",
        "approved",
        "disputed",
        "voided",
    ]
    assert (await step(desk, town.clerk, record, "void"))["code"] == "bad_transition"
    steps = await session.scalars(select(ServiceRecordStep.action).order_by(ServiceRecordStep.id))
    assert list(steps) == ["dispute", "uphold", "dispute", "void"]
    facts = await session.scalars(
        select(OutboxEntry.payload["action"].astext).order_by(OutboxEntry.id)
    )
    assert list(facts) == ["dispute", "uphold", "dispute", "void"]


async def test_a_correction_keeps_within_the_day(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    record = await make_record(session, town.registration, minutes=60)
    await make_record(session, town.registration, minutes=530)
    refused = await step(desk, town.clerk, record, "correct", minutes=80)
    assert refused["errors"][0]["pointer"] == "/minutes"
    paper = await make_registration(session, town.community, person_id=None)
    unknown = await make_record(session, paper, minutes=60, person_id=None)
    assert (await step(desk, town.clerk, unknown, "correct", minutes=80))["minutes"] == 80


@pytest.mark.parametrize("name", ["uphold", "correct", "void"])
async def test_nobody_decides_about_a_record_that_concerns_himself(
    desk: Desk, town: Town, session: AsyncSession, name: str
) -> None:
    """Neither the member it names nor the resident whom the service was for."""
    own = await make_registration(session, town.community, town.clerk)
    need = await make_need(session, town.community, town.clerk)
    order = await make_order(session, town.community, needs=(need,))
    minutes = {"minutes": 61} if name == "correct" else {}
    for record in (
        await make_record(session, own, status=RecordStatus.DISPUTED),
        await make_record(
            session, town.registration, status=RecordStatus.DISPUTED, source_id=order.id
        ),
    ):
        refused = await step(desk, town.clerk, record, name, **minutes)
        assert refused["code"] == "own_record"
        other = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
        assert "code" not in await step(desk, other, record, name, **minutes)


async def test_strangers_find_nothing_and_a_member_corrects_nothing(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    record = await make_record(session, town.registration)
    stranger = await make_person(session)
    assert (await step(desk, stranger, record, "dispute"))["code"] == "not_found"
    assert (await step(desk, town.member, record, "void"))["code"] == "forbidden"
    empty = await desk.post(town.member, f"/records/{record.id}/dispute")
    assert empty.json()["errors"][0]["pointer"] == "/reason"


async def test_a_record_is_approved_by_who_confirmed_it(town: Town, session: AsyncSession) -> None:
    done = service.Service(
        source=("order", new_id()),
        community_id=town.community.id,
        category="errand",
        title="代取药品",
        place="社区",
        served_on=clock.today(),
    )
    made = service.form(town.registration, done, 30)
    await service.add(session, Actor(town.clerk.id), [made])
    await session.flush()
    assert made.approved_by_id == town.clerk.id
    fact = (await session.scalars(select(OutboxEntry))).one()
    assert fact.payload["action"] == "add"
