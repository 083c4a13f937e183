"""A community's workbook: previewed, applied whole, exported again, and never half taken."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.house import AccessLog
from app.models.organization import Appointment, Organization
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.organizations import appointments
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.factories.workbooks import community_workbook, make_workbook
from tests.organizations.test_divisions import count_crooked

PATH = "/api/v1/organizations"
SignIn = Callable[[Person], dict[str, str]]
Rows = Sequence[Sequence[str]]

BUILDINGS: Rows = (
    ("学田社区", "学田苑", "老旧小区", "1-3幢", "2", "72", "第一网格"),
    ("学田社区", "学田苑", "", "4幢、综合楼", "", "", "第二网格"),
    ("学田", "新城花园", "新建商品房小区", "1,3号楼", "", "101", "第二网格"),
)
ORGANIZATIONS: Rows = (
    ("学田社区", "双报到功能型党小组", "第一党小组", "", "第一网格"),
    ("学田社区", "双报到功能型党支部", "学田功能型党支部", "", ""),
    ("学田社区", "网格党支部", "第一网格党支部", "社区党委", "第一网格"),
    ("学田社区", "社区党委（党总支、党支部）", "社区党委", "", ""),
    ("学田社区", "楼栋党小组", "一号楼党小组", "第一网格党支部", ""),
    ("学田社区", "小区党支部", "学田苑党支部", "学田苑", ""),
    ("学田社区", "网格", "第三网格", "", ""),
)
APPOINTMENTS: Rows = (
    ("学田社区", "社区党组织书记", "张三", "13900000001", "2024-03-01"),
    ("第一网格", "网格责任人（专职网格员）", "李四", "139 0000 0002", "2024年3月"),
    ("第一党小组", "双报到功能型党小组组长", "王五", "13900000003", ""),
    ("学田社区/学田苑/1幢", "楼栋长", "赵六", "13900000004", ""),
)
APPOINTMENTS = tuple(
    tuple(cell.replace("双报到功能型党小组组长", "功能型党小组组长") for cell in row)
    for row in APPOINTMENTS
)
WHOLE = community_workbook(BUILDINGS, ORGANIZATIONS, APPOINTMENTS)


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    """学田社区 of a tenant whose content is loaded."""
    return await make_community(session, name="学田社区居委会", code="320613001001")


@pytest.fixture
async def secretary(
    session: AsyncSession, community: Organization, sign_in: SignIn
) -> dict[str, str]:
    """The headers of the community's secretary."""
    return sign_in(await make_staff(session, Role.COMMUNITY_SECRETARY, community))


async def preview(
    client: AsyncClient,
    headers: dict[str, str],
    place: Organization,
    data: bytes,
    name: str = "学田.xlsx",
) -> Any:
    """The answer to an upload."""
    return await client.post(
        f"{PATH}/{place.id}/imports/community", files={"file": (name, data)}, headers=headers
    )


async def apply(client: AsyncClient, headers: dict[str, str], previewed: Any) -> Any:
    """The answer to applying what was previewed."""
    return await client.post(f"/api/v1/imports/{previewed['id']}/apply", json={}, headers=headers)


async def take(
    client: AsyncClient, headers: dict[str, str], place: Organization, data: bytes
) -> dict[str, int]:
    """The file is in the tree; its counts."""
    previewed = await preview(client, headers, place, data)
    assert previewed.status_code == 201, previewed.text
    assert previewed.json()["refused"] == []
    applied = await apply(client, headers, previewed.json())
    assert applied.status_code == 200, applied.text
    counts: dict[str, int] = applied.json()["counts"]
    return counts


async def tree(session: AsyncSession, community: Organization) -> dict[str, Organization]:
    """Everything below the community by kind and name."""
    rows = await session.scalars(
        select(Organization)
        .where(Organization.lineage.overlap([community.id]))
        .execution_options(populate_existing=True)
    )
    return {f"{row.kind} {row.name}": row for row in rows}


