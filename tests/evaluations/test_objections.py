"""What a member objects to: answered, decided, decided once more; undecided it is told to nobody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.evaluations import conduct, leaving
from app.evaluations.conduct import Outcome, Part
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.member import Registration
from app.models.objection import Objection, ObjectionKind, ObjectionStatus
from app.models.order import SeatStatus
from app.models.person import Person, Role
from tests.evaluations.test_negative_items import reviewed, see
from tests.evaluations.town import PERIOD, TODAY, Sessions, Town, told, town, work
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.people import make_staff
from tests.orders.town import Desk, desk

__all__ = ["desk", "town"]

MoveClock = Callable[[timedelta], None]
YEAR = (TODAY - timedelta(days=360), TODAY)


async def sheet(desk: Desk, town: Town) -> str:
    """The member's sheet lies before him."""
    path = f"/organizations/{town.community.id}/sheets"
    return str((await desk.post(town.secretary, path, **PERIOD)).json()["report_ids"][0])


async def objected(desk: Desk, town: Town, report: str, **body: Any) -> Any:
    """The objection as it was raised, or the refusal."""
    said = {"kind": "votes", "words": "同单位的人参加了测评"} | body
    return (await desk.post(town.member, f"/reports/{report}/objections", **said)).json()


async def step(desk: Desk, who: Person, objection: str, name: str, **body: Any) -> Any:
    """The status after the step, or the code of the refusal."""
    answer = (await desk.post(who, f"/objections/{objection}/{name}", **body)).json()
    return answer.get("code", answer.get("status"))


async def of(session: AsyncSession, registration: Registration) -> conduct.Conduct:
    """The registration's conduct of the year."""
    session.expunge_all()  # what was read before is old
    return (await conduct.of_registrations(session, [registration.id], YEAR))[registration.id]


