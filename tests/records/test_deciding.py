"""Corrections by one and by two, "not me" in its window, and the community that is reminded."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.member import Member
from app.models.organization import Policy
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.models.record import RecordStatus, ServiceRecord, ServiceRecordStep
from tests.factories.orders import make_record
from tests.factories.people import make_staff
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work

__all__ = ["desk", "town"]


async def correct(desk: Desk, who: Person, record: Any, minutes: int, version: int) -> Any:
    answer = await desk.post(
        who, f"/records/{record.id}/correct", minutes=minutes, version=version, reason="看错"
    )
    return answer.json()


async def confirm(desk: Desk, who: Person, record: Any, version: int) -> Any:
    answer = await desk.post(who, f"/records/{record.id}/correction/confirm", version=version)
    return answer.json()


async def decline(desk: Desk, who: Person, record: Any) -> Any:
    answer = await desk.post(who, f"/records/{record.id}/correction/decline", reason="无误")
    return answer.json()


async def set_policy(session: AsyncSession, town: Town, key: str, value: Any) -> None:
    session.add(
        Policy(
            organization_id=town.community.id,
            key=key,
            value={"value": value},
            effective_on=clock.today(),
            basis="试行",
            author_id=town.clerk.id,
            created_at=clock.now(),
        )
    )
    await session.commit()


async def test_a_small_correction_is_made_by_one_a_large_one_waits_for_a_second(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    record = await make_record(session, town.registration, minutes=60)
    second = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
    small = await correct(desk, town.clerk, record, 90, 1)
    assert (small["minutes"], small["status"]) == (90, "approved")
    # measured against what was first approved: 31 minutes more, though one more than now
    large = await correct(desk, town.clerk, record, 91, small["version"])
    assert (large["minutes"], large["proposed_minutes"]) == (90, 91)
    again = await correct(desk, second, record, 150, large["version"])
    assert again["code"] == "correction_waits"
    waiting = await desk.get(town.clerk, f"/organizations/{town.community.id}/records/corrections")
    assert [row["proposed_minutes"] for row in waiting["items"]] == [91]
    assert (await confirm(desk, town.clerk, record, large["version"]))["code"] == "second_reviewer"
    assert (await confirm(desk, second, record, 1))["code"] == "stale_version"
    done = await confirm(desk, second, record, large["version"])
    assert (done["minutes"], done["proposed_minutes"]) == (91, None)
    assert (await confirm(desk, second, record, done["version"]))["code"] == "no_correction"
    assert (await decline(desk, second, record))["code"] == "no_correction"
    steps = (
        await session.execute(
            select(
                ServiceRecordStep.action, ServiceRecordStep.minutes, ServiceRecordStep.reason
            ).order_by(ServiceRecordStep.id)
        )
    ).all()
    assert [tuple(row) for row in steps] == [
        ("correct", 90, "看错"),
        ("propose", 90, "看错"),
        ("correct", 91, "看错"),
    ]
    facts = await session.scalars(select(OutboxEntry.payload).order_by(OutboxEntry.id))
    moves = [(fact["minutes_before"], fact["minutes"]) for fact in facts]
    assert moves == [(60, 90), (90, 90), (90, 91)]


async def test_a_correction_is_declined_by_another_or_taken_back(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    record = await make_record(session, town.registration, minutes=60)
    second = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    for who in (second, town.clerk):
        await session.refresh(record)
        waiting = await correct(desk, town.clerk, record, 180, record.version)
        assert waiting["proposed_minutes"] == 180
        off = await decline(desk, who, record)
        assert (off["minutes"], off["proposed_minutes"]) == (60, None)
    await session.refresh(record)
    assert record.remind_at is None


async def test_a_correction_of_what_has_changed_or_is_void_is_refused(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    record = await make_record(session, town.registration, minutes=60)
    assert (await correct(desk, town.clerk, record, 70, 9))["code"] == "stale_version"
    voided = await make_record(session, town.registration, status=RecordStatus.VOIDED)
    assert (await correct(desk, town.clerk, voided, 500, 1))["code"] == "bad_transition"
    assert (await correct(desk, town.clerk, voided, 61, 1))["code"] == "bad_transition"


async def test_what_was_served_in_an_emergency_is_corrected_above_the_limit_of_a_day(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    """And an hour of something else on the same day is judged by itself."""
    night = await make_record(session, town.registration, minutes=900, source_kind="shift")
    record = await make_record(session, town.registration, minutes=60)
    assert (await correct(desk, town.clerk, night, 890, 1))["minutes"] == 890
    assert (await correct(desk, town.clerk, record, 70, 1))["minutes"] == 70


async def test_a_second_person_does_not_confirm_more_than_a_day(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    record = await make_record(session, town.registration, minutes=60)
    second = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
    waiting = await correct(desk, town.clerk, record, 700, 1)
    refused = await confirm(desk, second, record, waiting["version"])
    assert refused["errors"][0]["code"] == "too_many_minutes"


async def test_what_staff_decide_ends_a_proposed_correction_a_dispute_does_not(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    record = await make_record(session, town.registration, minutes=60)
    await correct(desk, town.clerk, record, 180, 1)
    disputed = await desk.post(town.member, f"/records/{record.id}/dispute", reason="不是我")
    assert disputed.json()["proposed_minutes"] == 180
    voided = await desk.post(town.clerk, f"/records/{record.id}/void", reason="核对")
    assert voided.json()["proposed_minutes"] is None


async def test_not_me_has_a_window_where_the_city_sets_one(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    old = clock.now() - timedelta(days=400)
    record = await make_record(session, town.registration, approved_at=old)
    path = f"/records/{record.id}/dispute"
    open_window = await desk.post(town.member, path, reason="不是我")
    assert open_window.json()["status"] == "disputed"  # by default at any time
    await desk.post(town.clerk, f"/records/{record.id}/uphold", reason="核对")
    await set_policy(session, town, "records.dispute_days", 30)
    late = await desk.post(town.member, path, reason="不是我")
    assert (late.status_code, late.json()["code"]) == (409, "dispute_closed")
    fresh = await make_record(session, town.registration)
    in_time = await desk.post(town.member, f"/records/{fresh.id}/dispute", reason="不是我")
    assert in_time.json()["status"] == "disputed"


async def test_a_community_that_does_not_decide_is_reminded_and_nothing_moves_by_itself(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
) -> None:
    record = await make_record(session, town.registration)
    await session.commit()
    await desk.post(town.member, f"/records/{record.id}/dispute", reason="不是我")
    await work(sessions)
    first = await told(sessions)
    assert first["record_disputed"] == ({town.clerk.id}, "教用手机有一条记录须复核：不是我。")
    move_clock(timedelta(days=14))
    await work(sessions)
    await session.refresh(record)
    assert record.status is RecordStatus.DISPUTED
    steps = await session.scalars(select(ServiceRecordStep.action).order_by(ServiceRecordStep.id))
    assert list(steps) == ["dispute", "remind"]
    assert record.remind_at is not None


async def test_the_community_reads_what_waits_and_a_protected_one_only_its_secretary(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for _ in range(3):
        record = await make_record(
            session,
            town.registration,
            status=RecordStatus.PENDING_APPROVAL,
            source_kind="declared",
            source_id=new_id(),
        )
    path = f"/organizations/{town.community.id}/records"
    first = await desk.get(town.clerk, f"{path}?limit=2")
    rest = await desk.get(town.clerk, f"{path}?limit=2&cursor={first['next_cursor']}")
    lines = first["items"] + rest["items"]
    assert [line["name"] for line in lines] == ["张三"] * 3
    assert lines[0]["open_to"] == ["approve", "reject"]
    member = await session.get_one(Member, town.registration.member_id)
    member.is_protected = True
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    await session.commit()
    hidden = (await desk.get(town.clerk, path))["items"][0]
    assert (hidden["name"], hidden["open_to"]) == ("党员", [])
    approve = await desk.post(town.clerk, f"/records/{record.id}/approve")
    assert approve.status_code == 404
    assert (await desk.get(secretary, path))["items"][0]["name"] == "张三"
    assert (await desk.get(town.member, path))["code"] == "forbidden"
    missing = await desk.get(town.clerk, f"/organizations/{new_id()}/records")
    assert missing["code"] == "not_found"
    assert (await session.get_one(ServiceRecord, record.id)).version == 1
