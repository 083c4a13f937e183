"""应急联系单: whom one may call, each look logged; on paper with a purpose and at its foot who and when."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.console.emergency import call_list
from app.core import clock
from app.models.house import AccessLog
from tests.console.conftest import Visit
from tests.emergency.town import Desk, Town, call, called, desk, draft, town
from tests.factories.emergency import make_call_up
from tests.factories.members import make_registration
from tests.factories.people import make_person

__all__ = ["desk", "town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


async def looks(session: AsyncSession) -> list[AccessLog]:
    return list(await session.scalars(select(AccessLog).order_by(AccessLog.id)))


async def test_a_list_on_paper_has_a_purpose_that_is_kept_with_each_look(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    one = f"/console/call-ups/{await call(desk, town)}/call-list"
    browser = await visit(town.clerk)
    page = await browser.get(one)
    assert "您可以联系 <strong>3</strong> 人" in page.text and "13811112222" not in page.text
    unsaid = await browser.post(f"{one}/print", data={"purpose": "", "is_unreached": "false"})
    assert unsaid.status_code == 422 and "必填" in unsaid.text
    assert '<option value="false" selected>' in unsaid.text
    assert await looks(session) == []
    page = await browser.post(f"{one}/print", data={"purpose": EVIL, "is_unreached": "false"})
    assert page.status_code == 200 and EVIL not in page.text and "&lt;script&gt;" in page.text
    assert "张三" in page.text and "13811112222" in page.text and "周密" not in page.text
    today = clock.today().isoformat()
    assert re.search(rf"打印人：{town.clerk.name}　打印时间：{today} \d\d:\d\d", page.text)
    kept = await looks(session)
    assert {(look.actor_id, look.fields, look.reason) for look in kept} == {
        (town.clerk.id, "name,phone", EVIL)
    }
    wanted = {town.registrations[name].id for name in ("member", "other", "at_counter")}
    assert {look.subject_id for look in kept} == wanted


async def test_who_calls_his_own_needs_no_reason_and_notes_what_they_say(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    made = await call(desk, town)
    one = f"/console/call-ups/{made}/call-list"
    browser = await visit(town.leader)
    assert "您可以联系 <strong>2</strong> 人" in (await browser.get(one)).text
    page = await browser.post(one)
    assert 'href="tel:13811112222"' in page.text and "打印须填用途" in page.text
    assert "李四" not in page.text and "打印人" not in page.text
    assert [look.reason for look in await looks(session)] == [None, None]
    rows = await called(session, made)
    mine = rows[town.registrations["member"].id]
    foreign = rows[town.registrations["other"].id]
    notes = f"/console/call-ups/{made}/replies"
    none = await browser.post(notes, data={f"reply/{mine.id}": "", "reply/x": "safe"})
    assert none.status_code == 422 and "请先选择答复" in none.text
    unknown = await browser.post(notes, data={f"reply/{mine.id}": "perhaps"})
    assert unknown.status_code == 422 and "不在可选范围内" in unknown.text
    both = {f"reply/{mine.id}": "cannot", f"reply/{foreign.id}": "safe"}
    assert (await browser.post(notes, data=both)).status_code == 404
    await session.refresh(mine)
    assert not mine.reply
    done = await browser.post(notes, data={f"reply/{mine.id}": "cannot"})
    page = await browser.get(done.headers["location"])
    assert "已代记答复" in page.text and "<strong>1</strong> 人还没有答复" in page.text
    everybody = await browser.post(one, data={"is_unreached": "false"})
    assert "已答复：不能到（代记）" in everybody.text and "不改" in everybody.text
    await session.refresh(mine)
    assert (str(mine.reply), mine.replied_by_id) == ("cannot", town.leader.id)


async def test_when_all_have_answered_the_list_says_so(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    row = await make_call_up(session, town.community, [town.registrations["member"]])
    for reply in (await called(session, str(row.id))).values():
        reply.reply = "can_come"
    await session.flush()
    one = f"/console/call-ups/{row.id}/call-list"
    browser = await visit(town.clerk)
    assert "没有还未答复的人" in (await browser.post(one)).text
    page = await browser.post(f"{one}/print", data={"purpose": "值班室用"})
    assert "没有还未答复的人" in page.text and "打印人" not in page.text
    whole = await browser.post(f"{one}/print", data={"purpose": "备查", "is_unreached": "false"})
    assert "<td>能到</td>" in whole.text


async def test_a_long_list_goes_on_with_its_purpose(
    session: AsyncSession, visit: Visit, town: Town, count_statements: Count
) -> None:
    rows = [
        await make_registration(session, town.community, await make_person(session))
        for _ in range(call_list.ROWS + 2)
    ]
    row = await make_call_up(session, town.community, rows)
    one = f"/console/call-ups/{row.id}/call-list"
    browser = await visit(town.secretary)
    for way, data in (("", {}), ("/print", {"purpose": "备查"})):
        page = await browser.post(one + way, data=data)
        assert len(page.content) <= 60_000
        found = re.search(r'name="cursor" value="([^"]+)"', page.text)
        assert found is not None
        with count_statements() as statements:
            rest = await browser.post(one + way, data=data | {"cursor": found[1]})
        assert "下一页" not in rest.text and len(statements) <= 12
    assert len(await looks(session)) == 2 * len(rows)
    assert (await browser.post(one, data={"cursor": "made-up"})).status_code == 422


async def test_nobody_is_called_for_what_is_over_or_not_his(
    session: AsyncSession, visit: Visit, town: Town, desk: Desk
) -> None:
    drafted = (await draft(desk, town)).json()["id"]
    browser = await visit(town.clerk)
    assert (await browser.get(f"/console/call-ups/{drafted}/call-list")).status_code == 403
    made = await call(desk, town)
    one = f"/console/call-ups/{made}/call-list"
    for who, code in ((town.branch_secretary, 403), (town.district, 403)):
        browser = await visit(who)
        assert (await browser.get(one)).status_code == code
        assert (await browser.post(f"{one}/print", data={"purpose": "备查"})).status_code == code
    await desk.post(town.clerk, f"/call-ups/{made}/stand-down")
    browser = await visit(town.clerk)
    assert (await browser.get(f"/console/call-ups/{town.group.id}/call-list")).status_code == 404
    over = await browser.get(one)
    assert over.status_code == 409 and "当前状态下不能进行此操作" in over.text
    assert (await browser.post(one)).status_code == 409
    assert await looks(session) == []


async def test_of_nobody_whom_one_may_call_there_is_no_list(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    row = await make_call_up(session, town.community, [town.registrations["protected"]])
    page = await (await visit(town.clerk)).get(f"/console/call-ups/{row.id}/call-list")
    assert "没有可以联系的人" in page.text
