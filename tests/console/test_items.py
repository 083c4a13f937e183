"""负面清单 in the console: nobody accuses alone, and each is shown the steps that are his, no other."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.negative_item import NegativeItem
from app.models.negative_item import NegativeItemStatus as S
from app.models.person import Person
from tests.console.conftest import Visit
from tests.evaluations.test_negative_items import SAID, allege, reviewed, step
from tests.evaluations.town import Sessions, Town, town, work
from tests.factories.members import make_registration
from tests.orders.town import Desk, desk

__all__ = ["desk", "town"]

Count = Callable[[], AbstractContextManager[list[str]]]
Here = Callable[[Person, str], Any]
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def see(visit: Visit) -> Here:
    """A page as somebody reads it."""

    async def page(who: Person, path: str) -> str:
        return (await (await visit(who)).get(path)).text

    return page


async def move(visit: Visit, who: Person, one: str, name: str, **data: str) -> str:
    """Where the step leads, or what the page says instead."""
    answer = await (await visit(who)).post(f"{one}/{name}", data=data)
    return str(answer.headers.get("location", answer.text))


async def make_many(session: AsyncSession, town: Town, number: int, **columns: Any) -> None:
    """So many that were alleged today; committed."""
    said = {
        "registration_id": town.registration.id,
        "person_id": town.member.id,
        "community_id": town.community.id,
        "functional_branch_id": town.branch.id,
        "employer_id": town.employer.id,
        "alleged_by_id": town.secretary.id,
        "happened_on": clock.today(),
        "code": "unsafe_conduct",
    }
    session.add_all(NegativeItem(**said | columns) for _ in range(number))
    await session.commit()


async def test_the_list_is_small_cheap_and_goes_on(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    path = f"/console/organizations/{town.community.id}/negative-items"
    browser: AsyncClient = await visit(town.secretary)
    assert "没有负面清单情形" in (await browser.get(path)).text
    await make_many(session, town, 21, code="of_before")
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count('href="/console/negative-items/') == 20 and 'rel="next"' in page.text
    assert "of_before" in page.text
    for status, is_there in (("alleged", True), ("upheld", False), ("", True)):
        page = await browser.get(path, params={"status": status})
        assert ("没有这个状态的情形" in page.text) is not is_there
    assert (await browser.get(path, params={"status": "guilty"})).status_code == 422


async def test_it_is_alleged_in_the_words_of_the_list(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    registration = f"/console/registrations/{town.registration.id}"
    path = f"{registration}/negative-items"
    browser = await visit(town.secretary)
    assert f'href="{path}"' in (await browser.get(registration)).text
    page = (await browser.get(path)).text
    assert "违反安全要求" in page and "不听组织者安全安排" in page
    assert "未参加服务" not in page  # off: volunteering is not imposed
    typed = SAID | {"facts": EVIL, "happened_on": (clock.today() + timedelta(days=1)).isoformat()}
    refused = await browser.post(path, data=typed)
    assert refused.status_code == 422 and 'id="wrong-field-happened_on"' in refused.text
    assert "应为一年内的日期" in refused.text and EVIL not in refused.text
    assert "&lt;script&gt;" in refused.text and "现场记录" in refused.text
    absent = await browser.post(path, data=SAID | {"code": "repeated_no_show"})
    assert "无故缺席记录不足3次" in absent.text and 'id="wrong-field-code"' in absent.text
    done = await browser.post(path, data=SAID)
    item = (await session.scalars(select(NegativeItem))).one()
    assert done.headers["location"] == f"/console/negative-items/{item.id}?said=item_allege"
    page = (await browser.get(done.headers["location"])).text
    assert "等待功能型党支部书记核实" in page and SAID["facts"] in page
    assert "核实属实" not in page and "/drop" in page
    unplaced = await make_registration(session, town.community)
    await session.commit()
    nothing = await browser.get(f"/console/registrations/{unplaced.id}/negative-items")
    assert nothing.status_code == 409 and "不能在这里提出" in nothing.text
    browser = await visit(town.clerk)
    assert path not in (await browser.get(registration)).text
    assert (await browser.get(path)).status_code == 403


async def test_from_inbox_to_inbox_each_takes_his_own_step(
    session: AsyncSession, town: Town, desk: Desk, visit: Visit, see: Here
) -> None:
    item = await allege(desk, town)
    one = f"/console/negative-items/{item}"
    branch, community, street = [
        f"/console/organizations/{place}/negative-items"
        for place in (town.branch.id, town.community.id, town.community.parent_id)
    ]
    assert f'<a href="{branch}?status=alleged">1项情况请您核实' in await see(
        town.leader, "/console/"
    )
    assert one in await see(town.leader, f"{branch}?status=alleged")
    assert f'href="{branch}"' in await see(town.leader, one)
    assert "没有找到" in await see(town.street, one)
    assert await move(visit, town.leader, one, "agree") == f"{one}?said=item_agree"
    page = await see(town.leader, one)
    assert "等本人说明" in page and "告知本人" in page and "/confirm" not in page
    assert await step(desk, town.member, item, "answer", words="当时有人喊救火") == "answered"
    waits = f'<a href="{community}?status=answered">1项情况待社区确认'
    assert waits in await see(town.secretary, "/console/")
    page = await see(town.secretary, one)
    assert "当时有人喊救火" in page and f"{one}/confirm" in page and f"{one}/review" not in page
    assert "没有权限" in await move(visit, town.secretary, one, "review")
    assert await move(visit, town.secretary, one, "confirm") == f"{one}?said=item_confirm"
    waits = f'<a href="{street}?status=confirmed">1项情况待街道复核'
    assert waits in await see(town.street, "/console/")
    assert one in await see(town.street, f"{street}?status=confirmed")
    page = await see(town.street, one)
    assert "以街道名义作出" in page and f"{one}/review" in page and "当时有人喊救火" in page
    assert await move(visit, town.street, one, "review") == f"{one}?said=item_review"
    page = await see(town.street, one)
    assert "已复核，异议期内" in page and "<form method" in page and f"{one}/" not in page
    assert "当前状态下不能进行此操作" in await move(visit, town.street, one, "review")


async def test_it_is_dropped_with_a_reason_that_its_parties_read(
    session: AsyncSession,
    town: Town,
    desk: Desk,
    visit: Visit,
    see: Here,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
) -> None:
    item = await allege(desk, town)
    one = f"/console/negative-items/{item}"
    assert await move(visit, town.leader, one, "agree") == f"{one}?said=item_agree"
    unsaid = await move(visit, town.leader, one, "drop", reason="")
    assert 'id="wrong-field-drop-reason"' in unsaid
    assert await move(visit, town.leader, one, "drop", reason=EVIL) == f"{one}?said=item_drop"
    page = await see(town.secretary, one)
    assert "已撤销" in page and "&lt;script&gt;" in page and EVIL not in page
    assert f"{one}/" not in page
    move_clock(timedelta(days=31))
    await work(sessions)
    page = await see(town.secretary, one)
    assert "&lt;script&gt;" not in page and SAID["facts"] not in page


async def test_silence_is_written_down_and_the_employer_learns_that_it_stands_only(
    session: AsyncSession,
    town: Town,
    desk: Desk,
    visit: Visit,
    see: Here,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
) -> None:
    silent, stands = await allege(desk, town), await reviewed(desk, town)
    await step(desk, town.leader, silent, "agree")
    move_clock(timedelta(days=20))
    await work(sessions)
    one = f"/console/negative-items/{silent}"
    assert "未作答" in await see(town.secretary, one)
    await step(desk, town.secretary, silent, "confirm")
    assert "未作答" in await see(town.street, one)
    page = await see(town.boss, f"/console/negative-items/{stands}")
    assert "已成立" in page and "违反安全要求" in page and 'href="/console/"' in page
    assert SAID["facts"] not in page and "当时有人喊救火" not in page
    for who in (town.boss_clerk, town.clerk, town.office):
        assert "没有找到" in await see(who, f"/console/negative-items/{stands}")
    assert "没有权限" in await see(
        town.boss, f"/console/organizations/{town.community.id}/negative-items"
    )


async def test_who_said_it_is_not_shown_the_step_of_another(
    session: AsyncSession, town: Town, visit: Visit, see: Here
) -> None:
    await make_many(session, town, 1, alleged_by_id=town.leader.id)
    item = (await session.scalars(select(NegativeItem))).one()
    one = f"/console/negative-items/{item.id}"
    page = await see(town.leader, one)
    assert f"{one}/agree" not in page and f"{one}/drop" in page
    assert "须由另一人办理" in await move(visit, town.leader, one, "agree")
    await session.refresh(item)
    assert item.status is S.ALLEGED
