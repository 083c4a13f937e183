"""应急 in the console: where a place begins, one call-up from the draft to the review, one shift."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.emergency import board
from app.models.check_in import CheckIn
from app.models.emergency import CallUp, CallUpStatus, Shift, ShiftSeat, ShiftSeatStatus
from app.models.house import AccessLog
from app.models.organization import Organization, OrganizationRegistration, PairingStatus
from app.models.person import Role, RoleGrant
from app.models.record import ServiceRecord
from app.models.shift_team import ShiftTeam
from tests.console.conftest import Visit
from tests.emergency.town import Desk, Move, Town, call, called, desk, shift, town
from tests.factories.emergency import make_call_up, make_plan, make_shift
from tests.factories.members import make_registration
from tests.factories.organizations import make_organization
from tests.factories.people import make_person, make_staff

__all__ = ["desk", "town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"
WORDS = {"kind": "outage", "level": "response", "title": "停水送水", "text": "给老人送水"}


def local(moment: datetime) -> str:
    return f"{moment.astimezone(clock.ZONE):%Y-%m-%dT%H:%M}"


def soon(**delta: int) -> str:
    return local(clock.now() + timedelta(**delta))


def start(place: Organization) -> str:
    return f"/console/emergency/{place.id}"


def one(answer: Response) -> str:
    """The call-up's page that a form leads to."""
    found = re.fullmatch(r"(/console/call-ups/[0-9a-f-]{36})\?said=\w+", answer.headers["location"])
    assert found is not None, answer.headers
    return found[1]