async def test_votes_are_left_out_until_the_district_has_spoken(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    registration_id = town.registration.id
    report = await sheet(desk, town)
    assert (await desk.post(town.secretary, f"/reports/{report}/issue")).is_success
    made = (await objected(desk, town, report))["id"]
    votes = Part(ObjectionKind.VOTES, registration_id)
    assert (await of(session, town.registration)).undecided == {votes}
    await work(sessions)
    assert "objection_raised" in await told(session, town.member)
    assert "objection_to_answer" in await told(session, town.secretary)
    decision = {"is_granted": False, "reason": "回避情况经核对无误"}
    assert await step(desk, town.street, made, "decide", **decision) == "bad_transition"
    assert await step(desk, town.clerk, made, "answer", words="x") == "not_found"
    assert await step(desk, town.secretary, made, "answer", words="已核对名单") == "answered"
    await work(sessions)
    assert await told(session, town.street) == ["objection_to_decide"]
    assert await step(desk, town.secretary, made, "decide", **decision) == "forbidden"
    assert await step(desk, town.office, made, "decide", **decision) == "forbidden"
    assert await step(desk, town.street, made, "decide", **decision) == "kept"
    await work(sessions)
    assert "sheet_outdated" in await told(session, town.secretary)
    page = await desk.get(town.member, f"/objections/{made}")
    assert (page["outcome"], page["open_to"]) == (decision["reason"], ["appeal", "withdraw"])
    assert await step(desk, town.member, made, "appeal") == "appealed"
    await work(sessions)
    assert await told(session, town.office) == ["objection_to_decide"]
    granted: dict[str, Any] = {"is_granted": True, "reason": "有一人应回避，该票不计"}
    assert await step(desk, town.street, made, "decide", **granted) == "forbidden"
    assert await step(desk, town.office, made, "decide", **granted) == "granted"
    await work(sessions)
    assert (await told(session, town.member)).count("objection_result") == 2
    found = await of(session, town.registration)
    assert found.undecided == set()
    assert found.objections == [Outcome(ObjectionKind.VOTES, True, granted["reason"])]
    (line,) = (await desk.get(town.member, "/me/objections"))["items"]
    assert line["status"] == "granted"
    assert (await desk.get(town.boss, f"/objections/{made}"))["code"] == "not_found"


async def test_what_is_objected_to_is_the_members_own(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    record = await make_record(session, town.registration)
    others = await make_record(session)
    order = await make_order(session, town.community, starts_at=clock.now())
    seat = await make_seat(session, order, town.registration, status=SeatStatus.NO_SHOW)
    await session.commit()
    report = await sheet(desk, town)
    for kind, subject in (("record", others.id), ("absence", record.id), ("record", new_id())):
        found = await objected(desk, town, report, kind=kind, subject_id=str(subject))
        assert found["code"] == "not_found"
    for kind, subject in (("record", record.id), ("absence", seat.id)):
        body = {"kind": kind, "subject_id": str(subject)}
        made = await objected(desk, town, report, **body)
        assert made["status"] == "raised"
        page = await desk.get(town.member, f"/objections/{made['id']}")
        about = {"record": record.title, "absence": order.title}
        assert (page["subject_title"], page["subject_on"]) == (about[kind], TODAY.isoformat())
    missing = await objected(desk, town, report, kind="record")
    assert missing["errors"][0]["code"] == "subject_required"
    at_its_door = await objected(desk, town, report, kind="item", subject_id=str(record.id))
    assert at_its_door["errors"][0]["code"] == "own_door"
    path = f"/reports/{report}/objections"
    answer = await desk.post(town.secretary, path, kind="votes", words="x")
    assert answer.json()["code"] == "forbidden"


async def test_it_is_raised_in_time_or_not_at_all(
    desk: Desk, town: Town, move_clock: MoveClock
) -> None:
    report = await sheet(desk, town)
    move_clock(timedelta(days=16))
    assert (await objected(desk, town, report))["code"] == "objection_closed"


async def test_silence_passes_on_and_is_reminded_of_but_decides_nothing(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    made = (await objected(desk, town, await sheet(desk, town)))["id"]
    move_clock(timedelta(days=15))
    await work(sessions)
    page = await desk.get(town.street, f"/objections/{made}")
    assert (page["status"], page["answered_at"]) == ("answered", None)
    move_clock(timedelta(days=40))
    await work(sessions)
    assert "objection_overdue" in await told(session, town.street)
    assert (await of(session, town.registration)).undecided
    kept = {"is_granted": False, "reason": "经核对无误"}
    assert await step(desk, town.street, made, "decide", **kept) == "kept"
    move_clock(timedelta(days=60))
    await work(sessions)
    row = await session.get_one(Objection, made, populate_existing=True)
    assert row.status == "final"
    found = await of(session, town.registration)
    assert found.objections == [Outcome(ObjectionKind.VOTES, False, "经核对无误")]


async def test_a_reviewed_item_falls_or_stands_with_its_objection(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    falls, stands = await reviewed(desk, town), await reviewed(desk, town)
    for item, is_granted, ends in ((falls, True, "dropped"), (stands, False, "upheld")):
        answer = await desk.post(town.member, f"/negative-items/{item}/object", words="不属实")
        made = answer.json()["id"]
        assert await see(desk, town.secretary, item) == "objected"
        again = await desk.post(town.member, f"/negative-items/{item}/object", words="不属实")
        assert again.json()["code"] == "bad_transition"
        assert await step(desk, town.secretary, made, "answer", words="已核实") == "answered"
        decision = {"is_granted": is_granted, "reason": "经复核"}
        await step(desk, town.street, made, "decide", **decision)
        if not is_granted:
            assert (await of(session, town.registration)).negative_items == []
            assert await step(desk, town.member, made, "withdraw") == "withdrawn"
        assert await see(desk, town.secretary, item) == ends
    await work(sessions)
    found = await of(session, town.registration)
    assert [each.code for each in found.negative_items] == ["unsafe_conduct"]
    assert await told(session, town.boss) == ["talk_due"]


async def test_who_answered_does_not_decide_and_nobody_decides_his_own(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = (await objected(desk, town, await sheet(desk, town)))["id"]
    row = await session.get_one(Objection, made)
    both = await make_staff(session, Role.SUBDISTRICT_ADMIN, town.community)
    row.person_id = town.secretary.id
    await session.commit()
    assert await step(desk, town.secretary, made, "answer", words="x") == "same_person"
    row.person_id = town.member.id
    await session.commit()
    assert await step(desk, town.secretary, made, "answer", words="x") == "answered"
    row = await session.get_one(Objection, made, populate_existing=True)
    row.answered_by_id = both.id
    await session.commit()
    decision = {"is_granted": True, "reason": "成立"}
    assert await step(desk, both, made, "decide", **decision) == "same_person"
    listed = await desk.get(town.street, f"/organizations/{town.community.parent_id}/objections")
    assert [each["id"] for each in listed["items"]] == [made]


async def test_one_objection_lives_at_a_time(desk: Desk, town: Town) -> None:
    report = await sheet(desk, town)
    made = (await objected(desk, town, report))["id"]
    assert (await objected(desk, town, report))["code"] == "objected_already"
    assert await step(desk, town.member, made, "withdraw") == "withdrawn"
    assert (await objected(desk, town, report))["status"] == "raised"


async def test_the_members_words_go_with_him(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    made = (await objected(desk, town, await sheet(desk, town)))["id"]
    for purpose, kept in (("report_to_employer", True), ("registration_core", False)):
        event = ConsentWithdrawn(person_id=town.member.id, purpose=purpose)
        await leaving.on_consent_withdrawn(session, 1, event)
        row = await session.get_one(Objection, made, populate_existing=True)
        assert (row.words is not None) is kept
    row.words = "再说一遍"
    await session.flush()
    await leaving.on_account_closed(session, 2, AccountClosed(person_id=town.member.id))
    await session.refresh(row)
    assert row.words is None
    assert row.status is ObjectionStatus.RAISED


async def test_of_nobody_nothing_is_asked(session: AsyncSession) -> None:
    assert await conduct.of_registrations(session, [], YEAR) == {}
