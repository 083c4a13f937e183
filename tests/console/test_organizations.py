"""组织 in the console: the tree below a place; adding, changing, closing; its files."""

import re

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.organization import Import, Organization
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.factories.workbooks import community_workbook, employer_list
from tests.organizations.test_community import APPOINTMENTS, BUILDINGS, ORGANIZATIONS, WHOLE
from tests.organizations.test_divisions import HEAD
from tests.organizations.test_employers import BUREAU, SCHOOL

EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    """学田社区 of a tenant whose content is loaded."""
    return await make_community(session, name="学田社区居委会", code="320613001001")


@pytest.fixture
async def subdistrict(session: AsyncSession, community: Organization) -> Organization:
    return await session.get_one(Organization, community.lineage[2])


@pytest.fixture
async def browser(session: AsyncSession, subdistrict: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.SUBDISTRICT_ADMIN, subdistrict))


@pytest.fixture
async def city_browser(
    session: AsyncSession, community: Organization, visit: Visit
) -> tuple[AsyncClient, str]:
    """Who runs the tenant, and the page of its files."""
    city = await session.get_one(Organization, community.lineage[0])
    browser = await visit(await make_staff(session, Role.CITY_ADMIN, city))
    return browser, f"/console/organizations/{city.id}/imports"


def at(organization: Organization) -> str:
    return f"/console/organizations/{organization.id}"


async def one(session: AsyncSession, parent: Organization, name: str) -> Organization:
    found = select(Organization).where(
        Organization.parent_id == parent.id, Organization.name == name
    )
    return (await session.scalars(found.execution_options(populate_existing=True))).one()


async def test_the_tree_is_walked_from_ones_own_place_down(
    session: AsyncSession, community: Organization, subdistrict: Organization, browser: AsyncClient
) -> None:
    await make_organization(session, "merchant", subdistrict, name=EVIL)
    grid = await make_organization(session, "grid", community, name="第一网格")
    compound = await make_organization(
        session, "compound", community, name="学田苑", compound_type="old", households=72
    )
    await make_organization(session, "building", grid, name="1幢", compound_id=compound.id)
    page = (await browser.get(at(subdistrict))).text
    assert at(community) in page and "学田社区居委会" in page and "参加" in page
    above = f'href="{at(await session.get_one(Organization, community.lineage[0]))}"'
    assert above not in page  # told, not linked: it is not his
    page = (await browser.get(f"{at(subdistrict)}?kind=merchant")).text
    assert EVIL not in page and "&lt;script&gt;" in page
    page = (await browser.get(at(community))).text
    assert f'<a href="{at(subdistrict)}">' in page and at(grid) in page and "行政区划" not in page
    page = (await browser.get(at(compound))).text
    assert "老旧小区" in page and "第一网格" in page and "户数" in page
    assert "下面还没有组织" in (await browser.get(at(await one(session, grid, "1幢")))).text


async def test_an_organization_is_added_changed_and_closed(
    session: AsyncSession, community: Organization, browser: AsyncClient
) -> None:
    page = (await browser.get(f"{at(community)}/children?kind=grid_branch")).text
    assert "还没有可选的网格" in page
    assert "填写" in (await browser.get(f"{at(community)}/children")).text
    new = {"kind": "grid", "name": "第九网格", "position": "9"}
    done = await browser.post(f"{at(community)}/children", data=new)
    page = (await browser.get(done.headers["location"])).text
    assert "已新增" in page and "第九网格" in page
    grid = await one(session, community, "第九网格")
    again = await browser.post(f"{at(community)}/children", data=new)
    assert again.status_code == 409 and 'value="第九网格"' in again.text
    page = (await browser.get(f"{at(community)}/children?kind=grid_branch")).text
    assert f'value="{grid.id}"' in page
    nowhere = await browser.get(f"{at(grid)}/children?kind=community")
    assert "楼栋" in nowhere.text
    assert "这里不能新增" in (await browser.get(f"{at(await leaf(session, grid))}/children")).text
    edit = {"version": str(grid.version), "name": "第八网格", "position": "x"}
    wrong = await browser.post(f"{at(grid)}/change", data=edit)
    assert wrong.status_code == 422 and 'value="第八网格"' in wrong.text
    done = await browser.post(f"{at(grid)}/change", data=edit | {"position": "8"})
    assert "已保存" in (await browser.get(done.headers["location"])).text
    stale = await browser.post(f"{at(grid)}/change", data=edit | {"position": "8"})
    assert stale.status_code == 409
    used = await browser.post(f"{at(grid)}/close", data={"reason_code": "other"})
    assert used.status_code == 409 and "还有下级组织" in used.text
    building = await one(session, grid, "1幢")
    done = await browser.post(f"{at(building)}/close", data={"reason_code": "demolished"})
    assert done.headers["location"] == f"{at(grid)}?said=organization_closed"
    assert (await browser.get(at(building))).status_code == 404


