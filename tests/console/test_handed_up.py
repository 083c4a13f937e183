"""下级提交的诉求 in the console: listed with all that was tried, given back or ended by the level above."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.need import Acceptance, AcceptanceStatus, Need, NeedKind, NeedStatus, NeedStep
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.console.conftest import Visit
from tests.factories.needs import make_need
from tests.factories.organizations import make_community
from tests.factories.people import make_staff

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session, name="学田社区")


@pytest.fixture
async def subdistrict(session: AsyncSession, community: Organization) -> Organization:
    return await session.get_one(Organization, community.lineage[-2])


@pytest.fixture
async def officer(session: AsyncSession, subdistrict: Organization) -> Person:
    return await make_staff(session, Role.SUBDISTRICT_ADMIN, subdistrict)


async def hand_up(session: AsyncSession, community: Organization, **columns: Any) -> Need:
    """A need that was tried twice and handed up."""
    need = await make_need(
        session, community, status=NeedStatus.HANDED_UP, **{"rounds": 3} | columns
    )
    session.add_all(
        [
            NeedStep(need_id=need.id, action="accept", left="submitted", entered="accepted"),
            NeedStep(
                need_id=need.id,
                action="hand_up",
                left="unsolved",
                entered="handed_up",
                reason="还是漏水",
            ),
            Acceptance(
                need_id=need.id,
                round=0,
                status=AcceptanceStatus.UNSOLVED,
                reason_code="not_done",
                on_behalf_way="visit",
            ),
        ]
    )
    await session.flush()
    return need


def path(place: Organization) -> str:
    return f"/console/organizations/{place.id}/handed-up-needs"


async def test_the_list_is_small_cheap_and_goes_on(
    session: AsyncSession,
    community: Organization,
    subdistrict: Organization,
    officer: Person,
    visit: Visit,
    count_statements: Count,
) -> None:
    browser = await visit(officer)
    page = await browser.get(path(subdistrict))
    assert "没有下级提交的诉求" in page.text and 'aria-current="page"' in page.text
    for _ in range(21):
        await hand_up(session, community, words=EVIL, is_urgent=True)
    with count_statements() as statements:
        page = await browser.get(path(subdistrict))
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count(f'href="{path(subdistrict)}/') == 20 and "学田社区" in page.text
    assert EVIL not in page.text and "&lt;script&gt;" in page.text
    found = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert found is not None
    page = await browser.get(found[1].replace("&amp;", "&"))
    assert page.text.count(f'href="{path(subdistrict)}/') == 1
    inbox = (await browser.get("/console/")).text
    assert f'<a href="{path(subdistrict)}">21件下级提交的诉求等待处理</a>' in inbox


async def test_what_was_tried_is_read_and_the_community_takes_it_up_again(
    session: AsyncSession,
    community: Organization,
    subdistrict: Organization,
    officer: Person,
    visit: Visit,
    count_statements: Count,
) -> None:
    need = await hand_up(session, community)
    one = f"{path(subdistrict)}/{need.id}"
    browser = await visit(officer)
    with count_statements() as statements:
        page = (await browser.get(one)).text
    assert len(statements) <= 7
    for words in ("社区受理", "提交上级：还是漏水", "第1次：没解决", "代录", "已提交上级"):
        assert words in page, words
    assert need.contact_phone is not None and need.contact_phone not in page
    none = await browser.post(f"{one}/decide", data={"reason": ""})
    assert (none.status_code, 'id="wrong-field-decide-reason"' in none.text) == (422, True)
    done = await browser.post(f"{one}/decide", data={"reason": "请物业配合"})
    assert done.headers["location"] == f"{path(subdistrict)}?said=need_decide"
    assert "已交社区再办" in (await browser.get(done.headers["location"])).text
    await session.refresh(need)
    assert need.status is NeedStatus.ACCEPTED
    assert (await browser.get(one)).status_code == 404


async def test_it_ends_with_words_for_the_resident(
    session: AsyncSession,
    community: Organization,
    subdistrict: Organization,
    officer: Person,
    visit: Visit,
) -> None:
    need = await hand_up(session, community)
    one = f"{path(subdistrict)}/{need.id}"
    browser = await visit(officer)
    none = await browser.post(f"{one}/close", data={"reason": " "})
    assert (none.status_code, 'id="wrong-field-close-reason"' in none.text) == (422, True)
    done = await browser.post(f"{one}/close", data={"reason": "产权单位不同意改造"})
    assert done.headers["location"] == f"{path(subdistrict)}?said=need_close"
    await session.refresh(need)
    assert (need.status, need.reply) == (NeedStatus.UNSOLVED, "产权单位不同意改造")
    late = await browser.post(f"{one}/close", data={"reason": "再说一次"})
    assert late.status_code == 404


async def test_others_decide_nothing(
    session: AsyncSession, community: Organization, subdistrict: Organization, visit: Visit
) -> None:
    need = await hand_up(session, community)
    one = f"{path(subdistrict)}/{need.id}"
    browser = await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, community))
    assert (await browser.get(path(subdistrict))).status_code == 403
    assert (await browser.get(one)).status_code == 404
    refused = await browser.post(f"{one}/decide", data={"reason": "我来"})
    assert refused.status_code == 403
    district = await session.get_one(Organization, community.lineage[-3])
    browser = await visit(await make_staff(session, Role.DISTRICT_ADMIN, district))
    heard = await hand_up(session, community, kind=NeedKind.ABOUT_MEMBER)
    page = (await browser.get(path(district))).text
    assert str(need.id) in page and str(heard.id) not in page
    assert (await browser.get(f"{path(district)}/{heard.id}")).status_code == 404
