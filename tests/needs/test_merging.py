"""Several needs that are one: the main one answers for all, and parts them when it goes."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed
from app.models.need import Need, NeedKind, NeedStatus, NeedSupporter
from app.models.person import Role
from app.needs import leaving
from tests.factories.needs import make_need
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.needs.town import Desk, Town, desk, fresh, make_neighbour, town

__all__ = ["desk", "town"]

Tap = tuple[Any, str, dict[str, Any]]
LAMP: dict[str, Any] = {"kind": NeedKind.SNAPSHOT_REPORT, "words": "楼道灯坏了"}


async def merge(desk: Desk, town: Town, need: Need, into: Need) -> None:
    moved = await desk.post(town.clerk, f"/needs/{need.id}/merge", into_id=str(into.id))
    assert moved.json()["status"] == "merged"


async def behind(session: AsyncSession, need: Need) -> dict[Any, Any]:
    """Who stands behind the need, and with which merged need."""
    rows = await session.execute(
        select(NeedSupporter.person_id, NeedSupporter.merged_need_id).where(
            NeedSupporter.need_id == need.id
        )
    )
    return {person: merged for person, merged in rows}


async def test_duplicates_stand_side_by_side_for_who_merges_them(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, **LAMP)
    other = await make_need(session, town.community, words="3号楼楼道灯不亮", place="3号楼")
    await make_need(session, town.community, words="想学书法")
    (beside,) = await desk.get(town.clerk, f"/needs/{need.id}/similar")
    assert (beside["id"], beside["words"], beside["place"]) == (
        str(other.id),
        "3号楼楼道灯不亮",
        "3号楼",
    )
    refused = await desk.send("GET", town.helper, f"/needs/{need.id}/similar")
    assert refused.status_code == 403


async def test_whose_need_was_merged_goes_with_the_main_one_to_its_end(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    main = await make_need(session, town.community, **LAMP)
    mine = await make_need(session, town.community, town.resident, **LAMP)
    await merge(desk, town, mine, main)
    assert await behind(session, main) == {town.resident.id: mine.id}
    path = f"/needs/{mine.id}"
    shown = await desk.get(town.resident, path)
    assert (shown["merged_into_number"], shown["merged_into_status"]) == (
        main.number,
        "submitted",
    )
    await desk.post(town.clerk, f"/needs/{main.id}/accept", route="answered", reply="已修好")
    shown = await desk.get(town.resident, path)
    assert (shown["status"], shown["merged_into_status"]) == ("merged", "done")
    left = await desk.send("DELETE", town.resident, f"/needs/{main.id}/support")
    assert left.status_code == 204  # a need of one's own is not left by a tap
    assert await behind(session, main) == {town.resident.id: mine.id}


async def test_who_stood_behind_a_merged_need_stands_behind_the_main_one_once(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    first, second = [await make_neighbour(session, town.community) for _ in range(2)]
    main = await make_need(session, town.community, first, **LAMP)
    need = await make_need(session, town.community, second, **LAMP)
    for who in (first, town.resident):
        await desk.post(who, f"/needs/{need.id}/support")
    for who in (second, town.resident):
        await desk.post(who, f"/needs/{main.id}/support")
    await merge(desk, town, need, main)
    assert await behind(session, main) == {second.id: need.id, town.resident.id: None}
    assert await behind(session, need) == {}


async def test_standing_behind_comparing_and_merging_cost_few_statements(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    main, need = [await make_need(session, town.community, **LAMP) for _ in range(2)]
    for method, who, path, body in (
        ("POST", town.resident, "/needs/similar", {"words": "楼道灯坏了"}),
        ("POST", town.resident, f"/needs/{need.id}/support", {}),
        ("POST", town.clerk, f"/needs/{need.id}/merge", {"into_id": str(main.id)}),
    ):
        with count_statements() as seen:
            answer = await desk.send(method, who, path, **body)
        assert answer.is_success
        assert len(seen) <= 12, path


async def test_two_needs_of_one_resident_or_of_none_have_no_supporter(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    main = await make_need(session, town.community, town.resident, **LAMP)
    again = await make_need(session, town.community, town.resident, **LAMP)
    path = f"/organizations/{town.community.id}/needs"
    entered = await desk.post(town.helper, path, words="灯坏了", source="phone")
    called = await fresh(session, entered.json()["id"])
    for need in (again, called):
        await merge(desk, town, need, main)
    assert await behind(session, main) == {}


async def test_when_the_main_one_is_withdrawn_the_oldest_merged_one_waits_in_its_place(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    others = [await make_neighbour(session, town.community) for _ in range(3)]
    main = await make_need(session, town.community, town.resident, **LAMP)
    second = await make_need(session, town.community, others[0], **LAMP)
    third = await make_need(session, town.community, others[1], **LAMP)
    for need in (third, second):
        await merge(desk, town, need, main)
    await desk.post(others[2], f"/needs/{main.id}/support")
    await desk.post(town.resident, f"/needs/{main.id}/withdraw")
    heir, child = await fresh(session, second.id), await fresh(session, third.id)
    assert (heir.status, heir.merged_into_id) == (NeedStatus.SUBMITTED, None)
    assert heir.remind_at is not None
    assert (child.status, child.merged_into_id) == (NeedStatus.MERGED, heir.id)
    assert await behind(session, heir) == {others[1].id: third.id, others[2].id: None}
    assert await behind(session, main) == {}


async def test_when_the_resident_of_the_main_one_leaves_the_others_do_not_leave_with_him(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    main = await make_need(session, town.community, town.resident, **LAMP)
    other = await make_need(session, town.community, **LAMP)
    await merge(desk, town, other, main)
    for need in (main, other):
        await fresh(session, need.id)
    await leaving.on_account_closed(session, 1, AccountClosed(person_id=town.resident.id))
    assert (await fresh(session, main.id)).status is NeedStatus.WITHDRAWN
    assert (await fresh(session, other.id)).status is NeedStatus.SUBMITTED


async def press(app: FastAPI, taps: list[Tap]) -> list[int]:
    """Everybody presses at once: (person, path, body)."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:

        async def tap(person: Any, path: str, body: dict[str, Any]) -> int:
            head = {"Authorization": f"Bearer {app.state.tokens.sign(person)}"}
            return (await client.post(f"/api/v1{path}", json=body, headers=head)).status_code

        return sorted(await asyncio.gather(*(tap(*each) for each in taps)))


