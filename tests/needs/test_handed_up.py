"""What could not be solved: the level above sees all that was tried, and decides."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.need import Acceptance, AcceptanceStatus, Need, NeedKind, NeedStatus
from app.models.organization import Organization
from app.models.person import Role
from tests.factories.needs import make_need
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.needs.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work

__all__ = ["desk", "town"]

Counter = Callable[[], AbstractContextManager[list[str]]]
UP = NeedStatus.HANDED_UP


async def tried(session: AsyncSession, town: Town, *, rounds: int = 2) -> Need:
    """A need that was answered with no in the last round that the policy lets it have."""
    need = await make_need(
        session, town.community, town.resident, status=NeedStatus.UNSOLVED, rounds=rounds
    )
    session.add_all(
        Acceptance(
            need_id=need.id,
            round=each,
            status=AcceptanceStatus.UNSOLVED,
            reason_code="not_done",
        )
        for each in range(rounds + 1)
    )
    await session.commit()
    return need


async def handed_up(desk: Desk, session: AsyncSession, town: Town) -> str:
    need = await tried(session, town)
    moved = await desk.post(town.resident, f"/needs/{need.id}/reopen", reason="还是漏水")
    assert moved.json()["status"] == "handed_up"
    return f"/needs/{need.id}"


async def test_the_level_above_lists_what_was_handed_up_with_all_that_was_tried(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    path = await handed_up(desk, session, town)
    box = f"/organizations/{town.community.parent_id}/needs/handed-up"
    with count_statements() as spent:
        (line,) = (await desk.get(town.office, box))["items"]
    assert len(spent) <= 4
    assert (line["community_name"], line["rounds"]) == (town.community.name, 3)
    with count_statements() as spent:
        history = await desk.get(town.office, f"{path}/history")
    assert len(spent) <= 4
    assert [(one["action"], one["entered"], one["reason"]) for one in history["steps"]] == [
        ("hand_up", "handed_up", "还是漏水")
    ]
    assert [(one["round"], one["answer"], one["reason"]) for one in history["rounds"]] == [
        (each, "unsolved", "没办成") for each in range(3)
    ]
    assert (await desk.get(town.clerk, f"{path}/history"))["rounds"] == history["rounds"]
    for stranger in (town.resident, town.helper):
        assert (await desk.get(stranger, f"{path}/history"))["code"] == "not_found"


async def test_the_level_above_ends_it_and_then_it_is_not_asked_for_again(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    path = await handed_up(desk, session, town)
    assert (await desk.get(town.office, path))["open_to"] == ["decide", "close"]
    why = "该楼已列入明年改造计划"
    closed = await desk.post(town.office, f"{path}/decide", reason=why, closes=True)
    assert closed.json()["status"] == "unsolved"
    assert (await desk.get(town.resident, path))["reply"] == why
    again = await desk.post(town.resident, f"{path}/reopen", reason="请再办")
    assert (again.status_code, again.json()["code"]) == (409, "need_decided")
    twice = await desk.post(town.office, f"{path}/decide", reason=why)
    assert twice.status_code == 404
    await work(sessions)
    seen = await told(sessions)
    assert seen["need_closed_above"] == ({town.resident.id}, why)
    assert seen["need_handed_back"][0] == {town.clerk.id}
    assert seen["reopened_handed_up"][0] == {town.office.id}


async def test_what_the_community_took_up_again_in_vain_goes_up_once_more(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await tried(session, town, rounds=3)
    moved = await desk.post(town.resident, f"/needs/{need.id}/reopen", reason="没有来")
    assert moved.json()["status"] == "handed_up"


async def test_the_box_is_paged_and_shows_only_what_lies_below_and_may_be_read(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    box = "/organizations/{}/needs/handed-up"
    made = [str((await make_need(session, town.community, status=UP)).id) for _ in range(3)]
    await make_need(session, await make_community(session), status=UP)
    await make_need(session, town.community, status=NeedStatus.UNSOLVED)
    about = await make_need(session, town.community, status=UP, kind=NeedKind.ABOUT_MEMBER)
    await session.commit()
    path = box.format(town.community.parent_id)

    async def all_of(who: Any, path: str) -> list[str]:
        first = await desk.get(who, f"{path}?limit=2")
        rest = await desk.get(who, f"{path}?limit=9&cursor={first['next_cursor']}")
        return [one["id"] for page in (first, rest) for one in page["items"]]

    assert await all_of(town.office, path) == [*made, str(about.id)]
    district = await session.get_one(Organization, town.community.lineage[1])
    above = await make_staff(session, Role.DISTRICT_ADMIN, district)
    await session.commit()
    assert await all_of(above, box.format(district.id)) == made
    assert (await desk.get(town.clerk, path))["code"] == "forbidden"
    nowhere = box.format(about.id)
    assert (await desk.get(town.office, nowhere))["code"] == "not_found"
