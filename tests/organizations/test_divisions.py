"""The division file: read by line, compared with the tree, taken whole or not at all."""

import io
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden
from app.core.sheets.limits import FileRefused
from app.models.house import OperationLog
from app.models.organization import Organization, OrganizationCode
from app.models.person import Role
from app.organizations import divisions
from app.organizations.division_file import normalized
from app.permissions import Actor
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff

SHIPPED = Path(divisions.__file__).parents[1] / "demo" / "data" / "divisions.csv"
HEAD = "code,name,level,parent_code\n"
SMALL = (
    HEAD
    + """320600,南通市,city,
320613,崇川区,district,320600
320612,通州区,district,320600
320613001,城东街道,street,320613
320613002,和平桥街道,street,320613
320613001001,学田社区,community,320613001
320613001201,花园村,community,320613001
"""
)
SYSTEM = Actor.system()


async def take(
    session: AsyncSession, content: str | bytes, *, close_vanished: bool = False
) -> divisions.Plan:
    """The content is in the tree."""
    data = content if isinstance(content, bytes) else content.encode()
    plan = await divisions.stage(session, io.BytesIO(data))
    await divisions.write(session, SYSTEM, plan, close_vanished=close_vanished)
    return plan


async def find(session: AsyncSession, code: str) -> Organization:
    """The living organization with this code."""
    found = await session.scalars(
        select(Organization)
        .where(Organization.code == code, Organization.closed_on.is_(None))
        .execution_options(populate_existing=True)
    )
    return found.one()


async def count_crooked(session: AsyncSession) -> int:
    """How many lineages are not the parent's with the row itself behind it."""
    return (
        await session.scalar(
            text(
                "SELECT count(*) FROM organizations o LEFT JOIN organizations p"
                " ON p.id = o.parent_id"
                " WHERE o.lineage <> coalesce(p.lineage, '{}'::uuid[]) || o.id"
            )
        )
        or 0
    )


async def test_the_file_becomes_a_tree_with_lineage_and_codes(session: AsyncSession) -> None:
    plan = await take(session, SMALL)
    community, village = await find(session, "320613001001"), await find(session, "320613001201")
    names = [(await session.get_one(Organization, above)).name for above in community.lineage]
    assert names == ["南通市", "崇川区", "城东街道", "学田社区"]
    assert (community.kind, community.community_kind, community.position) == (
        "community",
        "urban",
        1,
    )
    assert (village.community_kind, village.takes_part) == ("village", False)
    assert (await find(session, "320613001")).kind == "subdistrict"
    assert plan.counts["added"] == await session.scalar(
        select(func.count(OrganizationCode.id)).where(OrganizationCode.valid_to.is_(None))
    )


async def test_a_second_import_changes_nothing(session: AsyncSession) -> None:
    await take(session, SMALL)
    before = (await session.execute(text("SELECT ctid, xmin, id FROM organizations"))).all()
    logged = await session.scalar(select(func.count(OperationLog.id)))
    plan = await take(session, SMALL, close_vanished=True)
    assert (plan.counts["unchanged"], plan.changes_something) == (7, False)
    after = (await session.execute(text("SELECT ctid, xmin, id FROM organizations"))).all()
    assert (before, logged) == (after, await session.scalar(select(func.count(OperationLog.id))))


async def test_the_shipped_file_has_its_known_figures(session: AsyncSession) -> None:
    with SHIPPED.open("rb") as source:
        plan = await divisions.stage(session, source)
    await divisions.write(session, SYSTEM, plan, close_vanished=False)
    assert plan.counts["added"] == 2150
    kinds = await session.execute(
        select(Organization.community_kind, func.count())
        .where(Organization.kind == "community")
        .group_by(Organization.community_kind)
    )
    assert {kind: count for kind, count in kinds} == {"urban": 749, "village": 1256}
    assert await count_crooked(session) == 0


async def test_a_new_name_is_planned_then_written_with_its_history(session: AsyncSession) -> None:
    await take(session, SMALL)
    version = (await find(session, "320613001001")).version
    plan = await take(session, SMALL.replace("学田社区", "学田新社区"))
    assert plan.changes == [
        {
            "line": 7,
            "code": "320613001001",
            "name": "学田新社区",
            "was_name": "学田社区",
            "was_parent_name": "城东街道",
            "change": "renamed",
        }
    ]
    row = await find(session, "320613001001")
    assert (row.name, row.version) == ("学田新社区", version + 1)
    codes = await session.scalars(
        select(OrganizationCode)
        .where(OrganizationCode.organization_id == row.id)
        .order_by(OrganizationCode.valid_to.nulls_last())
    )
    assert [(code.name, code.valid_to is None) for code in codes] == [
        ("学田社区", False),
        ("学田新社区", True),
    ]


