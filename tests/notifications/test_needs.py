"""Who is told of a need: the resident of every turn, the community when it is its turn."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.need import (
    Acceptance,
    Need,
    NeedKind,
    NeedStatus,
    NeedStep,
    NeedSupporter,
    Route,
)
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.report import Notification
from app.needs.events import AcceptanceMoved, NeedMoved
from app.notifications import needs
from tests.factories.needs import make_need
from tests.factories.people import make_person, make_staff

Told = dict[str, tuple[set[object], str]]


async def told(session: AsyncSession) -> Told:
    """Message → who has it, and its text."""
    found: Told = {}
    for row in await session.scalars(select(Notification)):
        found.setdefault(row.message, (set(), row.text))[0].add(row.person_id)
    return found


async def clerk_of(session: AsyncSession, need: Need) -> Person:
    community = await session.get_one(Organization, need.community_id)
    return await make_staff(session, Role.COMMUNITY_CLERK, community)


async def moved(session: AsyncSession, need: Need, action: str, **step: Any) -> Told:
    session.add(NeedStep(need_id=need.id, action=action, entered=need.status, **step))
    await session.flush()
    event = NeedMoved(
        need_id=need.id, requester_id=need.requester_id, action=action, status=need.status
    )
    await needs.on_need_moved(session, 1, event)
    return await told(session)


async def stand_behind(
    session: AsyncSession, need: Need, person_id: Any = None, merged: Need | None = None
) -> Any:
    """Somebody whom the need concerns too."""
    person_id = person_id or (await make_person(session)).id
    session.add(
        NeedSupporter(need_id=need.id, person_id=person_id, merged_need_id=merged and merged.id)
    )
    await session.flush()
    return person_id


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"public_text": "3号楼一带照明", "category": "corridor_light"}, "3号楼一带照明"),
        ({"suggested_category": "corridor_light"}, "楼道照明"),
        ({"kind": NeedKind.SNAPSHOT_REPORT}, "随手拍"),
    ],
)
async def test_neighbours_hear_that_it_is_done_in_words_that_are_not_the_residents(
    session: AsyncSession, columns: dict[str, Any], name: str
) -> None:
    need = await make_need(session, words="我家门口的灯坏了", reply="您家门口的灯已修", **columns)
    neighbour = await stand_behind(session, need)
    seen = await moved(session, need, "finish")
    assert seen["need_supported"] == ({neighbour}, f"{name}已办结。")
    assert "need_merged_done" not in seen


@pytest.mark.parametrize(
    ("action", "why"),
    [("refuse", "社区未能受理"), ("withdraw", "提出人已撤回"), ("revoke", "提出人已撤回")],
)
async def test_whoever_waits_for_a_need_hears_that_it_goes_no_further(
    session: AsyncSession, action: str, why: str
) -> None:
    need = await make_need(session, category="corridor_light")
    merged = await make_need(session, status=NeedStatus.MERGED, merged_into_id=need.id)
    waiting = {
        await stand_behind(session, need),
        await stand_behind(session, need, merged.requester_id, merged),
    }
    seen = await moved(session, need, action)
    assert seen["need_supported_off"][0] == waiting
    assert f"楼道照明：{why}" in seen["need_supported_off"][1]


async def test_a_resident_hears_how_it_goes_where_it_was_passed_on_to(
    session: AsyncSession,
) -> None:
    need = await make_need(
        session,
        status=NeedStatus.IN_HAND,
        route=Route.REFERRED,
        referred_to="utility",
        answer_expected_on=clock.today() + timedelta(days=3),
    )
    seen = await moved(session, need, "follow_up", reason="已派工")
    who, text = seen["need_followed_up"]
    assert who == {need.requester_id}
    assert text.startswith("水电燃气等单位：已派工。")


@pytest.mark.parametrize(
    "columns",
    [{"kind": NeedKind.ABOUT_MEMBER}, {"category": "family"}, {"category": "hospital_escort"}],
)
async def test_what_is_for_few_eyes_stands_in_no_message(
    session: AsyncSession, columns: dict[str, Any]
) -> None:
    need = await make_need(session, words="不想让人看到的话", **columns)
    seen = await moved(session, need, "finish")
    assert seen["need_done_confirm"][1].startswith(need.number)


async def test_what_sounds_urgent_and_what_is_said_about_a_member_does_not_wait_for_a_reminder(
    session: AsyncSession,
) -> None:
    need = await make_need(session, is_urgent=True)
    clerk = await clerk_of(session, need)
    seen = await moved(session, need, "submit")
    assert seen["need_urgent"][0] == {clerk.id}
    assert "need_about_member" not in seen
    need = await make_need(session, kind=NeedKind.ABOUT_MEMBER)
    await clerk_of(session, need)
    community = await session.get_one(Organization, need.community_id)
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
    above = await session.get_one(Organization, community.parent_id)
    officer = await make_staff(session, Role.SUBDISTRICT_ADMIN, above)
    seen = await moved(session, need, "submit")
    assert seen["need_about_member"][0] == {secretary.id, officer.id}


async def test_what_is_said_about_a_member_is_told_to_the_secretary_only(
    session: AsyncSession,
) -> None:
    need = await make_need(session, kind=NeedKind.ABOUT_MEMBER)
    await clerk_of(session, need)
    community = await session.get_one(Organization, need.community_id)
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
    seen = await moved(session, need, "remind")
    assert seen["need_waiting"][0] == {secretary.id}


@pytest.mark.parametrize(
    ("route", "left", "message", "text"),
    [
        (Route.OWN_STAFF, "accepted", "need_rerouted", "社区工作者"),
        (Route.ORDER, "accepted", "need_rerouted", "党员"),
        (Route.ANSWERED, "accepted", "need_answered", "可办"),
        (Route.OWN_STAFF, "submitted", None, ""),
    ],
)
async def test_a_resident_learns_that_his_need_goes_another_way(
    session: AsyncSession, route: Route, left: str, message: str | None, text: str
) -> None:
    need = await make_need(session, status=NeedStatus.ACCEPTED, route=route, reply="可办")
    seen = await moved(session, need, "accept", left=left)
    assert list(seen) == ([message] if message else [])
    assert not message or text in seen[message][1]


async def test_whose_need_was_merged_is_told_so_and_that_it_is_done(session: AsyncSession) -> None:
    into = await make_need(session, reply="已修好")
    need = await make_need(session, status=NeedStatus.MERGED, merged_into_id=into.id)
    await stand_behind(session, into, need.requester_id, need)
    seen = await moved(session, need, "merge")
    assert seen["need_merged"][0] == {need.requester_id}
    seen = await moved(session, into, "finish")
    assert seen["need_merged_done"] == ({need.requester_id}, "已修好")
    assert "need_supported" not in seen
    assert seen["need_done_confirm"][0] == {into.requester_id}


@pytest.mark.parametrize(
    ("action", "message", "resident"),
    [
        ("remind", "need_waiting", None),
        ("answer_back", "need_answered_back", None),
        ("reopen", "need_came_back", "need_reopened"),
        ("decide", "need_handed_back", "need_reopened"),
    ],
)
async def test_the_community_learns_that_it_is_its_turn(
    session: AsyncSession, action: str, message: str, resident: str | None
) -> None:
    need = await make_need(session)
    clerk = await clerk_of(session, need)
    seen = await moved(session, need, action, reason="请物业配合")
    assert set(seen) == {message, resident} - {None}
    assert seen[message][0] == {clerk.id}
    assert need.number in seen[message][1]
    assert (action != "decide") or "请物业配合" in seen[message][1]


async def test_the_day_of_an_expected_answer_is_told_in_local_time(session: AsyncSession) -> None:
    need = await make_need(
        session,
        status=NeedStatus.ACCEPTED,
        route=Route.REFERRED,
        referred_to="utility",
        answer_expected_on=clock.today(),
    )
    seen = await moved(session, need, "accept", left="submitted")
    today = clock.today()
    assert f"{today.month}月{today.day}日 00:00前" in seen["need_referred"][1]


async def test_who_may_answer_for_the_resident_is_asked_to_call_back_once(
    session: AsyncSession,
) -> None:
    need = await make_need(session, status=NeedStatus.DONE)
    handler, free = [await clerk_of(session, need) for _ in range(2)]
    row = Acceptance(
        need_id=need.id,
        round=0,
        excluded_ids=[handler.id],
        due_at=clock.now() + timedelta(days=7),
    )
    session.add(row)
    await session.flush()

    async def answered(fact: int, action: str) -> Told:
        event = AcceptanceMoved(
            acceptance_id=row.id, need_id=need.id, order_id=None, action=action, status="asked"
        )
        await needs.on_acceptance_moved(session, fact, event)
        return await told(session)

    assert await answered(1, "ask") == {}
    assert (await answered(2, "remind"))["call_back_due"][0] == {free.id}
    row.excluded_ids = [handler.id, free.id, new_id()]
    await session.flush()
    assert (await answered(3, "remind"))["call_back_due"][0] == {handler.id, free.id}
    seen = await answered(4, "silence")
    assert seen["need_unanswered"][0] == {handler.id, free.id}
    assert need.number in seen["need_unanswered"][1]
