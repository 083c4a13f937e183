"""No need is stuck: what came back, was reopened or never answered goes another way to its end."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Acceptance, Need, NeedStatus, Route
from app.models.order import OrderStatus
from app.models.person import Role
from app.needs import acceptance
from app.orders import clocks
from app.permissions import Actor
from tests.factories.needs import make_need
from tests.factories.orders import make_order
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.needs.town import Desk, Town, desk, fresh, town

__all__ = ["desk", "town"]


async def came_back(session: AsyncSession, town: Town) -> Need:
    """A need whose order nobody took."""
    need = await make_need(
        session,
        town.community,
        town.resident,
        status=NeedStatus.IN_HAND,
        route=Route.ORDER,
        category="phone_teaching",
    )
    order = await make_order(session, town.community, needs=(need,))
    await clocks.expire(session, order)
    assert order.status is OrderStatus.EXPIRED
    return need


async def test_a_need_whose_order_came_to_nothing_takes_another_way(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    ways: list[tuple[str, dict[str, Any], str]] = [
        ("accept", {"route": "own_staff"}, "accepted"),
        ("accept", {"route": "answered", "reply": "可在周三办理"}, "done"),
        ("refuse", {"reason_code": "commercial"}, "refused"),
        ("ask-back", {"words": "还需要吗？"}, "asked_back"),
        ("merge", {"into_id": str((await make_need(session, town.community)).id)}, "merged"),
    ]
    for step, body, status in ways:
        need = await came_back(session, town)
        assert need.remind_at is not None
        moved = await desk.post(town.clerk, f"/needs/{need.id}/{step}", **body)
        assert (moved.status_code, moved.json()["status"]) == (200, status)


async def test_a_need_that_was_rerouted_is_served_and_accepted(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await came_back(session, town)
    path = f"/needs/{need.id}"
    await desk.post(town.clerk, f"{path}/accept", route="own_staff")
    assert (await desk.post(town.clerk, f"{path}/start")).json()["status"] == "in_hand"
    await desk.post(town.clerk, f"{path}/finish", reply="已上门教会")
    solved = await desk.post(town.resident, f"{path}/acceptance", answer="solved")
    assert solved.json()["status"] == "solved"


async def test_a_new_order_may_be_drafted_at_once_for_what_came_back(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await came_back(session, town)
    starts = clock.now() + timedelta(days=3)
    made = await desk.post(
        town.clerk,
        f"/organizations/{town.community.id}/orders",
        title="教用手机",
        starts_at=starts.isoformat(),
        ends_at=(starts + timedelta(hours=1)).isoformat(),
        seats=1,
        need_ids=[str(need.id)],
        publish=True,
    )
    assert made.status_code == 201
    assert (await fresh(session, need.id)).status is NeedStatus.IN_HAND


async def test_a_question_to_somebody_without_an_account_is_answered_by_who_enters_there(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    path = f"/organizations/{town.community.id}/needs"
    entered = await desk.post(town.helper, path, words="灯坏了", source="phone")
    need = f"/needs/{entered.json()['id']}"
    asked = await desk.post(town.clerk, f"{need}/ask-back", words="几楼？")
    assert asked.json()["status"] == "asked_back"
    grid = await make_organization(session, "grid", town.community)
    below = await make_staff(session, Role.GRID_WORKER, grid)
    for stranger in (town.resident, below):
        assert (await desk.post(stranger, f"{need}/answer-back", words="三楼")).status_code == 404
    answered = await desk.post(town.helper, f"{need}/answer-back", words="三楼")
    assert answered.json()["status"] == "submitted"
    shown = await desk.get(town.clerk, need)
    assert set(shown["open_to"]) == {"ask_back", "accept", "refuse", "merge", "withdraw"}
    assert (await desk.post(town.clerk, f"{need}/withdraw")).json()["status"] == "withdrawn"


async def test_nobody_answers_for_who_has_an_account(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident, status=NeedStatus.ASKED_BACK)
    refused = await desk.post(town.clerk, f"/needs/{need.id}/answer-back", words="三楼")
    assert refused.status_code == 403


async def test_what_nobody_answered_is_decided_without_an_answer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for step, body, status in (
        ("accept", {"route": "own_staff"}, "accepted"),
        ("refuse", {"reason_code": "insufficient"}, "refused"),
    ):
        need = await make_need(session, town.community, status=NeedStatus.LAPSED)
        moved = await desk.post(town.clerk, f"/needs/{need.id}/{step}", **body)
        assert moved.json()["status"] == status


async def test_a_need_that_was_passed_on_is_looked_after_on_the_day_of_the_answer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident)
    day = clock.today() + timedelta(days=5)
    await desk.post(
        town.clerk,
        f"/needs/{need.id}/accept",
        route="referred",
        referred_to="utility",
        answer_expected_on=day.isoformat(),
    )
    assert (await fresh(session, need.id)).remind_at == clock.day_starts(day)


async def test_what_was_merged_goes_on_with_the_need_that_its_need_was_merged_into(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    first, second, third = [await make_need(session, town.community) for _ in range(3)]
    await desk.post(town.clerk, f"/needs/{first.id}/merge", into_id=str(second.id))
    await desk.post(town.clerk, f"/needs/{second.id}/merge", into_id=str(third.id))
    assert (await fresh(session, first.id)).merged_into_id == third.id


async def test_who_handled_a_need_by_any_route_does_not_answer_for_its_resident(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    accepter, starter, finisher, writer = [
        await make_staff(session, Role.COMMUNITY_CLERK, town.community) for _ in range(4)
    ]
    routes: list[dict[str, Any]] = [
        {"route": "own_staff"},
        {"route": "referred", "referred_to": "utility", "answer_expected_on": "2027-01-01"},
        {"route": "answered", "reply": "周三可办"},
    ]
    for route in routes:
        path = f"/organizations/{town.community.id}/needs"
        entered = await desk.post(writer, path, words="灯坏了", source="phone")
        need = f"/needs/{entered.json()['id']}"
        await desk.post(accepter, f"{need}/accept", **route)
        handled = [accepter]
        if route["route"] != "answered":
            await desk.post(starter, f"{need}/start")
            await desk.post(finisher, f"{need}/finish", reply="已修好")
            handled += [starter, finisher]
        for who in handled:
            own = await desk.post(
                who, f"{need}/acceptance-on-behalf", answer="solved", way="call_back"
            )
            assert (own.status_code, own.json()["code"]) == (403, "own_work")
        answered = await desk.post(
            writer, f"{need}/acceptance-on-behalf", answer="solved", way="call_back"
        )
        assert answered.json()["status"] == "solved"


async def test_why_something_was_not_solved_is_read_in_words(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident, status=NeedStatus.IN_HAND)
    await acceptance.finish(session, Actor.system(), [need], None, [])
    assert (await desk.get(town.clerk, f"/needs/{need.id}"))["acceptance_reason"] is None
    path = f"/needs/{need.id}/acceptance"
    await desk.post(town.resident, path, answer="partly", reason_code="half_done")
    shown = await desk.get(town.clerk, f"/needs/{need.id}")
    assert (shown["acceptance"], shown["acceptance_reason"]) == ("partly", "只办了一部分")


async def test_looks_go_page_by_page_newest_first(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    need = await make_need(session, town.community, town.resident)
    chief = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    await make_organization(session, "grid", town.community)
    for who in (town.clerk, chief, town.clerk):
        await desk.get(who, f"/needs/{need.id}/contact")
    path = f"/needs/{need.id}/looks?limit=2"
    with count_statements() as seen:
        first = await desk.get(town.resident, path)
    assert len(seen) == 3
    rest = await desk.get(town.resident, f"{path}&cursor={first['next_cursor']}")
    roles = [item["by_role"] for item in first["items"] + rest["items"]]
    assert roles == ["community_clerk", "community_secretary", "community_clerk"]
    assert rest["next_cursor"] is None


async def test_no_answer_is_asked_for_of_a_need_whose_resident_has_left(
    town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, status=NeedStatus.WITHDRAWN)
    order = await make_order(
        session, town.community, needs=(need,), status=OrderStatus.PENDING_ACCEPTANCE
    )
    await acceptance.finish(session, Actor.system(), [need], order.id, [])
    row = (await session.scalars(select(Acceptance))).one()
    assert (row.status, row.order_id, need.status) == ("silent", order.id, NeedStatus.WITHDRAWN)
