"""政策 in the console: what holds, what will, why it is locked; setting a value from a day on."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.console.oversight.policies import UNITS, worded
from app.core import clock
from app.models.organization import Organization, Policy
from app.models.person import Role
from app.policies import service, shipped
from tests.console.conftest import Visit
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.policies.test_policies import KEY, put

FORMS = {entry.code: entry.data for entry in shipped.read() if entry.section == "policies"}
EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session, name="学田社区居委会")


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, community))


@pytest.fixture
async def city(session: AsyncSession, community: Organization) -> Organization:
    return await session.get_one(Organization, community.lineage[0])


def at(place: Organization) -> str:
    return f"/console/organizations/{place.id}/policies"


def test_every_policy_is_told_in_words() -> None:
    for key, form in FORMS.items():
        assert form["name"] and form.get("unit", "day") in UNITS, key
        assert set(form.get("choices", ())) <= set(form.get("words", form.get("choices", ()))), key
        assert form["type"] != "choice" or set(form["choices"]) == set(form["words"]), key
        assert worded(form, form), key


async def test_what_holds_and_what_will_is_said(
    session: AsyncSession, community: Organization, city: Organization, browser: AsyncClient
) -> None:
    city.name = EVIL
    await put(session, city.id, 24)
    await put(session, city.id, 30, days=3)
    page = (await browser.get(f"{at(community)}?area=orders")).text
    assert "24小时" in page and "出厂默认" in page and "任何一级都不能修改" in page
    assert EVIL not in page and "&lt;script&gt;" in page
    assert page.count("30小时") == 2  # in its line, and among what is to come
    own = (await browser.get(f"{at(community)}?area=orders&own=true")).text
    assert "退单截止" in own and "重新办理次数上限" not in own
    assert (
        "没有本级可以修改的政策"
        in (await browser.get(f"{at(community)}?area=report&own=true")).text
    )
    assert "免打扰开始" in (await browser.get(f"{at(community)}?area=others")).text
    assert "报到是否须单位确认" in (await browser.get(f"{at(community)}?area=none")).text
    # the community's own word hides what the city will say
    await put(session, community.id, 6)
    await put(session, community.id, 8, days=5)
    page = (await browser.get(f"{at(community)}/{KEY}")).text
    assert "<strong>6小时</strong>" in page and "学田社区居委会" in page
    assert "起 8小时" in page and "起 30小时" not in page and page.count("未到") == 2
    assert (await browser.get(f"{at(community)}/no.such")).status_code == 404


async def test_why_a_policy_cannot_be_set_is_said(
    community: Organization, browser: AsyncClient
) -> None:
    for key, why in (
        ("needs.public_text", "该项由法规或承诺确定"),
        ("needs.first_answer_workdays", "该项由上级设定，本级不能修改"),
    ):
        page = (await browser.get(f"{at(community)}/{key}")).text
        assert why in page and "<form" not in page.partition("<main")[2]
    body = {"key": KEY, "value": "2", "effective_on": clock.today().isoformat(), "basis": "会议"}
    refused = await browser.post(f"{at(community)}/needs.first_answer_workdays", data=body)
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (KEY, "24", "24小时"),
        ("registration.offline_equal", "false", "否"),
        ("registration.renewal", "yearly", "每年"),
        ("notify.quiet_from", "22:00", "22:00"),
        ("evaluation.year_ends_on", "12-31", "12月31日"),
        ("satisfaction.bands", ["90", "80", ""], "90%、80%"),
        ("community.rotation_days", ["tue", "sun"], "周二、周日"),
    ],
)
async def test_a_value_of_every_kind_is_set_from_a_day_on(
    session: AsyncSession, city: Organization, visit: Visit, key: str, value: Any, said: str
) -> None:
    browser = await visit(await make_staff(session, Role.CITY_ADMIN, city))
    path = f"{at(city)}/{key}"
    page = (await browser.get(path)).text
    assert 'name="value"' in page and "还没有哪一级设定过" in page
    body = {"key": key, "value": value, "basis": "市委组织部〔2026〕3号"}
    wrong = await browser.post(path, data=body | {"value": "x" * 101, "effective_on": "2020-01-01"})
    assert wrong.status_code == 422 and "市委组织部〔2026〕3号" in wrong.text
    past = await browser.post(path, data=body | {"effective_on": "2020-01-01"})
    assert past.status_code == 422 and "生效日期不能早于今天" in past.text
    on = (clock.today() + timedelta(days=1)).isoformat()
    done = await browser.post(path, data=body | {"effective_on": on})
    assert done.headers["location"] == f"{path}?said=policy_set"
    page = (await browser.get(done.headers["location"])).text
    assert "已设定" in page and f"起 {said}" in page and "市委组织部〔2026〕3号" in page


async def test_what_was_set_is_read_page_by_page(
    session: AsyncSession, community: Organization, browser: AsyncClient
) -> None:
    for number in range(21):
        session.add(
            Policy(
                organization_id=community.id,
                key=KEY,
                value={"value": number},
                effective_on=clock.today() - timedelta(days=number),
                basis="会议决定",
                created_at=clock.now(),
            )
        )
    await session.flush()
    page = (await browser.get(f"{at(community)}/{KEY}")).text
    follow = page.partition("?cursor=")[2].partition('"')[0]
    second = (await browser.get(f"{at(community)}/{KEY}?cursor={follow}")).text
    assert second.count('data-label="取值"') == 1 and "20小时" in second


def test_a_level_that_is_none_may_set_nothing() -> None:
    assert service.level_refusal("community", "grid") is service.PolicyAbove
