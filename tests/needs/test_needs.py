"""A resident's need from the first word to the answer whether it helped."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.lifecycle import BadTransition
from app.models.house import AccessLog
from app.models.need import Acceptance, AcceptanceStatus, Need, NeedStatus, NeedStep, Route
from app.models.organization import ContentItem
from app.models.outbox import OutboxEntry
from app.models.person import Role
from app.needs import acceptance, service
from app.permissions import Actor
from tests.factories.members import make_resident
from tests.factories.needs import make_need
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent
from tests.needs.town import Desk, Town, desk, fresh, town

__all__ = ["desk", "town"]


async def test_one_field_is_enough_to_ask(desk: Desk, town: Town, session: AsyncSession) -> None:
    answer = await desk.post(town.resident, "/needs", words=" 想学用手机挂号 ")
    received = answer.json()
    assert (answer.status_code, received["status"], received["urgent_hint"]) == (
        201,
        "submitted",
        None,
    )
    assert received["number"].startswith("SQ-")
    assert set(received["ask_templates"]) == {"need_progress", "confirm_request"} or received[
        "ask_templates"
    ] == ["need_progress"]
    need = await fresh(session, received["id"])
    assert (need.words, need.contact_phone) == ("想学用手机挂号", town.resident.phone)
    assert need.remind_at is not None
    fact = (await session.scalars(select(OutboxEntry))).one()
    assert fact.payload["action"] == "submit"


async def test_words_that_sound_like_an_emergency_get_the_numbers(desk: Desk, town: Town) -> None:
    received = (await desk.post(town.resident, "/needs", words="楼下着火了")).json()
    assert "119" in received["urgent_hint"]
    chosen = await desk.post(town.resident, "/needs", words="楼道", category="fire_lane")
    assert "119" in chosen.json()["urgent_hint"]


async def test_who_lives_nowhere_or_in_two_places_must_say_where(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    stranger = await make_person(session)
    await make_consent(session, stranger.id, "resident_core")
    refused = await desk.post(stranger, "/needs", words="x")
    assert refused.json()["errors"][0]["pointer"] == "/community_id"
    other = await make_community(session)
    await make_resident(session, other, town.resident)
    assert (await desk.post(town.resident, "/needs", words="x")).status_code == 422
    there = await desk.post(town.resident, "/needs", words="x", community_id=str(other.id))
    assert there.status_code == 201


async def test_an_unverified_phone_and_too_many_needs_are_refused(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    unknown = await make_person(session, phone_verified_at=None)
    await make_consent(session, unknown.id, "resident_core")
    assert (await desk.post(unknown, "/needs", words="x")).json()["code"] == "phone_required"
    for _ in range(5):
        await make_need(session, town.community, town.resident)
    refused = await desk.post(town.resident, "/needs", words="x")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_open")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/words"),
        ({"words": "x" * 501}, "/words"),
        ({"words": "x", "category": "rockets"}, "/category"),
        ({"words": "x", "contact_phone": "call me"}, "/contact_phone"),
        ({"words": "x", "extra": 1}, "/extra"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_kept(
    desk: Desk, town: Town, session: AsyncSession, body: dict[str, Any], pointer: str
) -> None:
    refused = await desk.post(town.resident, "/needs", **body)
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await session.scalars(select(Need))).all() == []


async def test_a_need_is_entered_for_somebody_without_a_phone(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    old = await make_resident(session, town.community, person_id=None, name="王奶奶")
    path = f"/organizations/{town.community.id}/needs"
    made = await desk.post(
        town.helper, path, words="灯坏了", source="phone", resident_id=str(old.id)
    )
    assert made.status_code == 201
    need = await fresh(session, made.json()["id"])
    assert (need.contact_name, need.requester_id, need.verdict) == ("王奶奶", None, "pass")
    bare = await desk.post(town.clerk, path, words="井盖松动", source="hotline")
    assert bare.status_code == 201
    for body, pointer in (
        ({"source": "pigeon"}, "/source"),
        ({"source": "phone", "resident_id": str(new_id())}, "/resident_id"),
    ):
        refused = await desk.post(town.clerk, path, words="x", **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await desk.post(town.resident, path, words="x", source="phone")).status_code == 403
    nowhere = f"/organizations/{new_id()}/needs"
    assert (await desk.post(town.clerk, nowhere, words="x", source="phone")).status_code == 404


async def test_the_box_shows_who_waited_longest_first(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = [await make_need(session, town.community) for _ in range(3)]
    for status in (NeedStatus.ACCEPTED, NeedStatus.LAPSED, NeedStatus.IN_HAND):
        await make_need(session, town.community, status=status)
    path = f"/organizations/{town.community.id}/needs?limit=2&status=submitted"
    first = await desk.get(town.clerk, path)
    rest = await desk.get(town.clerk, f"{path}&cursor={first['next_cursor']}")
    listed = [item["number"] for item in first["items"] + rest["items"]]
    assert listed == [need.number for need in made]
    waiting = await desk.get(town.clerk, f"/organizations/{town.community.id}/needs")
    statuses = [item["status"] for item in waiting["items"]]
    assert statuses == ["submitted"] * 3 + ["accepted", "lapsed"]
    assert (await desk.get(town.resident, path))["code"] == "forbidden"
    assert (await desk.get(town.clerk, f"/organizations/{new_id()}/needs"))["code"] == "not_found"


async def test_a_resident_lists_his_own_newest_first(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = [await make_need(session, town.community, town.resident) for _ in range(3)]
    first = await desk.get(town.resident, "/me/needs?limit=2")
    rest = await desk.get(town.resident, f"/me/needs?limit=2&cursor={first['next_cursor']}")
    listed = [item["number"] for item in first["items"] + rest["items"]]
    assert listed == [need.number for need in reversed(made)]


async def test_one_need_shows_a_masked_phone_and_the_readers_steps(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident)
    bare = await make_need(session, town.community, contact_phone=None)
    mine = await desk.get(town.resident, f"/needs/{need.id}")
    theirs = await desk.get(town.clerk, f"/needs/{need.id}")
    assert mine["contact_phone"][3:7] == "****"
    assert mine["open_to"] == ["withdraw"]
    assert set(theirs["open_to"]) == {"ask_back", "accept", "refuse", "merge"}
    assert (await desk.get(town.clerk, f"/needs/{bare.id}"))["contact_phone"] is None
    for stranger in (town.office, await make_person(session)):
        assert (await desk.get(stranger, f"/needs/{need.id}"))["code"] == "not_found"


@pytest.mark.parametrize("limit", [1, 50])
async def test_reading_needs_costs_few_statements(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
    limit: int,
) -> None:
    for _ in range(4):
        need = await make_need(session, town.community, town.resident)
    for who, path, cost in (
        (town.clerk, f"/organizations/{town.community.id}/needs?limit={limit}", 3),
        (town.resident, f"/me/needs?limit={limit}", 2),
        (town.clerk, f"/needs/{need.id}", 4),
    ):
        with count_statements() as seen:
            await desk.get(who, path)
        assert len(seen) == cost, path


async def test_submitting_costs_at_most_twelve_statements(
    desk: Desk, town: Town, count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with count_statements() as seen:
        await desk.post(town.resident, "/needs", words="x", category="phone_teaching")
    assert len(seen) <= 13  # the actor is the thirteenth


async def test_a_question_waits_lapses_and_reopens_on_an_answer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident)
    asked = await desk.post(town.clerk, f"/needs/{need.id}/ask-back", words="哪天方便？")
    assert asked.json()["status"] == "asked_back"
    row = await fresh(session, need.id)
    assert row.due_at is not None
    await service.lapse(session, row)
    assert row.status is NeedStatus.LAPSED
    await service.lapse(session, row)
    again = await desk.post(town.resident, f"/needs/{need.id}/answer-back", words="周六")
    assert again.json()["status"] == "submitted"
    steps = await session.scalars(select(NeedStep.reason).where(NeedStep.need_id == need.id))
    assert {"哪天方便？", "周六"} <= set(steps)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"route": "order"}, "/category"),
        ({"route": "answered"}, "/reply"),
        ({"route": "referred"}, "/referred_to"),
        ({"route": "referred", "referred_to": "utility"}, "/answer_expected_on"),
        (
            {"route": "referred", "referred_to": "moon", "answer_expected_on": "2027-01-01"},
            "/referred_to",
        ),
        ({"route": "rocket"}, "/route"),
        ({"route": "order", "category": "rockets"}, "/category"),
    ],
)
async def test_each_route_wants_its_own(
    desk: Desk, town: Town, session: AsyncSession, body: dict[str, Any], pointer: str
) -> None:
    need = await make_need(session, town.community)
    refused = await desk.post(town.clerk, f"/needs/{need.id}/accept", **body)
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await fresh(session, need.id)).status is NeedStatus.SUBMITTED


async def accept(desk: Desk, town: Town, need: Need, **body: Any) -> Any:
    return (await desk.post(town.clerk, f"/needs/{need.id}/accept", **body)).json()


async def test_a_need_that_never_becomes_an_order_ends_accepted_by_the_resident(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for route in (
        {"route": "own_staff"},
        {
            "route": "referred",
            "referred_to": "property_company",
            "referred_number": "WY-1",
            "answer_expected_on": "2027-01-01",
        },
    ):
        need = await make_need(session, town.community, town.resident)
        assert (await accept(desk, town, need, **route))["status"] == "accepted"
        started = await desk.post(town.clerk, f"/needs/{need.id}/start")
        done = await desk.post(town.clerk, f"/needs/{need.id}/finish", reply="已修好")
        assert (started.json()["status"], done.json()["status"]) == ("in_hand", "done")
        shown = await desk.get(town.resident, f"/needs/{need.id}")
        assert (shown["reply"], shown["acceptance"]) == ("已修好", "asked")
        solved = await desk.post(town.resident, f"/needs/{need.id}/acceptance", answer="solved")
        assert solved.json()["status"] == "solved"


async def test_a_mere_answer_is_done_at_once_and_its_acceptance_asked(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident)
    moved = await accept(desk, town, need, route="answered", reply="周一到周五可办")
    assert moved["status"] == "done"
    facts = await session.scalars(select(OutboxEntry.name).order_by(OutboxEntry.id))
    assert list(facts) == ["need.moved", "need.moved", "acceptance.moved"]


async def test_what_members_do_is_not_begun_or_finished_by_staff(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, category="phone_teaching")
    assert (await accept(desk, town, need, route="order"))["status"] == "accepted"
    for step, body in (("start", {}), ("finish", {"reply": "x"})):
        refused = await desk.post(town.clerk, f"/needs/{need.id}/{step}", **body)
        assert refused.json()["code"] == "bad_transition"


async def test_a_refusal_says_why(desk: Desk, town: Town, session: AsyncSession) -> None:
    need = await make_need(session, town.community, town.resident)
    path = f"/needs/{need.id}/refuse"
    for body, pointer in (
        ({"reason_code": "mood"}, "/reason_code"),
        ({"reason_code": "other"}, "/reply"),
    ):
        refused = await desk.post(town.clerk, path, **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    done = await desk.post(town.clerk, path, reason_code="commercial")
    assert done.json()["status"] == "refused"
    assert (await desk.get(town.resident, f"/needs/{need.id}"))["reply"] == "属于商业服务"


async def test_only_a_living_need_of_the_same_community_takes_another_in(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community)
    other = await make_need(session, town.community)
    path = f"/needs/{need.id}/merge"
    unfit = [
        need,
        await make_need(session),
        await make_need(session, town.community, status=NeedStatus.SOLVED),
    ]
    for into in (*(one.id for one in unfit), new_id()):
        refused = await desk.post(town.clerk, path, into_id=str(into))
        assert refused.json()["errors"][0]["pointer"] == "/into_id"
    merged = await desk.post(town.clerk, path, into_id=str(other.id))
    assert merged.json()["status"] == "merged"


async def test_a_resident_may_withdraw_and_a_clerk_may_not(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident)
    assert (await desk.post(town.clerk, f"/needs/{need.id}/withdraw")).status_code == 403
    withdrawn = await desk.post(town.resident, f"/needs/{need.id}/withdraw")
    assert withdrawn.json()["status"] == "withdrawn"
    assert (await desk.post(town.resident, f"/needs/{need.id}/withdraw")).status_code == 409


async def done(session: AsyncSession, town: Town, **columns: Any) -> Need:
    """A need that an order has just served."""
    need = await make_need(
        session,
        town.community,
        town.resident,
        status=NeedStatus.IN_HAND,
        route=Route.ORDER,
        **columns,
    )
    await acceptance.finish(session, Actor.system(), [need], new_id(), [town.helper.id])
    return need


async def test_not_solved_wants_a_reason_and_is_answered_once(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await done(session, town)
    path = f"/needs/{need.id}/acceptance"
    for body, pointer in (
        ({"answer": "partly"}, "/reason_code"),
        ({"answer": "unsolved", "reason_code": "x"}, "/reason_code"),
        ({"answer": "great"}, "/answer"),
    ):
        refused = await desk.post(town.resident, path, **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    partly = await desk.post(town.resident, path, answer="partly", reason_code="half_done")
    assert partly.json()["status"] == "partly"
    again = await desk.post(town.resident, path, answer="solved")
    assert (again.status_code, again.json()["code"]) == (409, "not_asked")
    row = (await session.scalars(select(Acceptance))).one()
    assert (row.status, row.reason_code, row.answered_by_id) == (
        AcceptanceStatus.PARTLY,
        "half_done",
        town.resident.id,
    )


async def test_an_answer_on_behalf_is_marked_and_never_by_who_served(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await done(session, town, requester_id=None)
    path = f"/needs/{need.id}/acceptance-on-behalf"
    own = await desk.post(town.helper, path, answer="solved", way="call_back")
    assert (own.status_code, own.json()["code"]) == (403, "own_work")
    refused = await desk.post(town.clerk, path, answer="solved", way="dream")
    assert refused.json()["errors"][0]["pointer"] == "/way"
    answered = await desk.post(town.clerk, path, answer="solved", way="paper_slip")
    assert answered.json()["status"] == "solved"
    row = (await session.scalars(select(Acceptance))).one()
    assert (row.on_behalf_way, row.answered_by_id) == ("paper_slip", town.clerk.id)


async def test_what_failed_is_reopened_twice_and_then_goes_up(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await done(session, town)
    seen = []
    for _ in range(3):
        unsolved = {"answer": "unsolved", "reason_code": "not_done"}
        await desk.post(town.resident, f"/needs/{need.id}/acceptance", **unsolved)
        moved = await desk.post(town.resident, f"/needs/{need.id}/reopen", reason="还是漏水")
        seen.append(moved.json()["status"])
        row = await fresh(session, need.id)
        if row.status is NeedStatus.ACCEPTED:
            service.start(session, Actor.system(), [row])
            await acceptance.finish(session, Actor.system(), [row], None, [])
    assert seen == ["accepted", "accepted", "handed_up"]
    up = await desk.get(town.office, f"/needs/{need.id}")
    assert up["open_to"] == ["decide", "close"]
    decided = await desk.post(town.office, f"/needs/{need.id}/decide", reason="请物业配合")
    assert decided.json()["status"] == "accepted"


async def test_reopening_is_for_who_has_a_part_in_it_and_in_time(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    move_clock: Callable[[timedelta], None],
) -> None:
    need = await done(session, town)
    path = f"/needs/{need.id}/reopen"
    assert (await desk.post(town.resident, path, reason="x")).json()["code"] == "bad_transition"
    await desk.post(
        town.resident, f"/needs/{need.id}/acceptance", answer="partly", reason_code="half_done"
    )
    assert (await desk.post(await make_person(session), path, reason="x")).status_code == 404
    writer = await make_person(session)
    need = await fresh(session, need.id)
    need.entered_by_id = writer.id
    await session.flush()
    assert (await desk.post(writer, path, reason="x")).status_code == 403
    move_clock(timedelta(days=15))
    late = await desk.post(town.resident, path, reason="x")
    assert (late.status_code, late.json()["code"]) == (409, "reopen_too_late")
    move_clock(timedelta())
    assert (await desk.post(town.helper, path, reason="x")).json()["status"] == "accepted"


async def test_silence_is_called_back_once_and_then_ends_unanswered(
    town: Town, session: AsyncSession
) -> None:
    need = await done(session, town)
    row = (await session.scalars(select(Acceptance))).one()
    await acceptance.silence(session, row)
    assert (row.status, row.due_at is not None) == (AcceptanceStatus.ASKED, True)
    await session.flush()
    await acceptance.silence(session, row)
    assert (row.status, need.status) == (AcceptanceStatus.SILENT, NeedStatus.UNANSWERED)


async def test_where_the_city_wants_no_call_back_silence_ends_it_at_once(
    town: Town, session: AsyncSession
) -> None:
    rule = (
        await session.scalars(
            select(ContentItem).where(ContentItem.code == "orders.acceptance_silence")
        )
    ).one()
    rule.data = rule.data | {"value": "unanswered"}
    need = await done(session, town)
    await acceptance.silence(session, (await session.scalars(select(Acceptance))).one())
    assert need.status is NeedStatus.UNANSWERED


async def test_a_first_answer_is_reminded_of(town: Town, session: AsyncSession) -> None:
    need = await make_need(session, town.community)
    await service.remind(session, need)
    assert need.remind_at is not None
    assert need.remind_at > clock.now()
    back = await make_need(session, town.community, status=NeedStatus.ACCEPTED)
    await service.remind(session, back)
    assert back.remind_at is not None
    ended = await make_need(session, town.community, status=NeedStatus.SOLVED)
    await service.remind(session, ended)
    assert ended.remind_at is None


async def test_an_order_takes_a_need_over_and_gives_it_back(
    town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, status=NeedStatus.ACCEPTED, route=Route.ORDER)
    other = await make_need(
        session, town.community, status=NeedStatus.ACCEPTED, route=Route.OWN_STAFF
    )
    service.start(session, Actor.system(), [need])
    with pytest.raises(BadTransition):
        service.start(session, Actor.system(), [other])
    await service.back_to_triage(session, Actor.system(), [need], "无人接单")
    await service.back_to_triage(session, Actor.system(), [need], "无人接单")
    assert need.status is NeedStatus.ACCEPTED
    found = await service.find_many(session, [other.id, need.id, new_id()])
    assert found == [need, other]


async def test_a_contact_in_clear_is_for_staff_logged_and_shown_to_the_resident(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident)
    path = f"/needs/{need.id}/contact"
    assert (await desk.get(town.resident, path))["code"] == "forbidden"
    seen = await desk.get(town.clerk, path)
    assert seen == {"name": "李梅", "phone": town.resident.phone, "door": "3幢201室"}
    (look,) = (await desk.get(town.resident, f"/needs/{need.id}/looks"))["items"]
    assert (look["fields"], look["by_role"]) == ("name,phone,door", "community_clerk")
    for stranger, need_id in ((town.clerk, need.id), (town.resident, new_id())):
        assert (await desk.get(stranger, f"/needs/{need_id}/looks"))["code"] == "not_found"
    log = (await session.scalars(select(AccessLog))).one()
    assert log.owner_id == town.resident.id


async def test_a_helper_of_the_grid_answers_for_needs_that_he_cannot_read(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await done(session, town)
    worker = await make_staff(session, Role.BUILDING_HELPER, town.community)
    assert (await desk.get(worker, f"/needs/{need.id}"))["code"] == "not_found"
    path = f"/needs/{need.id}/acceptance-on-behalf"
    answered = await desk.post(worker, path, answer="solved", way="visit")
    assert answered.status_code == 200
    grid = await make_organization(session, "grid", town.community)
    below = await make_staff(session, Role.GRID_WORKER, grid)
    assert (await desk.post(below, path, answer="solved", way="visit")).status_code == 404