async def leaf(session: AsyncSession, grid: Organization) -> Organization:
    return await make_organization(session, "building", grid, name="1幢")


async def send(
    browser: AsyncClient, path: str, kind: str, data: bytes | str, name: str = "文件.xlsx"
) -> Response:
    content = data.encode() if isinstance(data, str) else data
    return await browser.post(f"{path}/{kind}", files={"file": (name, content)})


def import_of(page: Response) -> str:
    """The address of the import that a preview shows."""
    found = re.search(r'action="(/console/tree-imports/[0-9a-f-]+)/apply"', page.text)
    assert found is not None, page.text
    return found[1]


async def test_a_workbook_is_previewed_found_again_applied_and_taken_back_out(
    session: AsyncSession, community: Organization, browser: AsyncClient
) -> None:
    path = f"{at(community)}/imports"
    page = (await browser.get(path)).text
    assert "社区工作簿" in page and "还没有上传过文件" in page and "区划文件" not in page
    missing = await browser.post(f"{path}/community")
    assert missing.status_code == 422 and "请选择文件" in missing.text
    bad = await send(browser, path, "community", b"nothing")
    assert bad.status_code >= 400 and "社区工作簿" in bad.text
    seen = await send(browser, path, "community", WHOLE)
    for words in ("新增楼栋", "党组织与小组", "数据还没有改动", "新增和变化"):
        assert words in seen.text, words
    address = import_of(seen)
    assert address in (await browser.get(path)).text  # a reload loses nothing
    assert f"{address}/apply" in (await browser.get(address)).text
    done = await browser.post(f"{address}/apply")
    page = (await browser.get(done.headers["location"])).text
    assert "文件已应用" in page and f"{address}/apply" not in page
    late = await browser.post(f"{address}/apply")
    assert (late.status_code, "当前状态下不能进行此操作" in late.text) == (409, True)
    assert "学田苑" in (await browser.get(f"{at(community)}?kind=compound")).text
    page = (await browser.get(f"{at(community)}/appointments")).text
    assert "张*" in page and "139****0001" in page and "尚未登录" in page and "张三" not in page
    book = await browser.post(f"{at(community)}/workbook")
    assert book.content[:2] == b"PK" and "attachment" in book.headers["content-disposition"]


async def test_wrong_rows_are_named_and_nothing_can_be_applied(
    session: AsyncSession, community: Organization, browser: AsyncClient
) -> None:
    book = community_workbook(
        (*BUILDINGS, (EVIL, "", "", "", "", "", "")), ORGANIZATIONS, APPOINTMENTS
    )
    seen = await send(browser, f"{at(community)}/imports", "community", book)
    assert "需要改正" in seen.text and "小区楼栋" in seen.text and "重新上传" in seen.text
    assert "/apply" not in seen.text and EVIL not in seen.text
    row = (await session.scalars(select(Import).order_by(Import.id.desc()).limit(1))).one()
    again = (await browser.get(f"/console/tree-imports/{row.id}")).text
    assert "“小区楼栋”第" in again and "/apply" not in again
    refused = await browser.post(f"/console/tree-imports/{row.id}/apply")
    assert refused.status_code == 409 and "“小区楼栋”第" in refused.text


async def test_employers_and_divisions_come_in_at_the_top(
    session: AsyncSession, community: Organization, city_browser: tuple[AsyncClient, str]
) -> None:
    browser, path = city_browser
    district = await session.get_one(Organization, community.lineage[1])
    city = await session.get_one(Organization, community.lineage[0])
    district.name, city.code = "崇川区", "320600"
    await session.flush()
    page = (await browser.get(path)).text
    assert "单位名单" in page and "区划文件" in page and "下载现有的工作簿" not in page
    seen = await send(browser, path, "employers", employer_list(BUREAU, SCHOOL))
    done = await browser.post(f"{import_of(seen)}/apply")
    assert "文件已应用" in (await browser.get(done.headers["location"])).text
    rows = HEAD + "320600,南通市,city,\n320613,崇川区,district,320600\n"
    seen = await send(browser, path, "divisions", rows, "区划.csv")
    assert "南通市" in seen.text and "新增" in seen.text
    done = await browser.post(f"{import_of(seen)}/apply")
    assert done.headers["location"].endswith("said=import_applied")
    faulty = await send(browser, path, "divisions", HEAD + "1,南通市,city,\n", "区划.csv")
    assert faulty.status_code == 422 and "<li>第2行：" in faulty.text
    for data, code in (("x" * 4_194_305, 413), ("code,name\n1,2\n", 422)):
        wrong = await send(browser, path, "divisions", data, "区划.csv")
        assert wrong.status_code == code and "单位名单" in wrong.text
    away = await browser.post(f"{path.removesuffix('/imports')}/workbook")
    assert away.status_code == 409 and "文件导入" in away.text
    grid = await make_organization(session, "grid", community)
    assert "这里没有可以导入的文件" in (await browser.get(f"{at(grid)}/imports")).text
