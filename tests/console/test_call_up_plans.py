"""预案 in the console: kept, changed under its version, out of use, called from below."""

import re
from typing import Any

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.call_up_plan import CallUpPlan
from app.models.organization import Organization
from app.models.person import Role
from tests.console.conftest import Visit
from tests.emergency.town import Town, desk, town
from tests.factories.emergency import make_plan
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff

__all__ = ["desk", "town"]

EVIL = "<script>alert(1)</script>"
PLAN: dict[str, Any] = {
    "kind": "flood_typhoon",
    "level": "response",
    "title": "防汛预案",
    "text": "请值守。",
    "contact_phone": "0513-85000000",
    "gather_within": "90",
    "meeting_points": "",
    "meeting_points/0/place": "服务中心门口",
    "meeting_points/0/note": "",
    "meeting_points/2/place": "三号闸",
    "meeting_points/2/note": "北门进",
    "posts": "",
    "posts/0/duty": "",
    "posts/0/seats": "",
    "posts/1/duty": "patrol",
    "posts/1/seats": "2",
    "posts/1/minutes": "240",
    "posts/1/shifts": "3",
    "posts/1/meals": "盒饭",
}


async def only(session: AsyncSession) -> CallUpPlan:
    plan = (await session.scalars(select(CallUpPlan))).one()
    await session.refresh(plan)
    return plan


async def keep(browser: AsyncClient, place: Organization, **fields: str) -> Any:
    return await browser.post(f"/console/emergency/{place.id}/plans", data=PLAN | fields)


async def test_a_plan_is_kept_and_shown_with_its_posts(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    browser = await visit(town.clerk)
    blank = await browser.get(f"/console/emergency/{town.community.id}/plans/new")
    assert "岗位 2" in blank.text and "重点照护住户由社区掌握" in blank.text
    kept = await keep(browser, town.community)
    page = await browser.get(kept.headers["location"])
    assert "预案已保存" in page.text and "三号闸（北门进）" in page.text and "盒饭" in page.text
    assert "集合开始，3 班，每班 4小时" in page.text and "起草后 1小时30分" in page.text
    plan = await only(session)
    assert [each["place"] for each in plan.meeting_points] == ["服务中心门口", "三号闸"]
    assert [(each["duty"], each["seats"]) for each in plan.posts] == [("patrol", 2)]
    start = await browser.get(f"/console/emergency/{town.community.id}")
    assert (
        f"/console/call-up-plans/{plan.id}" in start.text and "按预案集结：防汛预案" in start.text
    )


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    browser = await visit(town.clerk)
    wrong = await keep(browser, town.community, **{"posts/1/minutes": "361", "posts/1/place": EVIL})
    assert wrong.status_code == 422 and "请分班" in wrong.text and EVIL not in wrong.text
    assert re.search(r'name="posts/0/minutes" aria-invalid="true"[^>]* value="361"', wrong.text)
    assert 'name="posts/2/duty"' in wrong.text and 'name="posts/3/duty"' not in wrong.text
    empty = {name: "" for name in PLAN if name.startswith(("posts/", "meeting"))}
    wrong = await keep(browser, town.community, **empty)
    assert wrong.status_code == 422 and wrong.text.count('class="wrong"') == 2
    campaign = await keep(browser, town.community, kind="city_campaign", level="immediate")
    assert campaign.status_code == 409 and "不适用应急例外" in campaign.text
    assert (await session.scalars(select(CallUpPlan))).all() == []


async def test_a_plan_is_changed_its_phone_taken_away_and_it_is_out_of_use(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    browser = await visit(town.clerk)
    await keep(browser, town.community)
    plan = await only(session)
    one = f"/console/call-up-plans/{plan.id}"
    form = await browser.get(f"{one}/change")
    assert 'value="三号闸"' in form.text and 'name="kind"' not in form.text
    assert '<option value="patrol" selected>' in form.text
    change = {name: value for name, value in PLAN.items() if name != "kind"} | {"version": "1"}
    fewer = change | {"contact_phone": "", "meeting_points/0/place": "", "title": "防台预案"}
    done = await browser.post(f"{one}/change", data=fewer)
    page = await browser.get(done.headers["location"])
    assert "以前的集结任务不变" in page.text and "服务中心门口" not in page.text
    plan = await only(session)
    assert (plan.version, plan.contact_phone, plan.title) == (2, None, "防台预案")
    stale = await browser.post(f"{one}/change", data=change)
    assert stale.status_code == 409 and "已被他人修改" in stale.text
    gone = await browser.post(f"{one}/change", data={"version": "2", "is_current": "false"})
    page = await browser.get(gone.headers["location"])
    assert "已停用" in page.text and "恢复使用" in page.text and "/call-ups" not in page.text
    refused = await browser.post(f"{one}/call-ups")
    assert refused.status_code == 409 and "该预案已停用" in refused.text
    plan = await only(session)
    assert (plan.is_current, len(plan.posts)) == (False, 1)


async def test_a_districts_plan_is_called_from_below_and_changed_by_the_district(
    session: AsyncSession, visit: Visit, town: Town
) -> None:
    district = await session.get_one(Organization, town.community.lineage[1])
    plan = make_plan(
        district, meeting_points=[{"place": place, "note": None} for place in ("东门", "西门")]
    )
    session.add(plan)
    await session.flush()
    one = f"/console/call-up-plans/{plan.id}"
    browser = await visit(town.clerk)
    page = await browser.get(f"/console/emergency/{town.community.id}")
    assert "上级预案" in page.text
    page = await browser.get(one)
    assert "修改预案" not in page.text and "学田社区" in page.text
    assert (await browser.get(f"{one}/change")).status_code == 403
    assert (await browser.post(f"{one}/change", data={"version": "1"})).status_code == 403
    here = {"organization_id": str(town.community.id)}
    outside = await browser.post(f"{one}/call-ups", data=here | {"meeting_point": "3"})
    assert outside.status_code == 422 and "没有这个集结点" in outside.text
    made = await browser.post(
        f"{one}/call-ups", data=here | {"meeting_point": "2", "level": "standby"}
    )
    page = await browser.get(made.headers["location"])
    assert "西门" in page.text and "预备" in page.text
    page = await (await visit(town.district)).get(one)
    assert "修改预案" in page.text and "按预案集结" not in page.text
    stranger = await make_staff(
        session, Role.COMMUNITY_CLERK, await make_organization(session, "community")
    )
    assert (await (await visit(stranger)).get(one)).status_code == 404
