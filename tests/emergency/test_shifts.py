"""Shifts: claimed by members, taken whole by groups and employers, served, on record."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.core import clock
from app.core.ids import new_id
from app.emergency.events import ShiftSeatMoved
from app.models.emergency import Shift, ShiftSeat, ShiftSeatStatus, ShiftSeatStep
from app.models.order import Commitment, WeekCount
from app.models.organization import OrganizationRegistration, PairingStatus
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role, RoleGrant
from app.models.record import ServiceRecord
from app.models.report import Notification
from app.notifications import emergency
from tests.emergency.town import Desk, Move, Town, at, call, desk, draft, shift, town
from tests.factories.members import make_registration
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.organizations import make_employer, make_organization
from tests.factories.people import make_person, make_staff

__all__ = ["desk", "town"]

Counter = Callable[[], AbstractContextManager[list[str]]]


async def claim(desk: Desk, who: Person, made: str) -> Any:
    return await desk.post(who, f"/shifts/{made}/seats")


async def code(desk: Desk, who: Person, made: str) -> str:
    answer = await claim(desk, who, made)
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["code"])


async def more_members(session: AsyncSession, town: Town, count: int) -> list[Person]:
    people = [await make_person(session) for _ in range(count)]
    for person in people:
        await make_registration(session, town.community, person, employer=town.employer)
    return people


async def test_the_story_of_a_shift(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    (third,) = await more_members(session, town, 1)
    made = await shift(desk, town, await call(desk, town))
    taken = {}
    for who in (town.member, town.other):
        answer = await claim(desk, who, made)
        assert (answer.status_code, answer.json()["status"]) == (201, "taken")
        taken[who.id] = answer.json()["id"]
    again = await claim(desk, town.member, made)
    assert (again.status_code, again.json()["id"]) == (200, taken[town.member.id])
    assert await code(desk, third, made) == "full"
    path = f"/shifts/{made}/attendance"
    early = await desk.post(town.clerk, path, present=[taken[town.member.id]])
    assert early.json()["code"] == "not_begun"

    move_clock(timedelta(hours=4))
    late = await desk.post(town.member, f"/shift-seats/{taken[town.member.id]}/release")
    assert late.json()["code"] == "begun"
    unentered = await desk.post(town.clerk, f"/shifts/{made}/confirm")
    assert unentered.json()["code"] == "attendance_missing"
    here = await desk.post(town.clerk, path, present=list(taken.values()))
    assert (here.status_code, here.json()["taken"]) == (200, 2)
    relief = [{"seat_id": taken[town.other.id], "handover": "3号闸门已关"}]
    relieved = await desk.post(town.clerk, path, relieved=relief)
    assert relieved.json()["taken"] == 1
    took_over = await claim(desk, third, made)
    assert took_over.status_code == 201
    await desk.post(town.clerk, path, present=[took_over.json()["id"]])

    lines = (await desk.get(town.clerk, f"/shifts/{made}/seats"))["items"]
    states = {one["name"]: (one["status"], one["handover"]) for one in lines}
    assert states["李四"] == ("relieved", "3号闸门已关")
    assert (await desk.get(town.member, f"/shifts/{made}/seats"))["code"] == "forbidden"
    assert (await desk.get(town.member, f"/shifts/{new_id()}/seats"))["code"] == "not_found"

    own = [{"seat_id": taken[town.other.id], "minutes": 60}]
    done = await desk.post(town.clerk, f"/shifts/{made}/confirm", exceptions=own)
    assert (done.status_code, done.json()["is_open"]) == (200, False)
    records = await session.execute(
        select(ServiceRecord.person_id, ServiceRecord.minutes, ServiceRecord.source_kind)
    )
    assert {tuple(one) for one in records} == {
        (town.member.id, 240, "shift"),
        (town.other.id, 60, "shift"),
        (third.id, 240, "shift"),
    }
    assert (await desk.get(town.other, "/me/records/totals"))["minutes"] == 60
    steps = await session.scalars(
        select(ShiftSeatStep.action)
        .where(ShiftSeatStep.shift_seat_id == taken[town.other.id])
        .order_by(ShiftSeatStep.id)
    )
    told = await session.scalars(
        select(OutboxEntry.payload["action"].astext)
        .where(
            OutboxEntry.name == ShiftSeatMoved.name,
            OutboxEntry.payload["shift_seat_id"].astext == taken[town.other.id],
        )
        .order_by(OutboxEntry.id)
    )
    assert list(steps) == list(told) == ["claim", "attend", "relieve", "confirm"]


async def test_a_place_that_is_given_back_is_free_again(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await shift(desk, town, await call(desk, town), seats=1)
    seat = (await claim(desk, town.member, made)).json()["id"]
    mine = (await desk.get(town.member, "/me/shift-seats"))["items"]
    assert [(one["id"], one["open_to"]) for one in mine] == [(seat, ["release"])]
    assert (await desk.post(town.other, f"/shift-seats/{seat}/release")).status_code == 404
    freed = await desk.post(town.member, f"/shift-seats/{seat}/release")
    assert (await desk.get(town.member, "/me/shift-seats"))["items"][0]["open_to"] == []
    assert freed.json()["status"] == "released"
    assert await session.scalar(select(func.count()).select_from(Commitment)) == 0
    again = await desk.post(town.member, f"/shift-seats/{seat}/release")
    assert again.json()["code"] == "bad_transition"
    for who in (town.other, town.member):
        answer = await claim(desk, who, made)
    assert answer.json()["code"] == "full"


async def test_an_emergency_is_above_other_promises_but_not_above_rest(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = town.registrations["member"]
    made = await call(desk, town)
    begins = clock.now() + timedelta(hours=3)
    order = await make_order(session, town.community, starts_at=begins)
    await make_seat(session, order, row)
    session.add(WeekCount(person_id=town.member.id, week=commitments.week_of(begins), taken=99))
    await session.flush()
    assert (await claim(desk, town.member, await shift(desk, town, made))).status_code == 201
    soon = await shift(desk, town, made, starts_at=at(hours=9), ends_at=at(hours=12))
    assert await code(desk, town.member, soon) == "rest_needed"
    rested = await shift(desk, town, made, starts_at=at(hours=16), ends_at=at(hours=18))
    assert (await claim(desk, town.member, rested)).status_code == 201


async def test_a_city_campaign_keeps_the_limits_of_a_week(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    made = await call(desk, town, kind="city_campaign")
    first = await shift(desk, town, made)
    order = await make_order(session, town.community, starts_at=clock.now() + timedelta(hours=4))
    seat = await make_seat(session, order, town.registrations["member"])
    await session.commit()
    assert await code(desk, town.member, first) == "overlaps"
    await commitments.free(session, "order", [seat.id])
    with count_statements() as seen:
        answer = await claim(desk, town.member, first)
    assert answer.status_code == 201 and len(seen) <= 12
    released = await desk.post(town.member, f"/shift-seats/{answer.json()['id']}/release")
    assert released.status_code == 200
    week = (await session.scalars(select(WeekCount))).one()
    await session.refresh(week)
    assert week.taken == 0
    week.taken = 3
    await session.commit()
    assert await code(desk, town.member, first) == "week_limit"
    for day in range(30, 35):
        later = clock.now() + timedelta(days=day)
        order = await make_order(session, town.community, starts_at=later)
        await make_seat(session, order, town.registrations["member"])
    await session.commit()
    assert await code(desk, town.member, first) == "live_limit"


async def test_a_campaigns_minutes_stay_within_a_day_and_count_apart(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    made = await shift(desk, town, await call(desk, town, kind="city_campaign"))
    seat = (await claim(desk, town.member, made)).json()["id"]
    move_clock(timedelta(hours=4))
    day = clock.local_day((await session.get_one(Shift, made)).starts_at)
    await make_record(session, town.registrations["member"], minutes=400, served_on=day)
    await session.commit()
    await desk.post(town.clerk, f"/shifts/{made}/attendance", present=[seat])
    refused = await desk.post(town.clerk, f"/shifts/{made}/confirm")
    assert refused.json()["errors"][0]["code"] == "too_many_minutes"
    assert (await desk.post(town.clerk, f"/shifts/{made}/confirm", minutes=90)).status_code == 200
    kinds = await session.scalars(select(ServiceRecord.source_kind))
    assert set(kinds) == {"order", "campaign_shift"}


async def test_places_are_for_who_was_called_while_they_are(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    made = (await draft(desk, town, targets=[str(town.group.id)])).json()["id"]
    one = await shift(desk, town, made)
    assert (await claim(desk, town.member, one)).status_code == 404
    for who in (town.secretary, town.branch_secretary):
        await desk.post(who, f"/call-ups/{made}/approve")
    assert (await claim(desk, town.other, one)).status_code == 404
    assert await code(desk, town.leader, one) == "not_called"
    move_clock(timedelta(hours=8))
    assert await code(desk, town.member, one) == "not_open"
    await desk.post(town.clerk, f"/call-ups/{made}/stand-down")
    refused = await desk.post(
        town.clerk,
        f"/call-ups/{made}/shifts",
        duty="patrol",
        starts_at=at(hours=1),
        ends_at=at(hours=2),
        seats=1,
    )
    assert refused.json()["code"] == "bad_transition"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"duty": "sleeping"}, "/duty"),
        ({"starts_at": at(hours=5), "ends_at": at(hours=4)}, "/ends_at"),
        ({"starts_at": at(hours=3), "ends_at": at(hours=11)}, "/ends_at"),
    ],
)
async def test_a_shift_that_makes_no_sense_is_refused(
    desk: Desk, town: Town, change: dict[str, Any], pointer: str
) -> None:
    made = await call(desk, town)
    body = {"duty": "patrol", "starts_at": at(hours=3), "ends_at": at(hours=7), "seats": 2}
    answer = await desk.post(town.clerk, f"/call-ups/{made}/shifts", **body | change)
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_group_takes_a_whole_shift_and_names_who_is_asked(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await shift(desk, town, await call(desk, town))
    block, names = f"/shifts/{made}/group-block", f"/shifts/{made}/names"
    group = str(town.group.id)
    assert (await desk.post(town.member, block, group_id=group)).status_code == 403
    assert (await desk.post(town.leader, block, group_id=str(new_id()))).status_code == 404
    for _ in range(2):  # the second tap changes nothing
        held = await desk.post(town.leader, block, group_id=group)
        assert (held.status_code, held.json()["holder_id"]) == (200, group)
    assert await code(desk, town.other, made) == "shift_held"

    row = str(town.registrations["member"].id)
    for name in ("other", "protected", "at_counter"):
        ids = [str(town.registrations[name].id)]
        assert (await desk.post(town.leader, names, registration_ids=ids)).status_code == 422
    assert (await desk.post(town.other, names, registration_ids=[row])).status_code == 403
    named = await desk.post(town.leader, names, registration_ids=[row])
    assert (named.status_code, named.json()["taken"]) == (200, 1)
    twice = await desk.post(town.leader, names, registration_ids=[row])
    assert twice.json()["errors"][0]["code"] == "unfit_member"

    seat = (await desk.get(town.member, "/me/shift-seats"))["items"][0]
    assert (seat["status"], seat["open_to"]) == ("named", ["accept", "decline"])
    event = ShiftSeatMoved(
        shift_seat_id=seat["id"], shift_id=made, person_id=town.member.id, action="name", status=""
    )
    await emergency.on_shift_seat_moved(session, 1, event)
    await emergency.on_shift_seat_moved(session, 2, event.model_copy(update={"action": "claim"}))
    told = (await session.scalars(select(Notification))).one()
    assert told.text.startswith("一组在防台值守中安排了您")

    answer = f"/shift-seats/{seat['id']}/answer"
    assert (await desk.post(town.member, answer, comes=False)).json()["status"] == "declined"
    assert (await desk.post(town.member, answer, comes=True)).json()["code"] == "bad_transition"
    await desk.post(town.leader, names, registration_ids=[row])
    anew = (await desk.get(town.member, "/me/shift-seats"))["items"][0]
    accepted = await desk.post(town.member, f"/shift-seats/{anew['id']}/answer", comes=True)
    assert accepted.json()["status"] == "taken"
    lines = await desk.get(town.leader, f"/shifts/{made}/seats")
    assert [one["status"] for one in lines["items"]] == ["declined", "taken"]

    assert (await desk.post(town.member, f"/shifts/{made}/unblock")).status_code == 403
    for who in (town.leader, town.clerk):
        assert (await desk.post(who, f"/shifts/{made}/unblock")).status_code == 200
    assert (await claim(desk, town.other, made)).status_code == 201
    taken = await desk.post(town.leader, block, group_id=group)
    assert taken.json()["code"] == "shift_taken"


async def test_a_block_has_no_more_places_than_the_shift(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    made = await shift(desk, town, await call(desk, town), seats=1)
    extra = await make_registration(session, town.community, functional_group_id=town.group.id)
    await desk.post(town.leader, f"/shifts/{made}/group-block", group_id=str(town.group.id))
    both = [str(extra.id), str(town.registrations["member"].id)]
    path = f"/shifts/{made}/names"
    assert (await desk.post(town.leader, path, registration_ids=both)).json()["code"] == "full"
    assert (await desk.post(town.leader, path, registration_ids=both[1:])).status_code == 200
    seat = (await desk.get(town.member, "/me/shift-seats"))["items"][0]["id"]
    move_clock(timedelta(hours=4))
    begun = await desk.post(town.member, f"/shift-seats/{seat}/answer", comes=False)
    assert begun.json()["code"] == "begun"
    assert (await desk.get(town.member, "/me/shift-seats"))["items"][0]["open_to"] == []
    move_clock(timedelta(hours=8))
    over = await desk.post(town.leader, path, registration_ids=both[:1])
    assert over.json()["code"] == "not_open"
    path = f"/shifts/{made}/group-block"
    over = await desk.post(town.leader, path, group_id=str(town.group.id))
    assert over.json()["code"] == "not_open"


async def test_a_group_of_another_place_takes_nothing_here(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await shift(desk, town, await call(desk, town))
    far = await make_organization(session, "functional_group")
    body = {"person_id": town.leader.id, "role": Role.GROUP_LEADER, "organization_id": far.id}
    session.add(RoleGrant(valid_from=clock.today(), **body))
    await session.flush()
    answer = await desk.post(town.leader, f"/shifts/{made}/group-block", group_id=str(far.id))
    assert answer.json()["errors"][0]["pointer"] == "/group_id"


async def test_a_paired_employer_takes_a_whole_shift_for_its_own(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await shift(desk, town, await call(desk, town))
    secretary = await make_staff(session, Role.EMPLOYER_SECRETARY, town.employer)
    path, body = f"/shifts/{made}/employer-block", {"employer_id": str(town.employer.id)}
    assert (await desk.post(secretary, path, **body)).status_code == 404
    pairing = OrganizationRegistration(
        employer_id=town.employer.id, community_id=town.community.id, proposed_by="employer"
    )
    session.add(pairing)
    await session.flush()
    assert (await desk.post(secretary, path, **body)).status_code == 404
    pairing.status = PairingStatus.ACTIVE
    await session.flush()
    other = await make_employer(session)
    session.add(
        RoleGrant(
            person_id=secretary.id,
            role=Role.EMPLOYER_SECRETARY,
            organization_id=other.id,
            valid_from=clock.today(),
        )
    )
    await session.flush()
    unpaired = await desk.post(secretary, path, employer_id=str(other.id))
    assert unpaired.json()["code"] == "not_paired"
    assert (await desk.post(secretary, path, **body)).status_code == 200
    away = await make_registration(session, employer=town.employer)
    ids = [str(away.id), str(town.registrations["member"].id)]
    named = await desk.post(secretary, f"/shifts/{made}/names", registration_ids=ids)
    assert (named.status_code, named.json()["taken"]) == (200, 2)
    mine = await desk.client.get(
        "/api/v1/me/shift-seats",
        headers=desk.sign_in(await session.get_one(Person, away.person_id)),
    )
    assert mine.json()["items"][0]["title"] == "防台值守"


async def test_nobody_says_of_himself_that_he_came_or_for_how_long(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    await make_registration(session, town.community, town.clerk)
    made = await shift(desk, town, await call(desk, town))
    own = (await claim(desk, town.clerk, made)).json()["id"]
    move_clock(timedelta(hours=4))
    path = f"/shifts/{made}/attendance"
    assert (await desk.post(town.clerk, path, present=[own])).json()["code"] == "own_seat"
    assert (await desk.post(town.secretary, path, present=[own])).status_code == 200
    refused = await desk.post(town.clerk, f"/shifts/{made}/confirm")
    assert refused.json()["code"] == "own_seat"
    assert (await desk.post(town.secretary, f"/shifts/{made}/confirm")).status_code == 200


async def test_who_did_not_come_is_entered_with_the_reason_that_is_known(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    call_up = await call(desk, town)
    made = await shift(desk, town, call_up)
    seats = [(await claim(desk, who, made)).json()["id"] for who in (town.member, town.other)]
    move_clock(timedelta(hours=4))
    path = f"/shifts/{made}/attendance"
    for absent, pointer in (
        ({"seat_id": seats[0], "reason_code": "slept"}, "/absent/0/reason_code"),
        ({"seat_id": str(new_id())}, "/absent/0/seat_id"),
    ):
        refused = await desk.post(town.clerk, path, absent=[absent])
        assert refused.json()["errors"][0]["pointer"] == pointer
    both = [{"seat_id": seats[0], "reason_code": "duty_call"}, {"seat_id": seats[1]}]
    assert (await desk.post(town.clerk, path, absent=both)).json()["taken"] == 0
    reasons = await session.scalars(
        select(ShiftSeatStep.reason).where(ShiftSeatStep.action == "miss")
    )
    assert set(reasons) == {"duty_call", "未说明原因"}
    unknown = [{"seat_id": seats[0], "minutes": 5}]
    nowhere = await desk.post(town.clerk, f"/shifts/{new_id()}/confirm")
    assert nowhere.status_code == 404
    empty = await desk.post(town.clerk, f"/shifts/{made}/confirm", exceptions=unknown)
    assert empty.json()["is_open"] is False  # nobody came: nothing to confirm
    assert await session.scalar(select(func.count()).select_from(ServiceRecord)) == 0


async def test_minutes_are_only_for_who_served_and_only_until_the_review(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    call_up = await call(desk, town)
    made = await shift(desk, town, call_up)
    seat = (await claim(desk, town.member, made)).json()["id"]
    later = await shift(desk, town, call_up, starts_at=at(hours=40), ends_at=at(hours=42))
    ahead = (await claim(desk, town.member, later)).json()["id"]
    move_clock(timedelta(hours=4))
    await desk.post(town.clerk, f"/call-ups/{call_up}/stand-down")
    cancelled = await session.get_one(ShiftSeat, ahead)
    await session.refresh(cancelled)
    assert cancelled.status is ShiftSeatStatus.CANCELLED
    assert (await desk.get(town.member, f"/call-ups/{call_up}/shifts"))["items"][1]["taken"] == 0
    assert await code(desk, town.other, later) == "not_open"
    await desk.post(town.clerk, f"/shifts/{made}/attendance", present=[seat])
    wrong = [{"seat_id": ahead, "minutes": 5}]
    refused = await desk.post(town.clerk, f"/shifts/{made}/confirm", exceptions=wrong)
    assert refused.json()["errors"][0]["pointer"] == "/exceptions"
    assert (await desk.post(town.clerk, f"/shifts/{made}/confirm")).status_code == 200
    await desk.post(town.clerk, f"/call-ups/{call_up}/review", text="顺利。")
    closed = await desk.post(town.clerk, f"/shifts/{made}/confirm")
    assert closed.json()["code"] == "bad_transition"


async def test_who_was_called_is_listed_page_by_page(desk: Desk, town: Town) -> None:
    path = f"/call-ups/{await call(desk, town)}/replies?limit=3"
    first = await desk.get(town.clerk, path)
    rest = await desk.get(town.clerk, f"{path}&cursor={first['next_cursor']}")
    assert len({one["id"] for one in first["items"] + rest["items"]}) == 4
    assert rest["next_cursor"] is None


async def test_shifts_are_listed_page_by_page(desk: Desk, town: Town) -> None:
    made = await call(desk, town)
    for hour in (5, 3, 4):
        await shift(desk, town, made, starts_at=at(hours=hour), ends_at=at(hours=hour + 1))
    path = f"/call-ups/{made}/shifts?limit=2"
    first = await desk.get(town.member, path)
    rest = await desk.get(town.member, f"{path}&cursor={first['next_cursor']}")
    begins = [one["starts_at"] for one in first["items"] + rest["items"]]
    assert begins == sorted(begins) and len(begins) == 3