async def test_a_place_without_anything_says_what_comes_here(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    page = await (await visit(town.clerk)).get(start(town.community))
    assert "现在没有集结任务" in page.text and "还没有预案" in page.text
    assert "另行起草" in page.text and "一键集结" in page.text
    district = await session.get_one(Organization, town.community.lineage[1])
    page = await (await visit(town.district)).get(start(district))
    assert "另行起草" not in page.text and "辖区内的集结任务" in page.text
    city = await session.get_one(Organization, town.community.lineage[0])
    admin = await make_staff(session, Role.CITY_ADMIN, city)
    page = await (await visit(admin)).get(start(city))
    assert page.status_code == 200 and "一键集结" not in page.text
    assert (await (await visit(town.leader)).get(start(town.community))).status_code == 403
    assert (await (await visit(town.leader)).get("/console/call-ups")).status_code == 200
    nowhere = start(town.community)[:-4] + "0000"
    assert (await (await visit(town.clerk)).get(nowhere)).status_code == 404


async def test_one_tap_on_a_plan_then_two_who_answer_for_it(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    plan = make_plan(town.community)
    session.add_all([plan, make_plan(town.community, title="旧预案", is_current=False)])
    await session.flush()
    browser = await visit(town.clerk)
    page = await browser.get(start(town.community))
    assert "按预案集结：防台预案（响应）" in page.text and "按预案集结：旧预案" not in page.text
    made = await browser.post(
        f"/console/call-up-plans/{plan.id}/call-ups", data={"organization_id": town.community.id}
    )
    page = await browser.get(made.headers["location"])
    assert "还没有通知任何人，请批准" in page.text and "防台预案（第1版）" in page.text
    assert f"{one(made)}/approve" not in page.text and f"{one(made)}/withdraw" in page.text
    assert (await browser.post(f"{one(made)}/approve")).status_code == 403
    browser = await visit(town.secretary)
    page = await browser.get(start(town.community))
    assert "去批准" in page.text and "已批准 0 人，2 人批准后通知" in page.text
    first = await browser.post(f"{one(made)}/approve")
    assert first.headers["location"] == f"{one(made)}?said=call_up_approve"
    twice = await browser.post(f"{one(made)}/approve")
    assert twice.status_code == 409 and "须由另一人批准" in twice.text
    browser = await visit(town.branch_secretary)
    assert one(made) in (await browser.get("/console/call-ups")).text
    assert "批准，并通知党员" in (await browser.get(one(made))).text
    second = await browser.post(f"{one(made)}/approve")
    assert second.headers["location"] == f"{one(made)}?said=call_up_active"
    page = await (await visit(town.clerk)).get(one(made))
    assert "点名（共 4 人）" in page.text and "live.js" in page.text
    assert 'data-said="未答复 4人"' in page.text


async def test_a_draft_by_hand_keeps_what_was_typed_and_calls_its_area(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    browser = await visit(town.clerk)
    to = f"/console/emergency/{town.community.id}/call-ups"
    page = await browser.get(f"{to}/new")
    assert "响应（2人批准后通知，120分钟内答复）" in page.text and "一组" in page.text
    typed = WORDS | {"place": EVIL, "gather_at": soon(hours=-2), "targets": str(town.group.id)}
    wrong = await browser.post(to, data=typed)
    assert wrong.status_code == 422 and "集结时间已过" in wrong.text
    assert "&lt;script&gt;" in wrong.text and EVIL not in wrong.text
    assert re.search(rf'value="{town.group.id}" checked', wrong.text)
    made = await browser.post(to, data=typed | {"place": "北门", "gather_at": soon(hours=2)})
    page = await browser.get(one(made))
    assert "一组" in page.text and "还没有通知任何人。" in page.text
    listed = await browser.get(to)
    assert one(made) in listed.text and "草稿，等待批准" in listed.text
    gone = await browser.post(f"{one(made)}/withdraw", data={"reason": ""})
    assert gone.status_code == 422
    gone = await browser.post(f"{one(made)}/withdraw", data={"reason": "台风转向"})
    assert "草稿已撤回" in (await browser.get(gone.headers["location"])).text
    assert one(made) not in (await browser.get(start(town.community))).text
    page = await (await visit(town.secretary)).get(start(town.community))
    assert "现在没有集结任务" in page.text


async def test_no_list_of_all_is_empty_without_a_word(visit: Visit, town: Town) -> None:
    page = await (await visit(town.clerk)).get(f"/console/emergency/{town.community.id}/call-ups")
    assert "还没有集结任务" in page.text


async def test_a_subdistrict_names_communities_and_the_community_sees_what_calls_its_members(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    street = await session.get_one(Organization, town.community.lineage[2])
    officer = await make_staff(session, Role.SUBDISTRICT_ADMIN, street)
    grid = await make_organization(session, "grid", town.community)
    browser = await visit(officer)
    page = await browser.get(f"/console/emergency/{street.id}/call-ups/new")
    assert "学田社区" in page.text and grid.name not in page.text
    typed = WORDS | {"level": "immediate", "place": "街道", "gather_at": soon(hours=2)}
    made = await browser.post(
        f"/console/emergency/{street.id}/call-ups",
        data=typed | {"targets": [str(town.community.id), str(grid.id)]},
    )
    assert "学田社区" in (await browser.get(one(made))).text
    await browser.post(f"{one(made)}/approve")
    page = await browser.get(one(made))
    assert "否则自动解除" in page.text and "集结中" in page.text
    page = await (await visit(town.clerk)).get(start(town.community))
    assert one(made) in page.text and street.name in page.text and "联系单" in page.text
    page = await (await visit(town.clerk)).get(one(made))
    assert page.status_code == 200 and "点名（" not in page.text


async def test_an_area_below_a_subdistricts_communities_is_counted(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    street = await session.get_one(Organization, town.community.lineage[2])
    officer = await make_staff(session, Role.SUBDISTRICT_ADMIN, street)
    row = await make_call_up(session, street, targets=[town.group.id])
    page = await (await visit(officer)).get(f"/console/call-ups/{row.id}")
    assert "1个网格、支部或小组" in page.text and "还没有班次" in page.text


async def test_the_roll_call_says_who_comes_who_cannot_and_who_was_not_reached(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk, count_statements: Count
) -> None:
    made = await call(desk, town)
    rows = await called(session, made)
    replies = {name: rows.get(row.id) for name, row in town.registrations.items()}
    for who, name, word in (
        (town.member, "member", "can_come"),
        (town.clerk, "other", "on_duty_at_employer"),
    ):
        reply = replies[name]
        assert reply is not None
        await desk.post(who, f"/replies/{reply.id}", reply=word)
    page_at = f"/console/call-ups/{made}"
    browser = await visit(town.clerk)
    with count_statements() as statements:
        page = await browser.get(page_at)
    assert len(statements) <= 7 and len(page.content) < 60_000
    assert 'data-said="能到 1人，在单位值守 1人，未答复 2人"' in page.text
    assert re.search(r"<h3>能到</h3>\s*<p>张三</p>", page.text)
    assert re.search(r'<p>李四<span class="small">（代记）</span></p>', page.text)
    assert "周密" not in page.text and re.search("党员、赵六|赵六、党员", page.text)
    assert "周密" in (await (await visit(town.secretary)).get(page_at)).text
    browser = await visit(town.clerk)
    everybody = await browser.get(f"{page_at}/replies")
    assert everybody.text.count('data-label="姓名"') == 4 and "（代记）" in everybody.text
    silent = await browser.get(f"{page_at}/replies", params={"reply": "not_reached"})
    assert silent.text.count('data-label="姓名"') == 2 and "张三" not in silent.text
    none = await browser.get(f"{page_at}/replies", params={"reply": "safe"})
    assert "没有这样答复的人" in none.text
    assert (await browser.get(f"{page_at}/replies", params={"reply": "A'"})).status_code == 422
    page = await (await visit(town.leader)).get(page_at)
    assert page.status_code == 200 and "点名（" not in page.text
    assert (await (await visit(town.leader)).get(f"{page_at}/replies")).status_code == 403
    assert await session.scalar(select(AccessLog.id).limit(1)) is None


async def test_of_a_long_answer_the_first_stand_on_the_page(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    rows = [
        await make_registration(session, town.community, await make_person(session, name=EVIL))
        for _ in range(board.NAMES + 2)
    ]
    row = await make_call_up(session, town.community, rows)
    for _ in range(22):
        await make_shift(session, row)
    page = await (await visit(town.clerk)).get(f"/console/call-ups/{row.id}")
    assert page.text.count("&lt;script&gt;") == board.NAMES and EVIL not in page.text
    assert f"全部 {board.NAMES + 2} 人" in page.text and len(page.content) < 60_000
    assert page.text.count("/console/shifts/") == 20
    found = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert found is not None
    rest = await (await visit(town.clerk)).get(f"/console/call-ups/{row.id}{found[1]}")
    assert rest.text.count("/console/shifts/") == 2


async def test_it_is_extended_ended_and_reviewed(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    made = await call(desk, town)
    await shift(desk, town, made)
    page_at = f"/console/call-ups/{made}"
    browser = await visit(town.clerk)
    page = await browser.get(page_at)
    assert re.search(r'name="seats"[^>]* value="2"', page.text)  # as the shift before
    typed = {"duty": "patrol", "starts_at": soon(hours=7), "ends_at": soon(hours=20), "seats": "4"}
    wrong = await browser.post(f"{page_at}/shifts", data=typed)
    assert wrong.status_code == 422 and "请分班" in wrong.text and "<details" in wrong.text
    done = await browser.post(f"{page_at}/shifts", data=typed | {"ends_at": soon(hours=11)})
    assert "已增加班次" in (await browser.get(done.headers["location"])).text
    assert len(list(await session.scalars(select(Shift)))) == 2
    over = await browser.post(f"{page_at}/stand-down")
    page = await browser.get(over.headers["location"])
    assert "已解除，待复盘" in page.text and "live.js" not in page.text
    again = await browser.post(f"{page_at}/stand-down")
    assert again.status_code == 409 and "当前状态下不能进行此操作" in again.text
    done = await browser.post(f"{page_at}/review", data={"text": "应备足沙袋。"})
    page = await browser.get(done.headers["location"])
    assert "应备足沙袋。" in page.text and "加一个班次" not in page.text


async def test_the_district_alone_asks_for_the_location_and_says_why(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    made = await call(desk, town)
    page_at = f"/console/call-ups/{made}"
    assert f"{page_at}/location" not in (await (await visit(town.secretary)).get(page_at)).text
    browser = await visit(town.district)
    assert (await browser.post(f"{page_at}/location")).status_code == 422
    done = await browser.post(f"{page_at}/location", data={"reason": "堤上有险"})
    page = await browser.get(done.headers["location"])
    assert "堤上有险" in page.text and f"{page_at}/location" not in page.text


async def test_a_campaign_is_no_emergency(session: AsyncSession, visit: Visit, town: Town) -> None:
    row = await make_call_up(
        session,
        town.community,
        kind="city_campaign",
        is_emergency=False,
        contact_phone="0513-85000000",
        review="还要清理楼道",
        stood_down_at=clock.now(),
        status=CallUpStatus.REVIEWED,
    )
    page = await (await visit(town.district)).get(f"/console/call-ups/{row.id}")
    assert "集中攻坚，不属于应急" in page.text and "tel:0513-85000000" in page.text
    assert "/location" not in page.text


@pytest.fixture
async def duty(desk: Desk, town: Town, session: AsyncSession) -> Shift:
    """A shift of two places; one member has one, another is to come."""
    made = await shift(desk, town, await call(desk, town))
    for person in (town.member, town.other):
        assert (await desk.post(person, f"/shifts/{made}/seats")).status_code == 201
    return await session.get_one(Shift, made)


async def seats_of(session: AsyncSession, row: Shift) -> dict[Any, ShiftSeat]:
    found = await session.scalars(select(ShiftSeat).where(ShiftSeat.shift_id == row.id))
    return {seat.person_id: seat for seat in found}


async def test_the_organiser_says_who_came_and_confirms_the_minutes(
    session: AsyncSession, visit: Visit, town: Town, duty: Shift, move_clock: Move
) -> None:
    page_at = f"/console/shifts/{duty.id}"
    browser = await visit(town.clerk)
    page = await browser.get(page_at)
    assert "张三" in page.text and "已认领" in page.text and "谁到岗了" not in page.text
    early = await browser.post(f"{page_at}/attendance")
    assert early.status_code == 409 and "班次尚未开始" in early.text
    move_clock(timedelta(hours=3, minutes=10))
    browser = await visit(town.clerk)
    page = await browser.get(page_at)
    assert "由组织者登记" in page.text and page.text.count('<option value="came" selected>') == 2
    seats = await seats_of(session, duty)
    mine, other = seats[town.member.id].id, seats[town.other.id].id
    entered = await browser.post(
        f"{page_at}/attendance", data={f"seat/{mine}": "came", f"seat/{other}": "illness"}
    )
    page = await browser.get(entered.headers["location"])
    assert "到岗情况已登记" in page.text and "未到" in page.text and "交接" in page.text
    assert "还没有到结束时间" in page.text
    board_page = await browser.get(f"/console/call-ups/{duty.call_up_id}")
    assert "1，未到 1" in board_page.text
    wrong = await browser.post(f"{page_at}/confirm", data={f"minutes/{mine}": "2000"})
    assert wrong.status_code == 422 and "应为1到1440之间的整数" in wrong.text
    done = await browser.post(
        f"{page_at}/confirm", data={"minutes": "240", f"minutes/{mine}": "200"}
    )
    page = await browser.get(done.headers["location"])
    assert "3小时20分" in page.text and "确认所有人的时长" not in page.text
    assert list(await session.scalars(select(ServiceRecord.minutes))) == [200]


async def test_many_on_one_shift_are_entered_page_by_page(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    row = await make_call_up(session, town.community)
    long = await make_shift(
        session, row, seats=60, taken=42, starts_at=clock.now() - timedelta(hours=1)
    )
    for _ in range(42):
        person = await make_person(session, name=EVIL)
        registration = await make_registration(session, town.community, person)
        session.add(
            ShiftSeat(
                shift_id=long.id,
                person_id=person.id,
                registration_id=registration.id,
                status=ShiftSeatStatus.TAKEN,
            )
        )
    await session.flush()
    page_at = f"/console/shifts/{long.id}"
    browser = await visit(town.clerk)
    page = await browser.get(page_at)
    assert len(page.content) <= 60_000 and EVIL not in page.text
    seats = re.findall(r'name="seat/([0-9a-f-]{36})"', page.text)
    assert len(seats) == 30 and "没有登记" not in page.text
    await browser.post(f"{page_at}/attendance", data={f"seat/{one}": "came" for one in seats})
    page = await browser.get(page_at)
    assert "还有 12 人没有登记" in page.text and "确认所有人的时长" not in page.text
    found = re.search(r'<a href="([^"]+)">在下一页</a>', page.text)
    assert found is not None
    page = await browser.get(page_at + found[1])
    rest = re.findall(r'name="seat/([0-9a-f-]{36})"', page.text)
    assert len(rest) == 12
    await browser.post(f"{page_at}/attendance", data={f"seat/{one}": "came" for one in rest})
    page = await browser.get(page_at)
    assert "确认所有人的时长" in page.text and len(page.content) <= 60_000
    await browser.post(f"{page_at}/confirm", data={"minutes": "120"})
    assert list(await session.scalars(select(ServiceRecord.minutes))) == [120] * 42


async def test_one_is_relieved_and_one_missed_without_a_reason(
    session: AsyncSession, visit: Visit, town: Town, duty: Shift, move_clock: Move
) -> None:
    page_at = f"/console/shifts/{duty.id}"
    move_clock(timedelta(hours=4))
    browser = await visit(town.clerk)
    seats = await seats_of(session, duty)
    mine, other = seats[town.member.id].id, seats[town.other.id].id
    await browser.post(f"{page_at}/attendance", data={f"seat/{mine}": "came"})
    await browser.post(f"{page_at}/attendance", data={f"seat/{other}": "missed"})
    relieved = {f"seat/{mine}": "relieved", f"note/{mine}": "泵房钥匙在门卫"}
    await browser.post(f"{page_at}/attendance", data=relieved)
    page = await browser.get(page_at)
    assert "已交接" in page.text and "泵房钥匙在门卫" in page.text
    move_clock(timedelta(hours=8))
    browser = await visit(town.clerk)
    page = await browser.get(f"/console/call-ups/{duty.call_up_id}")
    assert "待确认 1" in page.text
    page = await browser.get(page_at)
    assert "确认所有人的时长" in page.text and "还没有到结束时间" not in page.text


async def test_a_shift_on_which_nobody_was_is_ended(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk, move_clock: Move
) -> None:
    made = await shift(desk, town, await call(desk, town), meals="盒饭", insurance="街道投保")
    page_at = f"/console/shifts/{made}"
    browser = await visit(town.clerk)
    page = await browser.get(page_at)
    assert "还没有人认领" in page.text and "盒饭" in page.text and "街道投保" in page.text
    move_clock(timedelta(hours=8))
    browser = await visit(town.clerk)
    assert "结束班次" in (await browser.get(page_at)).text
    done = await browser.post(f"{page_at}/confirm")
    page = await browser.get(done.headers["location"])
    assert "结束班次" not in page.text and "不能认领" in page.text


async def test_nobody_enters_his_own_attendance(
    session: AsyncSession, visit: Visit, town: Town, duty: Shift, move_clock: Move
) -> None:
    row = (await seats_of(session, duty))[town.member.id]
    row.person_id = town.clerk.id
    await session.flush()
    move_clock(timedelta(hours=4))
    page_at = f"/console/shifts/{duty.id}"
    browser = await visit(town.clerk)
    page = await browser.get(page_at)
    assert "须由他人确认" in page.text and f"seat/{row.id}" not in page.text
    own = await browser.post(f"{page_at}/attendance", data={f"seat/{row.id}": "came"})
    assert own.status_code == 409 and "须由他人确认" in own.text


async def test_a_group_takes_a_shift_and_its_leader_names_who_comes(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    made = await shift(desk, town, await call(desk, town))
    call_up_id = str((await session.get_one(Shift, made)).call_up_id)
    reply = (await called(session, call_up_id))[town.registrations["member"].id]
    await desk.post(town.member, f"/replies/{reply.id}", reply="can_come")
    page_at = f"/console/shifts/{made}"
    browser = await visit(town.leader)
    page = await browser.get(page_at)
    assert "一组 整班认领" in page.text and "人员</h2>" not in page.text
    assert (await browser.post(f"{page_at}/group-block")).status_code == 422
    taken = await browser.post(f"{page_at}/group-block", data={"group_id": town.group.id})
    page = await browser.get(taken.headers["location"])
    assert "张三" in page.text and "（能到）" in page.text and "还可以报 2 人" in page.text
    assert "周密" not in page.text and "赵六" not in page.text  # protected; no account of his own
    none = await browser.post(f"{page_at}/names", data={})
    assert none.status_code == 422
    named = await browser.post(
        f"{page_at}/names", data={"registration_ids": town.registrations["member"].id}
    )
    page = await browser.get(named.headers["location"])
    assert "已安排，待本人确认" in page.text and "取消整班认领" in page.text
    board_page = await (await visit(town.clerk)).get(f"/console/call-ups/{call_up_id}")
    assert "待本人确认 1" in board_page.text and "一组 整班" in board_page.text
    nominees = await desk.get(town.leader, f"/shifts/{made}/nominees")
    assert nominees["items"] == []
    assert (await desk.get(town.clerk, f"/shifts/{made}/nominees"))["code"] == "forbidden"
    free = await (await visit(town.clerk)).post(f"{page_at}/unblock")
    page = await (await visit(town.clerk)).get(free.headers["location"])
    assert "已取消整班认领" in page.text and "<dt>整班认领" not in page.text


async def test_a_long_group_is_named_page_by_page(
    session: AsyncSession, town: Town, desk: Desk
) -> None:
    for _ in range(2):
        await make_registration(
            session,
            town.community,
            await make_person(session, name="孙七"),
            functional_group_id=town.group.id,
        )
    made = await shift(desk, town, await call(desk, town))
    await desk.post(town.leader, f"/shifts/{made}/group-block", group_id=str(town.group.id))
    path = f"/shifts/{made}/nominees?limit=2"
    first = await desk.get(town.leader, path)
    second = await desk.get(town.leader, f"{path}&cursor={first['next_cursor']}")
    assert [len(each["items"]) for each in (first, second)] == [2, 1]
    assert (await desk.get(town.other, f"/shifts/{town.group.id}/nominees"))["status"] == 404


async def test_a_paired_employer_takes_a_shift(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    made = await shift(desk, town, await call(desk, town))
    secretary = await make_staff(session, Role.EMPLOYER_SECRETARY, town.employer)
    await pair(session, town)
    page_at = f"/console/shifts/{made}"
    browser = await visit(secretary)
    assert f"{town.employer.name} 整班认领" in (await browser.get(page_at)).text
    taken = await browser.post(f"{page_at}/employer-block", data={"employer_id": town.employer.id})
    page = await browser.get(taken.headers["location"])
    assert "报人员" in page.text and "张三" in page.text


async def pair(session: AsyncSession, town: Town) -> None:
    session.add(
        OrganizationRegistration(
            employer_id=town.employer.id,
            community_id=town.community.id,
            proposed_by="employer",
            status=PairingStatus.ACTIVE,
        )
    )
    await session.flush()


async def test_teams_of_a_shift_are_listed_with_their_leaders_masked(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    made = await shift(desk, town, await call(desk, town), seats=4)
    await desk.post(town.member, f"/shifts/{made}/teams", wanted=3)
    assert await session.scalar(select(ShiftTeam.id)) is not None
    page = await (await visit(town.clerk)).get(f"/console/shifts/{made}")
    assert "张* 发起" in page.text and "1/3 人" in page.text and "组团中" in page.text
    row = await session.get_one(Shift, made)
    page = await (await visit(town.clerk)).get(f"/console/call-ups/{row.call_up_id}")
    assert "组团中 1" in page.text
    page = await (await visit(town.clerk)).get(start(town.community))
    assert "<strong>0/4</strong>" in page.text and "组团中 <strong>1</strong>" in page.text
    team = await session.scalar(select(ShiftTeam.id))
    page = await (await visit(town.clerk)).get(f"/console/shift-teams/{team}")
    assert "张*" in page.text and "发起人" in page.text and "张三" not in page.text
    assert (await (await visit(town.leader)).get(f"/console/shift-teams/{team}")).status_code == 404
    await desk.post(town.member, f"/shift-teams/{team}/leave")
    page = await (await visit(town.clerk)).get(f"/console/shift-teams/{team}")
    assert "已解散" in page.text and "组团里已没有人" in page.text


async def test_who_was_called_starts_a_team_joins_leaves_and_merges(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    for person in (town.member, town.other):  # members who have a role as well
        session.add(
            RoleGrant(
                person_id=person.id,
                role=Role.AUDITOR,
                organization_id=town.community.id,
                valid_from=clock.today(),
            )
        )
    await session.flush()
    made = await shift(desk, town, await call(desk, town), seats=4)
    page_at = f"/console/shifts/{made}"
    browser = await visit(town.member)
    few = await browser.post(f"{page_at}/teams", data={"wanted": "1"})
    assert few.status_code == 422 and 'value="1"' in few.text
    started = await browser.post(f"{page_at}/teams", data={"wanted": "3"})
    page = await browser.get(started.headers["location"])
    assert "已发起组团" in page.text and "退出组团" in page.text and "加入组团" not in page.text
    first = await session.scalar(select(ShiftTeam.id))
    many = await browser.post(f"{page_at}/teams", data={"wanted": "9"})
    assert many.status_code == 409 and "名额已满" in many.text
    browser = await visit(town.other)
    assert "加入组团" in (await browser.get(page_at)).text
    joined = await browser.post(f"{page_at}/teams/{first}/join")
    assert "2/3 人" in (await browser.get(joined.headers["location"])).text
    assert (await browser.get(f"/console/shift-teams/{first}")).text.count("发起人") == 1
    left = await browser.post(f"{page_at}/teams/{first}/leave")
    assert "1/3 人" in (await browser.get(left.headers["location"])).text
    await browser.post(f"{page_at}/teams", data={"wanted": "2"})
    page = await browser.get(page_at)
    assert page.text.count("并入另一组团") == 1 and "张* 发起的（1/3 人）" in page.text
    second = await session.scalar(select(ShiftTeam.id).where(ShiftTeam.id != first))
    nowhere = await browser.post(f"{page_at}/teams/{second}/merge")
    assert nowhere.status_code == 422
    merged = await browser.post(f"{page_at}/teams/{second}/merge", data={"into_id": str(first)})
    page = await browser.get(merged.headers["location"])
    assert "2/3 人" in page.text and "已并入另一组团" in page.text
    uncalled = await (await visit(town.clerk)).post(f"{page_at}/teams", data={"wanted": "2"})
    assert uncalled.status_code == 403 and "您不在本次集结范围内" in uncalled.text


async def test_locations_are_shown_on_request_and_each_look_is_logged(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk, duty: Shift
) -> None:
    page_at = f"/console/shifts/{duty.id}"
    browser = await visit(town.clerk)
    assert "位置" not in (await browser.get(page_at)).text
    await desk.post(town.district, f"/call-ups/{duty.call_up_id}/location", reason="堤上有险")
    browser = await visit(town.clerk)
    page = await browser.get(page_at)
    assert "堤上有险" in page.text and "查看签到位置" in page.text
    empty = await browser.post(f"{page_at}/check-ins")
    assert "还没有人签到位置" in empty.text
    seats = await seats_of(session, duty)
    mine, other = seats[town.member.id].id, seats[town.other.id].id
    await desk.post(town.member, f"/shift-seats/{mine}/check-in", latitude=3201, longitude=12086)
    browser = await visit(town.clerk)
    unsaid = await browser.post(f"{page_at}/seats/{other}/no-location", data={"reason": ""})
    assert unsaid.status_code == 422 and "必填" in unsaid.text
    said = await browser.post(f"{page_at}/seats/{other}/no-location", data={"reason": "没有手机"})
    assert "已录入原因" in (await browser.get(said.headers["location"])).text
    shown = await browser.post(f"{page_at}/check-ins")
    assert "北纬 32.01，东经 120.86" in shown.text and "未提供：没有手机" in shown.text
    looks = list(await session.scalars(select(AccessLog)))
    assert [(look.fields, look.owner_id) for look in looks] == [("location", town.member.id)]
    assert len(list(await session.scalars(select(CheckIn)))) == 2


async def test_who_only_may_take_a_place_sees_nobody(
    session: AsyncSession, visit: Visit, town: Town, duty: Shift
) -> None:
    page = await (await visit(town.branch_secretary)).get(f"/console/shifts/{duty.id}")
    assert page.status_code == 200 and "张三" not in page.text
    stranger = await make_staff(
        session, Role.COMMUNITY_CLERK, await make_organization(session, "community")
    )
    assert (await (await visit(stranger)).get(f"/console/shifts/{duty.id}")).status_code == 404


async def test_live_ones_go_on_on_a_next_page(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    for _ in range(22):
        await make_call_up(session, town.community)
    await make_call_up(session, town.community, status=CallUpStatus.WITHDRAWN)
    browser = await visit(town.secretary)
    for path in (start(town.community), "/console/call-ups"):
        page = await browser.get(path)
        assert page.text.count("<h3>") == 20 and len(page.content) < 60_000
        found = re.search(r'<a href="([^"]+)" rel="next">', page.text)
        assert found is not None
        assert (await browser.get(path + found[1])).text.count("<h3>") == 2
    assert len(list(await session.scalars(select(CallUp)))) == 23
