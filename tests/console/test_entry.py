"""代录 and 同类诉求: a need entered in twenty seconds, and two that are one."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.need import Need, NeedStatus
from app.models.organization import Organization
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.needs import make_need
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff

Count = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))


async def test_one_line_from_the_phone_is_a_need_and_the_next_keeps_its_source(
    session: AsyncSession, browser: AsyncClient, community: Organization, count_statements: Count
) -> None:
    compound = await make_organization(session, "compound", community, name="康乐小区")
    grid = await make_organization(session, "grid", community)
    building = await make_organization(
        session, "building", grid, name="3幢", compound_id=compound.id
    )
    await make_organization(session, "building", grid, name="9幢")
    path = f"/console/communities/{community.id}/needs/new"
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 5
    assert "3幢 · 康乐小区" in page.text and '<option value="phone" selected>' in page.text
    assert ">微心愿</option>" not in page.text  # it has an entry of its own
    empty = await browser.post(path, data={"words": "", "source": "hotline", "building_id": "x"})
    assert empty.status_code == 422 and '<option value="hotline" selected>' in empty.text
    data = {
        "words": "李奶奶摔倒起不来",
        "source": "hotline",
        "source_number": "12345-77",
        "building_id": str(building.id),
        "shares_phone": "false",
    }
    done = await browser.post(path, data=data)
    need = (await session.scalars(select(Need))).one()
    assert done.headers["location"] == f"/console/needs/{need.id}?said=need_enter"
    assert (need.building_id, need.source_number, need.contact_name) == (
        building.id,
        "12345-77",
        None,
    )
    page = await browser.get(done.headers["location"])
    assert "已录入诉求箱" in page.text and "12345转办 12345-77" in page.text
    assert "急救120" in page.text and f"{path}?source=hotline" in page.text
    again = await browser.get(f"{path}?source=hotline")
    assert '<option value="hotline" selected>' in again.text
    nowhere = path.replace(str(community.id), str(building.id))
    assert (await browser.get(nowhere)).status_code == 404


async def test_two_that_are_one_stand_side_by_side_and_are_merged_either_way(
    session: AsyncSession, browser: AsyncClient, community: Organization, count_statements: Count
) -> None:
    first = await make_need(session, community, words="3号楼楼道灯坏了")
    path = f"/console/similar-needs/{first.id}"
    assert "没有读起来相近" in (await browser.get(path)).text
    second = await make_need(session, community, words="三号楼楼道灯坏了两天")
    third = await make_need(session, community, words="楼道灯坏了", status=NeedStatus.IN_HAND)
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 7
    assert "三号楼楼道灯坏了两天" in page.text and third.number in page.text
    assert f"/console/needs/{second.id}/merge" in page.text
    assert f"/console/needs/{third.id}/merge" not in page.text  # it is in hand already
    itself = await browser.post(f"/console/needs/{first.id}/merge", data={"into_id": str(first.id)})
    assert (itself.status_code, "不能并入这一件" in itself.text) == (422, True)
    done = await browser.post(f"/console/needs/{second.id}/merge", data={"into_id": str(first.id)})
    assert done.headers["location"] == f"/console/needs/{first.id}?said=need_merge"
    page = await browser.get(done.headers["location"])
    assert "已合并" in page.text and "1人关心" in page.text
    merged = await browser.get(f"/console/needs/{second.id}")
    assert f"{first.number}（待研判）" in merged.text
    page = await browser.get(f"/console/similar-needs/{second.id}")
    assert "把本件并入" not in page.text
