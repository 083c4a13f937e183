"""What a member declares waits for somebody else; what cannot have been so is refused at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.member import RegistrationStatus
from app.models.order import Commitment
from app.models.person import Role
from app.models.record import ServiceRecord, ServiceRecordStep
from tests.factories.members import make_registration
from tests.factories.orders import make_record
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work

__all__ = ["desk", "town"]


def noon(ago: int = 1) -> datetime:
    """Noon of a local day so many days ago."""
    return clock.day_starts(clock.today() - timedelta(days=ago)) + timedelta(hours=12)


async def declare(desk: Desk, who: Any, **fields: Any) -> Any:
    begins = fields.pop("begins", noon())
    ends = fields.pop("ends", begins + timedelta(hours=2))
    body = {
        "category": "culture_civility",
        "title": "帮邻居搬家",
        "place": "3号楼",
        "starts_at": begins.isoformat(),
        "ends_at": ends.isoformat(),
        "minutes": 90,
    } | fields
    return await desk.post(who, "/me/records", **body)


@pytest.fixture
async def old(session: AsyncSession, town: Town) -> Town:
    """The member was registered a hundred days ago; committed."""
    town.registration.registered_on = clock.today() - timedelta(days=100)
    await session.commit()
    return town


async def test_a_declared_service_counts_when_another_has_approved_it(
    desk: Desk, old: Town, session: AsyncSession, sessions: Sessions
) -> None:
    made = (await declare(desk, old.member)).json()
    assert (made["status"], made["minutes"]) == ("pending_approval", 90)
    before = await desk.get(old.member, "/me/records/totals")
    assert before["services"] == 0
    approved = await desk.post(old.clerk, f"/records/{made['id']}/approve", minutes=60)
    assert (approved.json()["status"], approved.json()["minutes"]) == ("approved", 60)
    after = await desk.get(old.member, "/me/records/totals")
    assert (after["services"], after["minutes"]) == (1, 60)
    again = await desk.post(old.clerk, f"/records/{made['id']}/approve")
    assert again.json()["code"] == "bad_transition"
    record = await session.get_one(ServiceRecord, made["id"])
    assert (record.approved_by_id, record.approved_minutes) == (old.clerk.id, 60)
    assert (record.source_kind, record.source_id) == ("declared", record.id)
    await work(sessions)
    seen = await told(sessions)
    assert seen["record_waiting"][0] == {old.clerk.id}
    assert seen["record_added"] == (
        {old.member.id},
        "帮邻居搬家，1.0小时。与事实不符可点“不是我”。",
    )


async def test_a_declared_service_is_rejected_with_a_reason_that_the_member_reads(
    desk: Desk, old: Town, session: AsyncSession
) -> None:
    made = (await declare(desk, old.member)).json()
    path = f"/records/{made['id']}/reject"
    assert (await desk.post(old.member, path, reason="核对")).status_code == 403
    rejected = await desk.post(old.clerk, path, reason="无法核实")
    assert rejected.json()["status"] == "rejected"
    (mine,) = (await desk.get(old.member, "/me/records"))["items"]
    assert (mine["status"], mine["reason"]) == ("rejected", "无法核实")
    assert (await declare(desk, old.member)).status_code == 201  # the time is free again


async def test_nobody_approves_what_he_has_declared_himself(
    desk: Desk, old: Town, session: AsyncSession
) -> None:
    own = await make_registration(session, old.community, old.clerk)
    own.registered_on = clock.today() - timedelta(days=9)
    await session.commit()
    made = (await declare(desk, old.clerk)).json()
    refused = await desk.post(old.clerk, f"/records/{made['id']}/approve")
    assert refused.json()["code"] == "own_record"
    other = await make_staff(session, Role.COMMUNITY_CLERK, old.community)
    approved = await desk.post(other, f"/records/{made['id']}/approve")
    assert (approved.json()["status"], approved.json()["minutes"]) == ("approved", 90)


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"category": "none"}, "/category", "unknown"),
        ({"ends": noon() - timedelta(hours=1)}, "/ends_at", "impossible_time"),
        ({"begins": noon(3), "ends": noon(1)}, "/ends_at", "impossible_time"),
        ({"begins": noon(-1)}, "/ends_at", "in_the_future"),
        ({"minutes": 121}, "/minutes", "longer_than_the_time"),
        ({"begins": noon(15)}, "/starts_at", "too_long_ago"),
        ({"begins": noon(101)}, "/starts_at", "before_registration"),
        ({"ends": noon() + timedelta(hours=11), "minutes": 601}, "/minutes", "too_many_minutes"),
    ],
)
async def test_what_cannot_have_been_is_refused_and_nothing_is_written(
    desk: Desk, old: Town, session: AsyncSession, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await declare(desk, old.member, **fields)
    assert answer.status_code == 422
    found = answer.json()["errors"][0]
    assert (found["pointer"], found["code"].startswith(code.split("_")[0])) == (pointer, True)
    assert list(await session.scalars(select(ServiceRecord))) == []


async def test_only_a_registered_member_declares(desk: Desk, session: AsyncSession) -> None:
    nobody = await make_person(session)
    ended = await make_registration(session, status=RegistrationStatus.ENDED)
    await session.commit()
    left = await make_person(session)
    ended.person_id = left.id
    await session.commit()
    for who in (nobody, left):
        answer = await declare(desk, who)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_registered")


async def test_two_services_at_one_time_are_refused(
    desk: Desk, old: Town, session: AsyncSession
) -> None:
    assert (await declare(desk, old.member)).status_code == 201
    crossing = await declare(desk, old.member, begins=noon() + timedelta(minutes=119))
    assert (crossing.status_code, crossing.json()["code"]) == (409, "served_elsewhere")
    after = await declare(desk, old.member, begins=noon() + timedelta(hours=2))
    assert after.status_code == 201
    session.add(
        Commitment(
            person_id=old.member.id,
            during=Range(noon(2), noon(2) + timedelta(hours=1)),
            source_kind="order",
            source_id=new_id(),
        )
    )
    await session.commit()
    promised = await declare(desk, old.member, begins=noon(2))
    assert promised.json()["code"] == "served_elsewhere"


async def test_what_was_written_meanwhile_keeps_a_declared_one_from_being_approved(
    desk: Desk, old: Town, session: AsyncSession
) -> None:
    made = (await declare(desk, old.member)).json()
    path = f"/records/{made['id']}/approve"
    more = await desk.post(old.clerk, path, minutes=91)
    assert more.json()["errors"][0]["code"] == "more_than_declared"
    day = clock.local_day(noon())
    long = await make_record(session, old.registration, served_on=day, minutes=550)
    await session.commit()
    full = await desk.post(old.clerk, path)
    assert full.json()["errors"][0]["code"] == "too_many_minutes"
    long.minutes = 60
    long.starts_at, long.ends_at = noon(), noon() + timedelta(hours=1)
    await session.commit()
    assert (await desk.post(old.clerk, path)).json()["code"] == "served_elsewhere"
    record = await session.get_one(ServiceRecord, made["id"], populate_existing=True)
    assert (record.status, record.approved_by_id) == ("pending_approval", None)


async def test_silence_approves_nothing_the_community_is_reminded(
    desk: Desk,
    old: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
) -> None:
    made = (await declare(desk, old.member)).json()
    move_clock(timedelta(days=14))
    await work(sessions)
    record = await session.get_one(ServiceRecord, made["id"])
    await session.refresh(record)
    assert record.status == "pending_approval"
    steps = await session.scalars(select(ServiceRecordStep.action).order_by(ServiceRecordStep.id))
    assert list(steps) == ["declare", "remind"]


async def test_work_time_that_is_declared_stands_apart(desk: Desk, old: Town) -> None:
    made = (await declare(desk, old.member, is_work_time=True)).json()
    await desk.post(old.clerk, f"/records/{made['id']}/approve")
    totals = await desk.get(old.member, "/me/records/totals")
    assert totals == {"services": 1, "minutes": 0, "work_time_minutes": 90}