async def test_a_workbook_sets_the_community_up(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    counts = await take(client, secretary, community, WHOLE)
    assert counts == {
        "rows": 14,
        "refused": 0,
        "unchanged": 0,
        "grids_added": 3,
        "compounds_added": 2,
        "buildings_added": 7,
        "organizations_added": 6,
        "organizations_changed": 0,
        "appointments_made": 4,
        "appointments_changed": 0,
        "appointments_ended": 0,
    }
    found = await tree(session, community)
    grid, compound = found["grid 第一网格"], found["compound 学田苑"]
    building = found["building 2幢"]
    assert (building.parent_id, building.compound_id, building.position) == (
        grid.id,
        compound.id,
        2,
    )
    assert (building.units, building.households, compound.compound_type) == (2, 24, "old")
    assert [found[f"building {name}"].households for name in ("1号楼", "3号楼")] == [51, 50]
    group, branch = (
        found["functional_group 第一党小组"],
        found["functional_branch 学田功能型党支部"],
    )
    assert (group.parent_id, group.grid_id, group.lineage[-2:]) == (
        branch.id,
        grid.id,
        [branch.id, group.id],
    )
    assert found["grid_branch 第一网格党支部"].parent_id == (
        found["community_party_committee 社区党委"].id
    )
    assert found["compound_branch 学田苑党支部"].compound_id == compound.id
    assert await count_crooked(session) == 0
    held = {row.post: row for row in await session.scalars(select(Appointment))}
    assert held["grid_owner"].phone == "13900000002"
    assert (held["grid_owner"].from_on, held["building_head"].from_on) == (
        date(2024, 3, 1),
        clock.today(),
    )
    assert held["building_head"].organization_id == found["building 1幢"].id
    told = await session.scalars(select(OutboxEntry.name))
    assert told.all() == ["appointment.made"] * 4


async def test_a_second_import_changes_nothing(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    await take(client, secretary, community, WHOLE)
    before = (await session.execute(text("SELECT ctid, xmin FROM organizations"))).all()
    held = (await session.execute(text("SELECT ctid, xmin FROM appointments"))).all()
    counts = await take(client, secretary, community, WHOLE)
    assert (counts["rows"], counts["unchanged"]) == (14, 14)
    assert (await session.execute(text("SELECT ctid, xmin FROM organizations"))).all() == before
    assert (await session.execute(text("SELECT ctid, xmin FROM appointments"))).all() == held


async def export(client: AsyncClient, headers: dict[str, str], place: Organization) -> Any:
    """The answer with the place's workbook."""
    return await client.get(f"{PATH}/{place.id}/workbook", headers=headers)


async def test_what_is_exported_and_imported_again_changes_nothing(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    await take(client, secretary, community, WHOLE)
    compound = await make_organization(session, "compound", community, name="空小区")
    other = await make_organization(session, "community", None, name="远方社区")
    building = (await tree(session, community))["building 3幢"]
    for organization_id, post, phone in (
        (community.id, "acting", "13900000009"),
        (community.id, "community_clerk", None),
        (compound.id, "building_head", "13900000008"),
        (building.id, "party_building_instructor", "13900000007"),
        (other.id, "community_clerk", "13900000006"),
    ):
        await appointments.make(session, organization_id, post, name="周七", phone=phone)
    answer = await export(client, secretary, community)
    assert answer.headers["content-type"].endswith("sheet")
    counts = await take(client, secretary, community, answer.content)
    assert counts["unchanged"] == counts["rows"] == 4 + 8 + 5
    living = await appointments.living(session, community.id, compound.id, building.id)
    assert len(living) == 5
    looks = await session.scalars(select(AccessLog.fields))
    assert looks.all() == ["name,phone"] * 5


async def test_a_subdistrict_brings_all_its_communities_in_one_file(
    client: AsyncClient, session: AsyncSession, community: Organization, sign_in: SignIn
) -> None:
    street = await session.get_one(Organization, community.parent_id)
    second = await make_organization(
        session, "community", street, name="花园村委会", code="320613001201"
    )
    admin = sign_in(await make_staff(session, Role.SUBDISTRICT_ADMIN, street))
    data = community_workbook(
        [
            ("学田社区", "一苑", "", "1幢", "", "", "第一网格"),
            ("花园村", "一苑", "", "1幢", "", "", "第一网格"),
        ],
        [],
        [
            ("学田社区/第一网格", "网格责任人（专职网格员）", "张三", "13900000001", ""),
            ("花园村/第一网格", "网格责任人（专职网格员）", "李四", "13900000002", ""),
            ("花园村", "社区工作者", "王五", "13900000003", ""),
        ],
    )
    assert (await take(client, admin, street, data))["buildings_added"] == 2
    assert "building 1幢" in await tree(session, second)
    await appointments.make(session, street.id, "linked_leader", name="周七", phone="13900000004")
    again = await take(client, admin, street, (await export(client, admin, street)).content)
    assert again["unchanged"] == again["rows"] == 5


async def test_next_years_file_moves_renames_and_replaces(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    await take(client, secretary, community, WHOLE)
    data = community_workbook(
        [("学田社区", "学田苑", "混合型小区", "1-2栋", "3", "", "第二网格")],
        [
            ("学田社区", "网格党支部", "第一网格党支部", "学田社区", "第二网格"),
            ("学田社区", "楼栋党小组", "一号楼党小组", "第一网格党支部", ""),
        ],
        [
            ("学田社区", "社区党组织书记", "新书记", "13900000011", ""),
            ("第一网格", "网格责任人（专职网格员）", "李四四", "13900000002", ""),
        ],
    )
    counts = await take(client, secretary, community, data)
    assert counts["buildings_added"] == 0
    assert counts["appointments_made"] == counts["appointments_ended"] == 1
    assert counts["appointments_changed"] == 1
    found = await tree(session, community)
    assert found["building 1幢"].parent_id == found["grid 第二网格"].id
    assert (found["building 1幢"].units, found["building 1幢"].version) == (3, 2)
    assert found["compound 学田苑"].compound_type == "mixed"
    branch = found["grid_branch 第一网格党支部"]
    assert (branch.parent_id, branch.grid_id) == (community.id, found["grid 第二网格"].id)
    assert await count_crooked(session) == 0
    session.expire_all()
    held = {
        row.name: row.to_on
        for row in await session.scalars(
            select(Appointment).where(Appointment.post.in_(("community_secretary", "grid_owner")))
        )
    }
    assert held == {"张三": clock.today(), "新书记": None, "李四四": None}


REFUSED = [
    ("buildings", ("别的社区", "甲苑", "", "1幢", "", "", "第一网格"), "community"),
    ("buildings", ("学田社区", "", "", "1幢", "", "", "第一网格"), "compound"),
    ("buildings", ("学田社区", "甲苑", "宫殿", "1幢", "", "", "第一网格"), "compound_type"),
    ("buildings", ("学田社区", "学田苑", "混合型小区", "9幢", "", "", "第一网格"), "compound_type"),
    ("buildings", ("学田社区", "甲苑", "", "5-1幢", "", "", "第一网格"), "buildings"),
    ("buildings", ("学田社区", "学田苑", "", "1号楼", "", "", "第一网格"), "buildings"),
    ("buildings", ("学田社区", "甲苑", "", "1幢,1号楼", "", "", "第一网格"), "buildings"),
    ("buildings", ("学田社区", "甲苑", "", "1幢", "两个", "", "第一网格"), "units"),
    ("buildings", ("学田社区", "甲苑", "", "1幢", "", "-1", "第一网格"), "households"),
    ("buildings", ("学田社区", "甲苑", "", "1幢", "", "", ""), "grid"),
    ("organizations", ("学田社区", "城堡", "某", "", ""), "kind"),
    ("organizations", ("学田社区", "单位党支部", "某", "", ""), "kind"),
    ("organizations", ("学田社区", "网格党支部", "某", "", ""), "grid"),
    ("organizations", ("学田社区", "网格党支部", "某", "", "第九网格"), "grid"),
    ("organizations", ("学田社区", "网格党支部", "某", "第九支部", "第一网格"), "parent"),
    ("organizations", ("学田社区", "楼栋党小组", "某", "学田社区", ""), "parent"),
    ("organizations", ("学田社区", "楼栋党小组", "某", "双名支部", ""), "parent"),
    ("organizations", ("学田社区", "小区党支部", "某", "", ""), "parent"),
    ("organizations", ("学田社区", "楼栋党小组", "某", "", ""), "parent"),
    ("organizations", ("学田社区", "楼栋党小组", "双名小组", "", ""), "parent"),
    ("organizations", ("学田社区", "双报到功能型党支部", "第二个", "", ""), "kind"),
    ("organizations", ("学田社区", "网格党支部", "第一网格党支部", "社区党委", ""), "name"),
    ("appointments", ("第九网格", "网格志愿者", "张三", "13900000021", ""), "organization"),
    ("appointments", ("第一网格", "楼栋长", "张三", "13900000021", ""), "organization"),
    ("appointments", ("双名支部", "党建指导员", "张三", "13900000021", ""), "organization"),
    ("appointments", ("第一网格", "国王", "张三", "13900000021", ""), "appointment"),
    ("appointments", ("第一网格", "临时代理", "张三", "13900000021", ""), "appointment"),
    ("appointments", ("学田社区", "社区党组织书记", "张三", "13900000001", ""), "phone"),
    ("appointments", ("第一网格", "网格志愿者", "张三", "1390000", ""), "phone"),
    ("appointments", ("第一网格", "网格志愿者", "1", "13900000021", ""), "name"),
    ("appointments", ("第一网格", "网格志愿者", "张三", "13900000021", "昨天"), "from"),
]


async def test_every_wrong_row_is_refused_where_it_is_wrong(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    """Its sheet, row and column are named, and the file cannot be applied."""
    for number, kind in enumerate(("grid_branch", "compound_branch")):
        grid = await make_organization(session, "grid", community, name=f"旧网格{number}")
        branch = await make_organization(session, kind, community, name="双名支部", grid_id=grid.id)
        await make_organization(session, "building_group", branch, name="双名小组")
    sheets = {
        "buildings": [*BUILDINGS],
        "organizations": [*ORGANIZATIONS],
        "appointments": [*APPOINTMENTS],
    }
    expected = []
    for sheet, row, column in REFUSED:
        sheets[sheet].append(row)
        expected.append((sheet, len(sheets[sheet]) + 1, column))
    previewed = await preview(client, secretary, community, community_workbook(**sheets))
    body = previewed.json()
    assert previewed.status_code == 201
    found = [(one["sheet"], one["row"], one["column"]) for one in body["refused"]]
    assert sorted(found) == sorted(expected)
    assert body["counts"]["refused"] == len(REFUSED)
    applied = await apply(client, secretary, body)
    assert (applied.status_code, applied.json()["code"]) == (409, "rows_refused")
    assert "compound 学田苑" not in await tree(session, community)


async def test_two_groups_of_one_name_are_told_apart_by_their_parents(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    rows = [
        ("学田社区", "网格党支部", "甲支部", "", "第一网格"),
        ("学田社区", "网格党支部", "乙支部", "", "第二网格"),
        ("学田社区", "楼栋党小组", "第一小组", "甲支部", ""),
        ("学田社区", "楼栋党小组", "第一小组", "乙支部", ""),
    ]
    data = community_workbook(BUILDINGS, rows)
    assert (await take(client, secretary, community, data))["organizations_added"] == 4
    counts = await take(client, secretary, community, data)
    assert counts["unchanged"] == counts["rows"]


async def test_communities_with_similar_names_must_be_written_whole(
    client: AsyncClient, session: AsyncSession, community: Organization, sign_in: SignIn
) -> None:
    street = await session.get_one(Organization, community.parent_id)
    await make_organization(session, "community", street, name="学田村委会")
    admin = sign_in(await make_staff(session, Role.SUBDISTRICT_ADMIN, street))
    row = ("一苑", "", "1幢", "", "", "第一网格")
    body = (await preview(client, admin, street, community_workbook([("学田", *row)]))).json()
    assert [one["column"] for one in body["refused"]] == ["community"]
    exact = community_workbook([("学田社区居委会", *row)])
    assert (await preview(client, admin, street, exact)).json()["refused"] == []


async def test_too_many_buildings_are_refused(
    client: AsyncClient, community: Organization, secretary: dict[str, str], monkeypatch: Any
) -> None:
    monkeypatch.setattr("app.organizations.community_plan.MOST_BUILDINGS", 3)
    body = (await preview(client, secretary, community, WHOLE)).json()
    assert {one["column"] for one in body["refused"] if one["sheet"] == "buildings"} == {
        "buildings"
    }


async def test_what_changed_since_the_preview_stops_it(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    previewed = (await preview(client, secretary, community, WHOLE)).json()
    await make_organization(session, "grid", community, name="第一网格")
    answer = await apply(client, secretary, previewed)
    assert (answer.status_code, answer.json()["code"]) == (409, "state_changed")


async def test_only_who_runs_the_community_imports_and_exports_it(
    client: AsyncClient, session: AsyncSession, community: Organization, sign_in: SignIn
) -> None:
    clerk = sign_in(await make_staff(session, Role.COMMUNITY_CLERK, community))
    assert (await preview(client, clerk, community, WHOLE)).status_code == 403
    assert (await export(client, clerk, community)).status_code == 403
    assert (await preview(client, clerk, Organization(id=new_id()), WHOLE)).status_code == 404
    city = await session.get_one(Organization, community.lineage[0])
    admin = sign_in(await make_staff(session, Role.CITY_ADMIN, city))
    answer = await preview(client, admin, city, WHOLE)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_scope")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("学田.pdf", WHOLE, "wrong_extension"),
        ("学田.xlsx", b"PK\x03\x04 nothing", "damaged"),
        ("学田.xlsx", make_workbook({"小区楼栋": [("社区", "小区")]}), "missing_column"),
    ],
)
async def test_a_file_that_is_none_is_refused(
    client: AsyncClient,
    community: Organization,
    secretary: dict[str, str],
    name: str,
    data: bytes,
    code: str,
) -> None:
    answer = await preview(client, secretary, community, data, name)
    assert (answer.status_code, answer.json()["code"]) == (422, "file_refused")
    assert answer.json()["errors"][0]["code"] == code


async def test_columns_that_nobody_wants_are_named(
    client: AsyncClient, community: Organization, secretary: dict[str, str]
) -> None:
    rows = [("组织", "职务", "姓名", "手机号", "身份证号"), (*APPOINTMENTS[0][:4], "3206")]
    answer = await preview(client, secretary, community, make_workbook({"任职": rows}))
    assert answer.json()["unread"] == ["身份证号"]
