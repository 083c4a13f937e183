"""The random check: drawn once a month by a seed that is kept; somebody else looks into each."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.member import Member
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.record import (
    RecordDraw,
    RecordSample,
    RecordSampleStep,
    RecordStatus,
    SampleStatus,
    ServiceRecord,
)
from app.records import samples
from app.wiring import HOUSEKEEPING
from tests.factories.members import make_registration
from tests.factories.orders import make_record
from tests.factories.people import make_staff
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work
from tests.records.test_deciding import set_policy

__all__ = ["desk", "town"]


def last_month() -> date:
    return (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)


async def record_many(session: AsyncSession, town: Town, number: int) -> list[ServiceRecord]:
    """So many approved records of last month's tenth; committed."""
    at = clock.day_starts(last_month()) + timedelta(days=9)
    made = [
        await make_record(session, town.registration, approved_at=at, approved_by_id=town.clerk.id)
        for _ in range(number)
    ]
    await session.commit()
    return made


async def draw(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await samples.draw_last_month(session)


@pytest.fixture
async def checker(session: AsyncSession, town: Town) -> Person:
    """Somebody of the subdistrict, who looks into what was drawn."""
    above = await session.get_one(Organization, town.community.lineage[-2])
    return await make_staff(session, Role.SUBDISTRICT_ADMIN, above)


async def test_a_share_of_the_month_is_drawn_once_and_can_be_drawn_again_from_the_seed(
    town: Town, session: AsyncSession, sessions: Sessions, checker: Person
) -> None:
    assert samples.draw_last_month in HOUSEKEEPING
    made = await record_many(session, town, 120)
    await make_record(session, town.registration)  # of this month
    await make_record(
        session,
        town.registration,
        status=RecordStatus.VOIDED,
        approved_at=clock.day_starts(last_month()),
    )
    await session.commit()
    await draw(sessions)
    await draw(sessions)
    found = (await session.scalars(select(RecordDraw))).one()
    assert (found.month, found.percent, found.records, found.drawn) == (last_month(), 2, 120, 3)
    drawn = set(await session.scalars(select(RecordSample.record_id)))
    by_hand = sorted(
        made, key=lambda row: hashlib.sha256(f"{found.seed}{row.id}".encode()).digest()
    )
    assert drawn == {row.id for row in by_hand[:3]}
    await work(sessions)
    said = (await told(sessions))["records_drawn"]
    assert said[0] == {checker.id}
    month = f"{found.month.year}年{found.month.month}月"
    assert said[1] == f"{town.community.name}{month}抽到3条服务记录，请由非确认人核对。"


async def test_of_few_one_is_drawn_and_of_none_or_where_the_share_is_nought_nothing(
    town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    await record_many(session, town, 1)
    other = await make_registration(session)
    at = clock.day_starts(last_month())
    await make_record(session, other, approved_at=at)
    await session.commit()
    elsewhere = await session.get_one(Organization, other.community_id)
    await set_policy(
        session,
        Town(elsewhere, town.clerk, town.helper, town.member, other),
        "records.random_check_percent",
        0,
    )
    await draw(sessions)
    found = (await session.scalars(select(RecordDraw))).one()
    assert (found.community_id, found.drawn) == (town.community.id, 1)


async def found(desk: Desk, who: Person, sample: Any, action: str, **body: Any) -> Any:
    answer = await desk.post(who, f"/record-samples/{sample['id']}/audit", action=action, **body)
    return answer.json()


async def test_who_approved_it_does_not_check_it_and_what_is_wrong_is_held_back(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, checker: Person
) -> None:
    (record,) = await record_many(session, town, 1)
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    record.approved_by_id = secretary.id
    await session.commit()
    await draw(sessions)
    path = f"/organizations/{town.community.id}/record-samples"
    (line,) = (await desk.get(checker, path))["items"]
    assert (line["record_id"], line["name"], line["minutes"]) == (str(record.id), "张三", 60)
    assert line["open_to"] == ["find_right", "find_wrong"]
    (own,) = (await desk.get(secretary, path))["items"]
    assert own["open_to"] == []
    assert (await found(desk, secretary, line, "find_right"))["code"] == "own_approval"
    assert (await found(desk, town.member, line, "find_right"))["code"] == "not_found"
    silent = await found(desk, checker, line, "find_wrong")
    assert (silent["code"], silent["errors"][0]["pointer"]) == ("reason_required", "/note")
    wrong = await found(desk, checker, line, "find_wrong", note="当天未到场")
    assert (wrong["status"], wrong["note"]) == ("wrong", "当天未到场")
    assert (await found(desk, checker, line, "find_right"))["code"] == "bad_transition"
    await session.refresh(record)
    assert record.status is RecordStatus.DISPUTED
    assert (await desk.get(town.member, "/me/records/totals"))["services"] == 0
    body = {"minutes": 45, "version": record.version, "reason": "核对"}
    corrected = await desk.post(town.clerk, f"/records/{record.id}/correct", **body)
    assert (corrected.json()["status"], corrected.json()["minutes"]) == ("approved", 45)
    step = (await session.scalars(select(RecordSampleStep))).one()
    assert (step.actor_id, step.action, step.left) == (checker.id, "find_wrong", "waiting")
    (drawn,) = (await desk.get(checker, f"/organizations/{town.community.id}/record-draws"))[
        "items"
    ]
    assert (drawn["waiting"], drawn["wrong"], drawn["records"]) == (0, 1, 1)
    await work(sessions)
    said = await told(sessions)
    assert said["record_in_review"][0] == {town.member.id}
    assert said["record_disputed"][1] == "教用手机有一条记录须复核：当天未到场。"


async def test_what_is_right_or_already_in_question_stays_as_it_is(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, checker: Person
) -> None:
    await record_many(session, town, 60)
    await draw(sessions)
    path = f"/organizations/{town.community.id}/record-samples"
    first = await desk.get(checker, f"{path}?limit=1")
    rest = await desk.get(checker, f"{path}?limit=1&cursor={first['next_cursor']}")
    one, two = first["items"][0], rest["items"][0]
    right = await found(desk, checker, one, "find_right")
    assert (right["status"], right["note"]) == ("right", None)
    await desk.post(town.member, f"/records/{two['record_id']}/dispute", reason="不是我")
    await found(desk, checker, two, "find_wrong", note="未到场")
    states = {
        str(row.id): row.status
        for row in await session.scalars(
            select(ServiceRecord).execution_options(populate_existing=True)
        )
    }
    assert (states[one["record_id"]], states[two["record_id"]]) == ("approved", "disputed")
    assert len((await desk.get(checker, f"{path}?status=right"))["items"]) == 1


async def test_a_protected_members_name_is_the_secretarys_alone(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, checker: Person
) -> None:
    await record_many(session, town, 1)
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    member = await session.get_one(Member, town.registration.member_id)
    member.is_protected = True
    await session.commit()
    await draw(sessions)
    path = f"/organizations/{town.community.id}/record-samples"
    names = [(await desk.get(who, path))["items"][0]["name"] for who in (checker, secretary)]
    assert names == ["党员", "张三"]
    assert (await desk.get(town.clerk, path))["code"] == "forbidden"
    missing = f"/organizations/{new_id()}/record-draws"
    assert (await desk.get(checker, missing))["code"] == "not_found"


async def test_who_should_look_is_reminded_as_long_as_something_is_left(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    checker: Person,
    move_clock: Callable[[timedelta], None],
) -> None:
    await record_many(session, town, 1)
    await draw(sessions)
    move_clock(timedelta(days=14))
    await work(sessions)
    row = (await session.scalars(select(RecordDraw))).one()
    assert row.remind_at is not None
    sample = (await session.scalars(select(RecordSample))).one()
    await found(desk, checker, {"id": sample.id}, "find_right")
    move_clock(timedelta(days=40))
    await work(sessions)
    await session.refresh(row)
    assert row.remind_at is None
    await session.refresh(sample)
    assert sample.status is SampleStatus.RIGHT
