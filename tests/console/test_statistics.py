"""统计 in the console: the figures of the API on one page, hidden where the API hides them."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import AcceptanceStatus
from app.models.order import OrderStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.report import ShownVotes
from app.statistics import summing
from tests.console.conftest import Visit
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.factories.reports import make_service
from tests.statistics.town import City, make_city

Count = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
async def city(session: AsyncSession) -> City:
    """Four and five people have served; a need is solved, an order found nobody."""
    made = await make_city(session)
    for community, people in zip(made.communities, (4, 5), strict=True):
        for number in range(people):
            row = await make_registration(session, community, employer=made.employers[0])
            await make_record(session, row, source_kind=("order", "unheard_of")[number % 2])
    await make_service(session, row, answer=AcceptanceStatus.SOLVED)
    await make_need(session, made.communities[0], kind="suggestion")
    order = await make_order(session, made.communities[0], status=OrderStatus.EXPIRED)
    order.unserved_at, order.no_taker_reason = clock.now(), "no_skill"
    session.add(
        ShownVotes(
            subject_id=made.communities[0].id,
            valid=12,
            satisfied=9,
            raters=5,
            until_on=clock.today(),
        )
    )
    await session.flush()
    await summing.rebuild(session)
    return made


def tables(text: str) -> dict[str, list[list[str]]]:
    """The rows of each table by its name, as words."""
    found: dict[str, list[list[str]]] = {}
    for name, body in re.findall(
        r'role="region" aria-label="(\w+.*?)".*?(<table.*?)</table>', text, re.DOTALL
    ):
        rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
        cells = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
        found[name] = [[re.sub(r"<.*?>", "", cell).strip() for cell in row] for row in cells]
    return found


async def see(browser: AsyncClient, place: Organization, **query: Any) -> str:
    """The page as text."""
    page = await browser.get(f"/console/statistics/{place.id}", params=query)
    assert page.status_code == 200, page.text
    return page.text


async def test_a_city_sees_sums_months_kinds_and_its_districts(
    session: AsyncSession, city: City, visit: Visit, count_statements: Count
) -> None:
    browser = await visit(await make_staff(session, Role.CITY_ADMIN, city.city))
    with count_statements() as statements:
        text = await see(browser, city.city)
    assert len(statements) <= 5
    assert "75.0%（12票）" in text
    assert f'<a href="/console/statistics/{city.city.id}" aria-current="page">统计</a>' in text
    found = tables(text)
    this_month = f"{clock.today():%Y-%m}"
    assert found["逐月变化"][-1] == [this_month, "2", "1", "2", "1", "9", "10小时", "9"]
    assert ["我要求助", "1", "1", "0", "0", "0"] in found["诉求按类型"]
    assert found["未满足的需求"][1:] == [["没有对应特长的党员", "1"]]
    assert [row[0] for row in found["服务按方式"][1:]] == ["服务订单", "其他"]
    (district,) = found["各区县"][1:]
    assert district[0] == city.district.name
    assert f'href="/console/statistics/{city.district.id}?span=twelve"' in text
    assert "上一级" not in text
    assert text.count("<svg") == 4 and "不分先后" in text and "一分钟内计入" in text
    below = await see(browser, city.district)
    assert f'href="/console/statistics/{city.city.id}?span=twelve"' in below
    assert "月末报到" not in below and "服务按方式" not in below


async def test_who_is_few_is_hidden_on_the_page_as_in_the_api(
    session: AsyncSession, city: City, visit: Visit
) -> None:
    long_ago = clock.today() - timedelta(days=100)
    row = await make_registration(session, city.communities[0], registered_on=long_ago)
    await make_record(session, row, served_on=long_ago)
    await summing.rebuild(session)
    office = await make_staff(session, Role.SUBDISTRICT_ADMIN, city.subdistrict)
    browser = await visit(office)
    text = await see(browser, city.subdistrict)
    first, second = tables(text)["各社区（村）"][1:]
    assert [first[3], first[5], second[3]] == ["—", "—", "—"]
    assert "人数和时长不显示" in text
    assert f">{clock.today().month}月 参加服务" in text
    assert f">{long_ago.month}月 参加服务" not in text


async def test_a_community_and_an_employer_see_their_own_however_few(
    session: AsyncSession, city: City, visit: Visit
) -> None:
    community = city.communities[0]
    await make_organization(session, "grid", community, name="第一网格")
    browser = await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))
    text = await see(browser, community)
    assert "4人" in text and "第一网格" in text and "一分钟内" not in text
    assert tables(text)["各网格"][1][0] == "第一网格"
    browser = await visit(await make_staff(session, Role.EMPLOYER_CLERK, city.employers[0]))
    text = await see(browser, city.employers[0])
    assert "9人" in text and "诉求" not in text and "还没有支部" in text
    assert text.count("<svg") == 2


async def test_a_place_without_needs_says_so(
    session: AsyncSession, city: City, visit: Visit
) -> None:
    browser = await visit(await make_staff(session, Role.CITY_ADMIN, city.city))
    empty = await make_organization(session, "district", city.city, code="320699000000")
    text = await see(browser, empty)
    assert "这段时间没有诉求" in text and "还没有街道" in text


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ("twelve", "2025年6月至2026年5月"),
        ("month", "<p>2026年5月</p>"),
        ("last_month", "<p>2026年4月</p>"),
        ("quarter", "2026年4月至2026年5月"),
        ("last_quarter", "2026年1月至2026年3月"),
        ("year", "2026年1月至2026年5月"),
        ("last_year", "2025年1月至2025年12月"),
    ],
)
async def test_months_are_chosen_by_name(
    session: AsyncSession,
    city: City,
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
    span: str,
    words: str,
) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 5, 20))
    browser = await visit(await make_staff(session, Role.CITY_ADMIN, city.city))
    assert words in await see(browser, city.city, span=span)
    wrong = await browser.get(f"/console/statistics/{city.city.id}", params={"span": "ever"})
    assert wrong.status_code == 422


async def test_many_stand_on_pages_in_the_order_of_the_divisions(
    session: AsyncSession, city: City, visit: Visit
) -> None:
    codes = [f"3206140{number:02}000" for number in range(45)]
    for number, code in enumerate(reversed(codes)):
        await make_organization(
            session, "subdistrict", city.district, code=code, name=f"{code}街道{number}"
        )
    browser = await visit(await make_staff(session, Role.DISTRICT_ADMIN, city.district))
    first = await see(browser, city.district)
    assert len(first.encode()) <= 60_000
    names = [row[0] for row in tables(first)["各街道（镇）"][1:]]
    following = re.search(r'href="(\?[^"]*)" rel="next"', first)
    assert following is not None
    path = f"/console/statistics/{city.district.id}{following[1].replace('&amp;', '&')}"
    rest = (await browser.get(path)).text
    names += [row[0] for row in tables(rest)["各街道（镇）"][1:]]
    assert [name[:12] for name in names[1:]] == codes
    assert 'rel="next"' not in rest


async def test_a_level_takes_the_map_layer_of_the_api_away(
    session: AsyncSession,
    city: City,
    visit: Visit,
    sign_in: Callable[[Person], dict[str, str]],
    count_statements: Count,
) -> None:
    office = await make_staff(session, Role.CITY_ADMIN, city.city)
    browser = await visit(office)
    path = f"/console/statistics/{city.district.id}/layer"
    assert f'href="{path}?span=month" download' in await see(browser, city.district, span="month")
    with count_statements() as statements:
        kept = await browser.get(path, params={"span": "month"})
    assert len(statements) <= 5
    assert kept.headers["content-type"] == "application/geo+json"
    month = f"{clock.today():%Y-%m}"
    name = f"statistics-{month}-{month}.geojson"
    assert kept.headers["content-disposition"] == f'attachment; filename="{name}"'
    today = clock.today().isoformat()
    api = await browser.get(
        f"/api/v1/organizations/{city.district.id}/statistics/layer",
        params={"from": today, "to": today},
        headers=sign_in(office),
    )
    assert kept.content == api.content
    assert [each["id"] for each in kept.json()["features"]] == [city.subdistrict.code]


async def test_where_nobody_has_outlines_no_layer_is_offered(
    session: AsyncSession, city: City, visit: Visit
) -> None:
    community = city.communities[0]
    await make_organization(session, "grid", community)
    browser = await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))
    assert "GeoJSON" not in await see(browser, community)
