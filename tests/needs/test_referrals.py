"""What was passed on is followed until the resident has answered; a question has its answer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.models.need import Need, NeedStatus, NeedStep, Route
from app.models.organization import Policy
from app.models.person import Role
from app.needs import service
from tests.factories.needs import make_need
from tests.factories.people import make_staff
from tests.needs.town import Desk, Town, desk, fresh, town

__all__ = ["desk", "town"]


PASSED_ON: dict[str, Any] = {
    "status": NeedStatus.IN_HAND,
    "route": Route.REFERRED,
    "referred_to": "utility",
}


async def passed_on(session: AsyncSession, town: Town, **columns: Any) -> Need:
    return await make_need(
        session,
        town.community,
        town.resident,
        **PASSED_ON | {"answer_expected_on": in_days(2)} | columns,
    )


def in_days(days: int) -> Any:
    return clock.today() + timedelta(days=days)


async def test_who_is_at_work_on_it_is_asked_again_until_it_is_done(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Callable[[timedelta], None]
) -> None:
    need = await passed_on(session, town, status=NeedStatus.ACCEPTED)
    await desk.post(town.clerk, f"/needs/{need.id}/start")
    row = await fresh(session, need.id)
    assert row.remind_at == clock.day_starts(in_days(2))
    move_clock(timedelta(days=2))
    await service.remind(session, row)
    await session.flush()
    assert row.remind_at == workdays.after(clock.now(), 2)
    path = f"/needs/{need.id}/follow-up"
    said = {"words": "已派工", "answer_expected_on": in_days(3).isoformat()}
    moved = await desk.post(town.clerk, path, referred_number="SW-9", **said)
    assert moved.json()["status"] == "in_hand"
    row = await fresh(session, need.id)
    assert (row.referred_number, row.remind_at) == ("SW-9", clock.day_starts(in_days(3)))
    await desk.post(town.clerk, path, **said)
    assert (await fresh(session, need.id)).referred_number == "SW-9"
    await desk.post(town.clerk, f"/needs/{need.id}/finish", reply="水管已换")
    row = await fresh(session, need.id)
    assert (row.status, row.remind_at) == (NeedStatus.DONE, None)
    closed = await desk.post(town.clerk, path, **said)
    assert closed.json()["code"] == "bad_transition"


async def test_own_staff_are_reminded_and_an_order_has_its_own_clock(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    own = await make_need(
        session, town.community, status=NeedStatus.ACCEPTED, route=Route.OWN_STAFF
    )
    await desk.post(town.clerk, f"/needs/{own.id}/start")
    assert (await fresh(session, own.id)).remind_at == workdays.after(clock.now(), 2)
    served = await make_need(session, town.community, status=NeedStatus.IN_HAND, route=Route.ORDER)
    await service.remind(session, served)
    assert served.remind_at is None


async def test_a_city_may_leave_what_was_passed_on_alone(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    session.add(
        Policy(
            organization_id=town.community.lineage[0],
            key="needs.referral_follow_up",
            value={"value": False},
            effective_on=clock.today(),
            basis="市委组织部意见",
            created_at=clock.now(),
        )
    )
    need = await passed_on(session, town, status=NeedStatus.ACCEPTED)
    await desk.post(town.clerk, f"/needs/{need.id}/start")
    assert (await fresh(session, need.id)).remind_at is None


@pytest.mark.parametrize(
    ("columns", "days", "who", "code"),
    [
        ({"route": Route.OWN_STAFF}, 1, "clerk", "bad_transition"),
        ({"status": NeedStatus.SUBMITTED}, 1, "clerk", "bad_transition"),
        ({}, -1, "clerk", "invalid"),
        ({}, 1, "helper", "forbidden"),
    ],
)
async def test_only_what_was_passed_on_is_followed_by_staff_to_a_day_to_come(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    columns: dict[str, Any],
    days: int,
    who: str,
    code: str,
) -> None:
    need = await passed_on(session, town, **columns)
    refused = await desk.post(
        getattr(town, who),
        f"/needs/{need.id}/follow-up",
        words="已派工",
        answer_expected_on=in_days(days).isoformat(),
    )
    assert refused.json()["code"] == code


async def test_nobody_is_promised_an_answer_on_a_day_that_is_past(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community)
    refused = await desk.post(
        town.clerk,
        f"/needs/{need.id}/accept",
        route="referred",
        referred_to="utility",
        answer_expected_on=in_days(-1).isoformat(),
    )
    assert refused.json()["errors"][0]["pointer"] == "/answer_expected_on"


async def test_what_was_reopened_waits_for_no_day_of_the_first_time(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    day = in_days(30)
    need = await passed_on(
        session, town, status=NeedStatus.UNSOLVED, answer_expected_on=day, updated_at=clock.now()
    )
    await desk.post(town.resident, f"/needs/{need.id}/reopen", reason="还是漏")
    assert (await fresh(session, need.id)).remind_at == workdays.after(clock.now(), 2)


async def test_question_and_answer_are_read_by_both_sides(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident)
    path = f"/needs/{need.id}"
    await desk.post(town.clerk, f"{path}/ask-back", words="哪天方便？")
    shown = await desk.get(town.resident, path)
    assert shown["due_at"] is not None
    assert [(one["is_question"], one["words"]) for one in shown["said"]] == [(True, "哪天方便？")]
    await desk.post(town.resident, f"{path}/answer-back", words="周六")
    shown = await desk.get(town.clerk, path)
    assert (shown["due_at"], shown["said"][1]["words"]) == (None, "周六")
    assert [one["is_question"] for one in shown["said"]] == [True, False]


@pytest.mark.parametrize("way", ["call_back", "visit", "paper_slip", "family"])
async def test_an_answer_on_behalf_is_marked_with_its_way(
    desk: Desk, town: Town, session: AsyncSession, way: str
) -> None:
    need = await make_need(session, town.community, town.resident, status=NeedStatus.ACCEPTED)
    session.add(
        NeedStep(need_id=need.id, actor_id=town.helper.id, action="follow_up", entered="accepted")
    )
    await session.flush()
    path = f"/needs/{need.id}"
    await desk.post(town.clerk, f"{path}/accept", route="answered", reply="周三可办")
    body = {"answer": "solved", "way": way}
    for handled in (town.clerk, town.helper):  # who followed it up handled it
        own = await desk.post(handled, f"{path}/acceptance-on-behalf", **body)
        assert own.json()["code"] == "own_work"
    other = await make_staff_of(session, town)
    assert (await desk.post(other, f"{path}/acceptance-on-behalf", **body)).status_code == 200
    shown = await desk.get(town.resident, path)
    assert (shown["acceptance"], shown["acceptance_way"]) == ("solved", way)


async def make_staff_of(session: AsyncSession, town: Town) -> Any:
    return await make_staff(session, Role.GRID_WORKER, town.community)
