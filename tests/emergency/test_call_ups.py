"""A call-up from the draft to the review: two who answer for it, who is called, what they answer."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.ids import new_id
from app.deadlines import advance_next
from app.emergency import service
from app.emergency.events import CallUpMoved
from app.events import tell_next
from app.models.emergency import CallUp, CallUpStatus, CallUpStep
from app.models.house import AccessLog
from app.models.member import Member, MemberSource, Registration, RegistrationStatus
from app.models.organization import Organization
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.models.report import MessageCredit, Notification, OutgoingMessage
from app.notifications import emergency
from app.wiring import LISTENERS
from tests.emergency.town import Desk, Move, Town, call, called, desk, draft, shift, town
from tests.factories.members import make_registration
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff

__all__ = ["desk", "town"]

Sessions = async_sessionmaker[AsyncSession]
Counter = Callable[[], AbstractContextManager[list[str]]]


async def tell_all(session: AsyncSession, sessions: Sessions) -> None:
    await session.commit()
    while await tell_next(sessions, LISTENERS):
        pass


async def inbox(session: AsyncSession, message: str) -> dict[Any, str]:
    rows = await session.scalars(select(Notification).where(Notification.message == message))
    return {row.person_id: row.text for row in rows}


async def test_the_story_of_a_call_up(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    drafted = await draft(desk, town, contact_phone="0513-85000000")
    assert (drafted.status_code, drafted.json()["status"]) == (201, "draft")
    made = drafted.json()["id"]
    assert await called(session, made) == {}
    first = await desk.post(town.secretary, f"/call-ups/{made}/approve")
    assert first.json()["status"] == "draft"
    again = await desk.post(town.secretary, f"/call-ups/{made}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "already_approved")
    seen = await desk.get(town.branch_secretary, f"/call-ups/{made}")
    assert (seen["approvals"], seen["may_approve"], seen["open_to"]) == (1, True, [])
    second = await desk.post(town.branch_secretary, f"/call-ups/{made}/approve")
    assert second.json()["status"] == "active"
    third = await desk.post(town.district, f"/call-ups/{made}/approve")
    assert (third.status_code, third.json()["code"]) == (409, "bad_transition")

    rows = await called(session, made)
    wanted = {
        town.registrations[each].id for each in ("member", "other", "protected", "at_counter")
    }
    assert set(rows) == wanted
    await tell_all(session, sessions)
    told = await inbox(session, "emergency_call_up")
    assert set(told) == {rows[each].person_id for each in wanted} - {None}
    assert "服务中心门口" in told[town.member.id]

    mine = (await desk.get(town.member, "/me/call-ups"))["items"]
    assert [(one["title"], one["reply"]) for one in mine] == [("防台值守", None)]
    reply = mine[0]["reply_id"]
    for word in ("cannot", "on_duty_at_employer"):
        answer = await desk.post(town.member, f"/replies/{reply}", reply=word)
        assert (answer.status_code, answer.json()["reply"]) == (200, word)
    other = str(rows[town.registrations["other"].id].id)
    assert (await desk.post(town.member, f"/replies/{other}", reply="safe")).status_code == 404
    assert (await desk.post(town.leader, f"/replies/{other}", reply="safe")).status_code == 404
    unknown = await desk.post(town.other, f"/replies/{other}", reply="perhaps")
    assert unknown.json()["errors"][0]["pointer"] == "/reply"

    shown = await desk.get(town.clerk, f"/call-ups/{made}")
    assert shown["open_to"] == ["stand_down"]
    over = await desk.post(town.clerk, f"/call-ups/{made}/stand-down")
    assert over.json()["status"] == "stood_down"
    await tell_all(session, sessions)
    assert await inbox(session, "emergency_stood_down") == {
        town.member.id: "防台值守已解除，辛苦了，请注意休息。"
    }
    late = await desk.post(town.other, f"/replies/{other}", reply="safe")
    assert (late.status_code, late.json()["code"]) == (409, "bad_transition")
    twice = await desk.post(town.clerk, f"/call-ups/{made}/stand-down")
    assert twice.status_code == 409
    closed = await desk.post(town.clerk, f"/call-ups/{made}/review", text="应备足沙袋。")
    assert closed.json()["status"] == "reviewed"
    assert (await desk.get(town.clerk, f"/call-ups/{made}"))["review"] == "应备足沙袋。"

    history = await session.scalars(
        select(CallUpStep.action).where(CallUpStep.call_up_id == made).order_by(CallUpStep.id)
    )
    steps = ["draft", "approve", "approve", "activate", "stand_down", "review"]
    assert list(history) == steps
    facts = await session.scalars(
        select(OutboxEntry.payload["action"].astext)
        .where(OutboxEntry.name == CallUpMoved.name)
        .order_by(OutboxEntry.id)
    )
    assert list(facts) == steps


async def test_a_draft_is_withdrawn_with_a_reason_and_calls_nobody(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = (await draft(desk, town)).json()["id"]
    assert (await desk.post(town.member, f"/call-ups/{made}/approve")).status_code == 404
    refused = await desk.post(town.clerk, f"/call-ups/{made}/approve")
    assert refused.status_code == 403
    gone = await desk.post(town.clerk, f"/call-ups/{made}/withdraw", reason="台风转向")
    assert gone.json()["status"] == "withdrawn"
    late = await desk.post(town.secretary, f"/call-ups/{made}/approve")
    assert late.json()["code"] == "bad_transition"
    assert await called(session, made) == {}


async def test_an_area_is_its_own_or_refused(desk: Desk, town: Town, session: AsyncSession) -> None:
    grid = await make_organization(session, "grid", town.community)
    in_grid = await make_registration(session, town.community, grid_id=grid.id)
    made = await call(desk, town, targets=[str(grid.id), str(town.group.id)])
    rows = set(await called(session, made))
    group = {town.registrations[each].id for each in ("member", "protected", "at_counter")}
    assert rows == group | {in_grid.id}
    foreign = await draft(desk, town, targets=[str(town.registrations["elsewhere"].community_id)])
    assert foreign.json()["errors"][0]["pointer"] == "/targets"


async def test_a_subdistrict_calls_its_communities(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    street = await session.get_one(Organization, town.community.lineage[2])
    officers = [await make_staff(session, Role.SUBDISTRICT_ADMIN, street) for _ in range(2)]
    neighbour = await make_organization(session, "community", street)
    there = await make_registration(session, neighbour)
    body = {
        "kind": "epidemic",
        "level": "standby",
        "title": "核酸",
        "text": "维持秩序",
        "place": "街道",
    }
    path = f"/organizations/{street.id}/call-ups"
    when = (clock.now() + timedelta(hours=1)).isoformat()
    made = (await desk.post(officers[0], path, gather_at=when, **body)).json()["id"]
    for officer in officers:
        await desk.post(officer, f"/call-ups/{made}/approve")
    rows = await called(session, made)
    assert {there.id, town.registrations["other"].id} <= set(rows)
    listed = await desk.get(officers[0], path)
    assert [one["id"] for one in listed["items"]] == [made]
    calls = await desk.get(town.clerk, f"/call-ups/{made}/call-list")
    assert {one["name"] for one in calls["items"]} == {"张三", "李四", "赵六"}
    assert (await desk.get(town.clerk, f"{path}?limit=1"))["code"] == "forbidden"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "earthquake"}, "/kind"),
        ({"level": "highest"}, "/level"),
        ({"gather_at": "2020-01-01T00:00:00+08:00"}, "/gather_at"),
    ],
)
async def test_a_draft_that_makes_no_sense_is_refused(
    desk: Desk, town: Town, change: dict[str, Any], pointer: str
) -> None:
    answer = await draft(desk, town, **change)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_only_communities_and_subdistricts_call_and_only_their_staff(
    desk: Desk, town: Town
) -> None:
    body = {"kind": "outage", "level": "response", "title": "停水", "text": "送水", "place": "门口"}
    body["gather_at"] = (clock.now() + timedelta(hours=1)).isoformat()
    of_group = f"/organizations/{town.group.id}/call-ups"
    assert (await desk.post(town.clerk, of_group, **body)).status_code == 404
    assert (await desk.get(town.clerk, f"/organizations/{new_id()}/call-ups"))["status"] == 404
    assert (await desk.post(town.member, town.path(), **body)).status_code == 403
    for path in ("", "/shifts", "/roll-call", "/call-list"):
        assert (await desk.get(town.clerk, f"/call-ups/{new_id()}{path}"))["status"] == 404


async def test_an_immediate_call_up_lapses_without_a_second_approval(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    made = (await draft(desk, town, level="immediate")).json()["id"]
    first = await desk.post(town.secretary, f"/call-ups/{made}/approve")
    assert first.json()["status"] == "active"
    seen = await desk.get(town.branch_secretary, f"/call-ups/{made}")
    assert seen["may_approve"] and seen["approve_until"]
    reply = (await called(session, made))[town.registrations["other"].id]
    await desk.post(town.other, f"/replies/{reply.id}", reply="can_come")
    await session.commit()
    move_clock(timedelta(hours=23))
    assert not await advance_next(sessions, service.DEADLINES)
    move_clock(timedelta(hours=25))
    assert await advance_next(sessions, service.DEADLINES)
    assert not await advance_next(sessions, service.DEADLINES)
    assert (await desk.get(town.clerk, f"/call-ups/{made}"))["status"] == "stood_down"
    await tell_all(session, sessions)
    told = set(await inbox(session, "emergency_stood_down"))
    assert told == {town.other.id, town.secretary.id, town.clerk.id}
    step = await session.scalar(select(CallUpStep).where(CallUpStep.action == "lapse"))
    assert step is not None and (step.actor_id, step.reason) == (None, service.NOT_APPROVED)


async def test_the_second_approval_in_time_stops_the_clock(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    made = (await draft(desk, town, level="immediate")).json()["id"]
    for who in (town.secretary, town.branch_secretary):
        assert (await desk.post(who, f"/call-ups/{made}/approve")).json()["status"] == "active"
    await session.commit()
    move_clock(timedelta(hours=25))
    assert not await advance_next(sessions, service.DEADLINES)


async def test_a_call_up_that_is_over_does_not_lapse(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await call(desk, town)
    await desk.post(town.clerk, f"/call-ups/{made}/stand-down")
    row = await session.get_one(CallUp, made)
    await service.lapse(session, row)
    assert row.status is CallUpStatus.STOOD_DOWN


async def test_a_city_campaign_has_none_of_the_exceptions(desk: Desk, town: Town) -> None:
    alone = await draft(desk, town, kind="city_campaign", level="immediate")
    assert (alone.status_code, alone.json()["code"]) == (409, "not_emergency")
    made = await call(desk, town, kind="city_campaign")
    path = f"/call-ups/{made}/location"
    refused = await desk.post(town.district, path, reason="核对到场")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_emergency")


async def test_only_the_district_requires_the_location_and_says_why(desk: Desk, town: Town) -> None:
    made = await call(desk, town)
    path = f"/call-ups/{made}/location"
    assert (await desk.post(town.secretary, path, reason="核对到场")).status_code == 403
    assert (await desk.post(town.district, path)).status_code == 422
    assert (await desk.get(town.member, "/me/call-ups"))["items"][0]["location_reason"] is None
    assert (await desk.post(town.district, path, reason="堤上人员安全")).status_code == 200
    shown = (await desk.get(town.member, "/me/call-ups"))["items"][0]
    assert shown["location_reason"] == "堤上人员安全"
    await desk.post(town.clerk, f"/call-ups/{made}/stand-down")
    late = await desk.post(town.district, path, reason="堤上人员安全")
    assert late.json()["code"] == "bad_transition"


async def test_a_leader_calls_his_own_group_and_marks_what_they_say(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await call(desk, town)
    path = f"/call-ups/{made}/call-list"
    assert (await desk.get(town.branch_secretary, path))["code"] == "forbidden"
    first = await desk.get(town.leader, f"{path}?limit=1")
    rest = await desk.get(town.leader, f"{path}?cursor={first['next_cursor']}")
    lines = {one["name"]: one for one in first["items"] + rest["items"]}
    assert set(lines) == {"张三", "赵六"}  # neither the protected one nor who is on paper
    assert lines["赵六"]["phone"] == "13811112222"
    assert lines["张三"]["phone"] == town.member.phone
    looks = await session.execute(
        select(AccessLog.owner_id, AccessLog.fields, AccessLog.reason).where(
            AccessLog.actor_id == town.leader.id
        )
    )
    assert {tuple(one) for one in looks} == {
        (town.member.id, "name,phone", None),
        (None, "name,phone", None),
    }
    for name, word in (("赵六", "come_later"), ("张三", "on_duty_at_employer")):
        answer = await desk.post(town.leader, f"/replies/{lines[name]['id']}", reply=word)
        assert answer.status_code == 200
    row = (await called(session, made))[town.registrations["at_counter"].id]
    await session.refresh(row)
    assert (row.reply, row.replied_by_id) == ("come_later", town.leader.id)
    assert (await desk.get(town.leader, path))["items"] == []
    everybody = await desk.get(town.leader, f"{path}?is_unreached=false")
    assert {one["is_by_phone"] for one in everybody["items"]} == {True}
    gone = await session.get_one(Registration, town.registrations["at_counter"].id)
    gone.status = RegistrationStatus.ENDED
    await session.commit()
    staying = await desk.get(town.leader, f"{path}?is_unreached=false")
    assert [one["name"] for one in staying["items"]] == ["张三"]
    await desk.post(town.clerk, f"/call-ups/{made}/stand-down")
    assert (await desk.get(town.leader, path))["code"] == "bad_transition"


async def test_the_roll_call_keeps_not_reached_apart_from_cannot_come(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await call(desk, town)
    rows = await called(session, made)
    for name, word in (("member", "cannot"), ("other", "on_duty_at_employer")):
        reply, who = rows[town.registrations[name].id], getattr(town, name)
        await desk.post(who, f"/replies/{reply.id}", reply=word)
    roll = await desk.get(town.clerk, f"/call-ups/{made}/roll-call")
    counts = {one["reply"]: one["members"] for one in roll["replies"]}
    assert (roll["called"], roll["not_reached"]) == (4, 2)
    assert (counts["cannot"], counts["on_duty_at_employer"], counts["can_come"]) == (1, 1, 0)
    path = f"/call-ups/{made}/replies"
    missing = await desk.get(town.clerk, f"{path}?reply=not_reached")
    assert {one["name"] for one in missing["items"]} == {"党员", "赵六"}
    by_secretary = await desk.get(town.secretary, f"{path}?reply=not_reached")
    assert {one["name"] for one in by_secretary["items"]} == {"周密", "赵六"}
    absent = await desk.get(town.clerk, f"{path}?reply=cannot")
    assert [(one["name"], one["is_by_phone"]) for one in absent["items"]] == [("张三", False)]
    assert len((await desk.get(town.clerk, path))["items"]) == 4
    assert (await desk.get(town.leader, path))["code"] == "forbidden"


async def make_crowd(session: AsyncSession, town: Town, count: int) -> list[Any]:
    """So many members of the community, made in three statements."""
    people = [new_id() for _ in range(count)]
    lines = [new_id() for _ in range(count)]
    now = clock.now()
    stamp = {"created_at": now, "updated_at": now}
    await session.execute(
        insert(Person), [{"id": person, "version": 1, **stamp} for person in people]
    )
    await session.execute(
        insert(Member),
        [
            {
                "id": line,
                "employer_id": town.employer.id,
                "person_id": person,
                "source": MemberSource.ROSTER,
                "name": "王建国",
                "name_hash": b"",
                **stamp,
            }
            for line, person in zip(lines, people, strict=True)
        ],
    )
    await session.execute(
        insert(Registration),
        [
            {
                "member_id": line,
                "person_id": person,
                "employer_id": town.employer.id,
                "community_id": town.community.id,
                "channel": "online",
                "ground": "residence",
                "status": RegistrationStatus.ACTIVE,
                **stamp,
            }
            for line, person in zip(lines, people, strict=True)
        ],
    )
    return people


async def test_two_thousand_members_are_told_in_one_statement(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    count_statements: Counter,
) -> None:
    crowd = await make_crowd(session, town, 2_000)
    session.add_all(
        MessageCredit(person_id=person, template="emergency_call", left=1) for person in crowd[:50]
    )
    await session.flush()
    made = (await draft(desk, town, contact_phone="0513-85000000")).json()["id"]
    await desk.post(town.secretary, f"/call-ups/{made}/approve")
    with count_statements() as seen:
        await desk.post(town.branch_secretary, f"/call-ups/{made}/approve")
    assert len(seen) <= 12
    event = CallUpMoved(call_up_id=made, action="activate", status="active")
    with count_statements() as seen:
        await emergency.on_call_up_moved(session, 7, event)
    assert sum("INSERT INTO notifications" in each for each in seen) == 1
    assert len(seen) <= 5  # the last asks whether text messages are on
    await emergency.on_call_up_moved(session, 7, event)  # told twice, heard once
    assert len(await inbox(session, "emergency_call_up")) == 2_003
    sent = list(await session.scalars(select(OutgoingMessage)))
    assert len(sent) == 50
    assert sent[0].data["phone_number4"] == "0513-85000000"
    left = await session.scalar(select(func.sum(MessageCredit.left)))
    assert left == 0
    page = await session.scalars(
        select(Notification.id).where(Notification.person_id == town.member.id)
    )
    assert page.one().version == 7


@pytest.mark.parametrize(("kind", "waits"), [("flood_typhoon", False), ("city_campaign", True)])
async def test_only_an_emergency_is_told_at_night(
    desk: Desk, town: Town, session: AsyncSession, kind: str, waits: bool
) -> None:
    made = await call(desk, town, kind=kind)
    session.add(MessageCredit(person_id=town.member.id, template="emergency_call", left=1))
    await session.flush()
    event = CallUpMoved(call_up_id=made, action="activate", status="active")
    await emergency.on_call_up_moved(session, 8, event)
    message = (await session.scalars(select(OutgoingMessage))).one()
    assert message.is_urgent is not waits
    assert message.data["phone_number4"] == "-"


async def test_shifts_that_stood_in_the_draft_open_with_the_call(desk: Desk, town: Town) -> None:
    made = (await draft(desk, town)).json()["id"]
    await shift(desk, town, made)
    path = f"/call-ups/{made}/shifts"
    assert [one["is_open"] for one in (await desk.get(town.clerk, path))["items"]] == [False]
    for who in (town.secretary, town.branch_secretary):
        await desk.post(who, f"/call-ups/{made}/approve")
    assert [one["is_open"] for one in (await desk.get(town.member, path))["items"]] == [True]