async def test_what_moves_takes_everything_below_it_along(session: AsyncSession) -> None:
    await take(session, SMALL)
    community = await find(session, "320613001001")
    grid = await make_organization(session, "grid", community)
    building = await make_organization(session, "building", grid)
    plan = await take(session, SMALL.replace("城东街道,street,320613", "城东街道,street,320612"))
    assert [(change["change"], change["was_parent_name"]) for change in plan.changes] == [
        ("moved", "崇川区")
    ]
    district = await find(session, "320612")
    await session.refresh(building)
    await session.refresh(grid)
    assert district.id in building.lineage
    assert building.lineage[-2:] == [grid.id, building.id]
    assert await count_crooked(session) == 0


async def test_a_province_may_come_above_a_city_later(session: AsyncSession) -> None:
    await take(session, SMALL)
    employer = await make_organization(session, "employer", await find(session, "320600"))
    plan = await take(
        session, SMALL.replace(HEAD, HEAD + "32,江苏省,province,\n").replace("city,", "city,32")
    )
    assert (plan.counts["added"], plan.counts["moved"], plan.counts["shifted"]) == (1, 1, 7)
    province = await find(session, "320000")
    await session.refresh(employer)
    assert employer.lineage[0] == province.id
    assert await count_crooked(session) == 0
    again = await take(session, SMALL)
    assert (again.counts["unchanged"], again.counts["vanished"]) == (7, 0)


async def test_what_vanished_stays_unless_it_is_to_be_closed(session: AsyncSession) -> None:
    await take(session, SMALL)
    without = SMALL.replace("320613001201,花园村,community,320613001\n", "")
    plan = await take(session, without)
    assert plan.vanished == [{"code": "320613001201", "name": "花园村", "is_used": False}]
    village = await find(session, "320613001201")
    await take(session, without, close_vanished=True)
    await session.refresh(village)
    assert village.closed_on is not None
    left = await session.scalar(
        select(OrganizationCode.valid_to).where(OrganizationCode.organization_id == village.id)
    )
    assert left == village.closed_on
    assert (await take(session, SMALL)).counts["added"] == 1


async def test_what_vanished_but_is_used_is_never_closed(session: AsyncSession) -> None:
    await take(session, SMALL)
    await make_organization(session, "grid", await find(session, "320613001201"))
    without = SMALL.replace("320613001201,花园村,community,320613001\n", "")
    plan = await take(session, without, close_vanished=True)
    assert (plan.counts["vanished"], plan.counts["in_use"]) == (1, 1)
    assert (await find(session, "320613001201")).closed_on is None


async def test_a_vanished_parent_is_not_used_by_what_leaves_it(session: AsyncSession) -> None:
    await take(session, SMALL)
    await make_organization(session, "grid", await find(session, "320613001001"))
    moved = SMALL.replace("320613001,城东街道,street,320613\n", "").replace(
        "community,320613001\n", "community,320613002\n"
    )
    plan = await take(session, moved, close_vanished=True)
    assert (plan.counts["moved"], plan.counts["vanished"], plan.counts["in_use"]) == (2, 1, 0)
    assert await count_crooked(session) == 0


async def test_a_file_without_communities_lets_none_vanish(session: AsyncSession) -> None:
    await take(session, SMALL)
    upper = "".join(line for line in SMALL.splitlines(True) if "community" not in line)
    assert (await take(session, upper)).counts["vanished"] == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_every_usual_encoding_is_read(session: AsyncSession, encoding: str) -> None:
    await take(session, SMALL.encode(encoding))
    assert (await find(session, "320600")).name == "南通市"


async def test_columns_may_stand_in_any_order_among_others(session: AsyncSession) -> None:
    await take(session, "备注,parent_code,level,name,code\n无,,city,南通市,320600\n\n")
    assert (await find(session, "320600")).name == "南通市"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("32", "320000"),
        ("3206", "320600"),
        ("320600", "320600"),
        ("320600000000", "320600"),
        ("320613001000", "320613001"),
        ("320613001001", "320613001001"),
        ("3206x", None),
        ("32061", None),
        ("３２０６", None),
    ],
)
def test_codes_of_every_length_become_one_form(given: str, expected: str | None) -> None:
    assert normalized(given) == expected