async def test_two_that_are_merged_into_each_other_at_once_do_not_both_disappear(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        clerks = [await make_staff(session, Role.COMMUNITY_CLERK, community) for _ in range(2)]
        one, other = [await make_need(session, community) for _ in range(2)]
    codes = await press(
        committed,
        [
            (clerks[0].id, f"/needs/{one.id}/merge", {"into_id": str(other.id)}),
            (clerks[1].id, f"/needs/{other.id}/merge", {"into_id": str(one.id)}),
        ],
    )
    assert codes == [200, 422]
    async with committed.state.sessions() as session:
        statuses = sorted(await session.scalars(select(Need.status)))
        assert statuses == ["merged", "submitted"]


async def test_five_taps_of_each_of_four_neighbours_are_four(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        need = await make_need(session, community, **LAMP)
        people = [await make_neighbour(session, community) for _ in range(4)]
    taps: list[Tap] = [(person.id, f"/needs/{need.id}/support", {}) for person in people * 5]
    assert await press(committed, taps) == [204] * 20
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(NeedSupporter)) == 4


async def test_nobody_is_lost_who_stands_behind_a_need_while_it_is_merged(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
        need, main = [await make_need(session, community, **LAMP) for _ in range(2)]
        people = [await make_neighbour(session, community) for _ in range(6)]
    merging: Tap = (clerk.id, f"/needs/{need.id}/merge", {"into_id": str(main.id)})
    taps: list[Tap] = [(person.id, f"/needs/{need.id}/support", {}) for person in people]
    codes = await press(committed, [*taps[:3], merging, *taps[3:]])
    stood = codes.count(204)
    assert codes == [200] + [204] * stood + [409] * (6 - stood)
    async with committed.state.sessions() as session:
        rows = await behind(session, main)
        assert (len(rows), await behind(session, need)) == (stood + 1, {})
