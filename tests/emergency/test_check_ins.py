"""Locations: only where the district requires them, coarse, sealed, refused with a reason, forgotten."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.ids import new_id
from app.core.terms import forget
from app.emergency import check_ins
from app.events import tell_next
from app.models.check_in import CheckIn
from app.models.emergency import ShiftSeat, ShiftSeatStep
from app.models.house import AccessLog
from app.models.member import Member
from app.models.report import Notification
from app.wiring import LISTENERS, TERMS
from tests.emergency.test_races import members, press, total
from tests.emergency.town import Desk, Move, Town, call, desk, shift, town
from tests.factories.emergency import make_call_up, make_shift
from tests.factories.organizations import make_community

__all__ = ["desk", "town"]

HERE = {"latitude": 3_201, "longitude": 12_089}
WHY = "堤上人员安全"


async def seated(desk: Desk, town: Town, call_up: str) -> tuple[str, list[str]]:
    """A shift, and the seats of the two who have claimed it."""
    made = await shift(desk, town, call_up)
    people = (town.member, town.other)
    return made, [(await desk.post(who, f"/shifts/{made}/seats")).json()["id"] for who in people]


async def test_the_story_of_a_location(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: async_sessionmaker[AsyncSession],
    move_clock: Move,
) -> None:
    call_up = await call(desk, town)
    made, seats = await seated(desk, town, call_up)
    path = f"/shift-seats/{seats[0]}/check-in"
    unasked = await desk.post(town.member, path, **HERE)
    assert (unasked.status_code, unasked.json()["code"]) == (409, "location_not_asked")
    assert await session.scalar(select(func.count(CheckIn.id))) == 0
    await desk.post(town.district, f"/call-ups/{call_up}/location", reason=WHY)
    await session.commit()
    while await tell_next(sessions, LISTENERS):
        pass
    told = await session.scalars(
        select(Notification).where(Notification.message == "emergency_location")
    )
    texts = {row.person_id: row.text for row in told}
    assert set(texts) == {town.member.id, town.other.id}
    assert WHY in texts[town.member.id] and "30天" in texts[town.member.id]
    mine = (await desk.get(town.member, "/me/shift-seats"))["items"][0]
    assert mine["location_reason"] == WHY

    move_clock(timedelta(hours=4))
    attending = f"/shifts/{made}/attendance"
    missing = await desk.post(town.clerk, attending, present=seats)
    assert (missing.status_code, missing.json()["code"]) == (409, "location_missing")
    assert (await desk.post(town.member, path, **HERE)).status_code == 200
    assert (await desk.post(town.other, path, **HERE)).status_code == 404
    excuse = f"/shift-seats/{seats[1]}/no-location"
    assert (await desk.post(town.other, excuse, reason="没带手机")).status_code == 403
    assert (await desk.post(town.clerk, excuse)).status_code == 422
    assert (await desk.post(town.clerk, excuse, reason="没带手机")).status_code == 200
    assert (await desk.post(town.clerk, attending, present=seats)).status_code == 200

    lines = (await desk.get(town.clerk, f"/shifts/{made}/check-ins"))["items"]
    seen = {line["name"]: (line["latitude"], line["longitude"], line["reason"]) for line in lines}
    assert seen == {"张三": (3_201, 12_089, None), "李四": (None, None, "没带手机")}
    looks = await session.execute(
        select(AccessLog.owner_id, AccessLog.fields).where(AccessLog.actor_id == town.clerk.id)
    )
    assert [tuple(each) for each in looks] == [(town.member.id, "location")]
    stored = await session.scalar(text("SELECT point FROM check_ins WHERE point IS NOT NULL"))
    assert b"3201" not in stored
    steps = await session.execute(
        select(ShiftSeatStep.action, ShiftSeatStep.reason).where(
            ShiftSeatStep.action.in_(["check_in", "no_location"])
        )
    )
    assert {tuple(each) for each in steps} == {("check_in", None), ("no_location", None)}

    await desk.post(town.clerk, f"/shift-seats/{seats[0]}/no-location", reason="本人撤回")
    assert await session.scalar(select(func.count(CheckIn.point))) == 0
    move_clock(timedelta(hours=8))
    over = await desk.post(town.member, path, **HERE)
    assert over.json()["code"] == "bad_transition"
    assert set(check_ins.TERMS) <= set(TERMS)
    move_clock(timedelta(days=30, hours=3))
    await forget(session, *check_ins.TERMS)
    assert await session.scalar(select(func.count(CheckIn.id))) == 2
    move_clock(timedelta(days=30, hours=5))
    await forget(session, *check_ins.TERMS)
    assert await session.scalar(select(func.count(CheckIn.id))) == 0


@pytest.mark.parametrize("bad", [{"latitude": 9_001}, {"longitude": 120.89}, {"altitude": 3}])
async def test_a_place_that_is_none_or_too_exact_is_refused(
    desk: Desk, town: Town, bad: dict[str, Any]
) -> None:
    call_up = await call(desk, town)
    _, seats = await seated(desk, town, call_up)
    await desk.post(town.district, f"/call-ups/{call_up}/location", reason=WHY)
    answer = await desk.post(town.member, f"/shift-seats/{seats[0]}/check-in", **HERE | bad)
    assert answer.status_code == 422


async def test_locations_are_the_organisers_to_see_and_names_of_protected_ones_are_not(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    call_up = await call(desk, town)
    made, seats = await seated(desk, town, call_up)
    await desk.post(town.district, f"/call-ups/{call_up}/location", reason=WHY)
    await desk.post(town.member, f"/shift-seats/{seats[0]}/check-in", **HERE)
    await desk.post(town.other, f"/shift-seats/{seats[1]}/check-in", **HERE)
    member = await session.get_one(Member, town.registrations["member"].member_id)
    member.is_protected = True
    await session.flush()
    path = f"/shifts/{made}/check-ins?limit=1"
    first = await desk.get(town.clerk, path)
    rest = await desk.get(town.clerk, f"{path}&cursor={first['next_cursor']}")
    assert [each["name"] for each in first["items"] + rest["items"]] == ["党员", "李四"]
    assert (await desk.get(town.secretary, path))["items"][0]["name"] == "张三"
    assert (await desk.get(town.member, path))["code"] == "forbidden"
    assert (await desk.get(town.clerk, f"/shifts/{new_id()}/check-ins"))["code"] == "not_found"
    nobody = await desk.post(town.clerk, f"/shift-seats/{new_id()}/no-location", reason="未到")
    assert nobody.status_code == 404


async def test_many_taps_at_once_are_one_location(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        (row,) = await members(session, community, 1)
        call_up = await make_call_up(session, community, [row], location_reason=WHY)
        shift = await make_shift(session, call_up)
    await press(committed, [(row.person_id, f"/shifts/{shift.id}/seats")])
    async with committed.state.sessions() as session:
        seat = (await session.scalars(select(ShiftSeat))).one()
    head = {"Authorization": f"Bearer {committed.state.tokens.sign(row.person_id)}"}
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        path = f"/shift-seats/{seat.id}/check-in"
        answers = await asyncio.gather(
            *(client.post(path, json=HERE, headers=head) for _ in range(6))
        )
    assert {each.status_code for each in answers} == {200}
    async with committed.state.sessions() as session:
        assert await total(session, CheckIn) == 1