@pytest.mark.parametrize(
    ("content", "pointer", "code"),
    [
        (b"\xff\xff\xff", "/1", "bad_encoding"),
        ("", "/1/code", "missing_column"),
        ("code,name,level\n", "/1/parent_code", "missing_column"),
        (HEAD, "/1", "empty_file"),
        (HEAD + '320600,"南通市,city,\n' + "x" * 140_000, "/3", "bad_line"),
        (SMALL.replace("南通市,city", "南通市,town"), "/2/level", "unknown_level"),
        (SMALL.replace("320600,南通市", "3206001,南通市"), "/2/code", "bad_code"),
        (SMALL.replace("320613001,城东", "320613,城东"), "/5/code", "bad_code"),
        (SMALL.replace("学田社区", " "), "/7/name", "bad_name"),
        (SMALL.replace("学田社区", "学" * 101), "/7/name", "bad_name"),
        (SMALL.replace("学田社区", "学\x00田"), "/7/name", "bad_name"),
        (SMALL.replace("street,320613", "street,A"), "/5/parent_code", "bad_code"),
        (SMALL.replace("通州区,district,320600", "通州区,district,320700"), "/4/parent_code", "missing_parent"),
        (SMALL.replace("通州区,district,320600", "通州区,district,"), "/4/parent_code", "missing_parent"),
        (SMALL.replace("320612,通州区", "320613,通州区"), "/4/code", "duplicate_code"),
        (SMALL.replace("通州区,district,320600", "通州区,district,320613"), "/4/level", "wrong_level"),
        (HEAD + "320600,南通市\n", "/2/level", "unknown_level"),
    ],
)  # fmt: skip
async def test_errors_are_listed_by_line_and_nothing_is_taken(
    session: AsyncSession, content: str | bytes, pointer: str, code: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        await take(session, content)
    first = refused.value.errors[0]
    assert (first.pointer, first.code) == (pointer, code)
    assert await session.scalar(select(func.count(Organization.id))) == 0


async def test_a_hundred_errors_are_shown_and_all_are_counted(session: AsyncSession) -> None:
    with pytest.raises(FileRefused) as refused:
        await take(session, HEAD + "x,名,city,\n" * 120)
    assert len(refused.value.errors) == 100
    assert refused.value.detail == "共120处错误"


async def preview(session: AsyncSession, actor: Actor, content: str) -> divisions.Plan:
    """The plan of a preview by this actor."""
    source = io.BytesIO(content.encode())
    return (await divisions.preview(session, actor, source, file_digest="0" * 64))[1]


async def test_a_previewed_file_must_have_one_root_of_the_actor(session: AsyncSession) -> None:
    await take(session, SMALL)
    city = await find(session, "320600")
    person = await make_staff(session, Role.CITY_ADMIN, city)
    actor = Actor(person.id, {Role.CITY_ADMIN: (city.id,)})
    assert (await preview(session, actor, SMALL)).counts["unchanged"] == 7
    with pytest.raises(FileRefused) as refused:
        await preview(session, actor, SMALL + "320700,连云港市,city,\n")
    assert refused.value.errors[0].code == "second_root"
    with pytest.raises(FileRefused) as refused:
        await preview(session, actor, HEAD + "320700,连云港市,city,\n")
    assert refused.value.errors[0].code == "unknown_root"
    with pytest.raises(Forbidden):
        await preview(session, Actor(person.id), SMALL)


async def test_a_previewed_file_cannot_pull_in_what_belongs_to_others(
    session: AsyncSession,
) -> None:
    await take(session, SMALL)
    await take(session, HEAD + "320700,连云港市,city,\n320703,连云区,district,320700\n")
    city = await find(session, "320600")
    person = await make_staff(session, Role.CITY_ADMIN, city)
    actor = Actor(person.id, {Role.CITY_ADMIN: (city.id,)})
    with pytest.raises(FileRefused) as refused:
        await preview(session, actor, SMALL + "320703,连云区,district,320600\n")
    assert [error.pointer for error in refused.value.errors] == ["/9/code"]
