"""The list of employers: previewed, applied whole, known again by code or name."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.organization import Appointment, Organization
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.organizations import appointments
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_staff
from tests.factories.workbooks import employer_list
from tests.organizations.test_community import apply
from tests.organizations.test_divisions import count_crooked

SignIn = Callable[[Person], dict[str, str]]
CODE, OTHER = "91350100M000100Y43", "91110000600037341L"
BUREAU = (
    "市教育局", CODE, "崇川区", "机关", "120",
    "张三", "13900000001", "李四", "13900000002", "学田社区",
)  # fmt: skip
SCHOOL = ("第一中学", "", "", "", "", "王五", "13900000003", "赵六", "", "")


class City(NamedTuple):
    """A city with a district, a community that takes part, and who runs it, signed in."""

    city: Organization
    district: Organization
    community: Organization
    admin: dict[str, str]


@pytest.fixture
async def city(session: AsyncSession, sign_in: SignIn) -> City:
    """A tenant whose content is loaded."""
    community = await make_community(session, name="学田社区居委会")
    top, district = [await session.get_one(Organization, above) for above in community.lineage[:2]]
    district.name = "崇川区"
    await session.flush()
    return City(top, district, community, sign_in(await make_staff(session, Role.CITY_ADMIN, top)))


async def preview(
    client: AsyncClient, headers: dict[str, str], place: Organization, *rows: tuple[str, ...]
) -> Any:
    """The answer to an upload of these rows."""
    return await client.post(
        f"/api/v1/organizations/{place.id}/imports/employers",
        files={"file": ("单位.xlsx", employer_list(*rows))},
        headers=headers,
    )


async def take(
    client: AsyncClient, headers: dict[str, str], place: Organization, *rows: tuple[str, ...]
) -> dict[str, int]:
    """The rows are in the tree; the counts."""
    previewed = await preview(client, headers, place, *rows)
    assert previewed.json()["refused"] == []
    applied = await apply(client, headers, previewed.json())
    assert applied.status_code == 200, applied.text
    counts: dict[str, int] = applied.json()["counts"]
    return counts


async def employers(session: AsyncSession) -> dict[str, Organization]:
    """Every employer by name, as it is now."""
    rows = await session.scalars(
        select(Organization)
        .where(Organization.kind == "employer")
        .execution_options(populate_existing=True)
    )
    return {row.name: row for row in rows}


async def test_a_list_brings_employers_with_their_people(
    client: AsyncClient, session: AsyncSession, city: City
) -> None:
    counts = await take(client, city.admin, city.city, BUREAU, SCHOOL)
    assert counts == {
        "rows": 2,
        "refused": 0,
        "added": 2,
        "changed": 0,
        "unchanged": 0,
        "appointments_made": 4,
        "appointments_ended": 0,
    }
    found = await employers(session)
    bureau, school = found["市教育局"], found["第一中学"]
    assert (bureau.parent_id, school.parent_id) == (city.district.id, city.city.id)
    assert (bureau.code, bureau.unit_kind, bureau.stated_headcount) == (CODE, "机关", 120)
    assert bureau.paired_community_id == city.community.id
    assert await count_crooked(session) == 0
    held = await session.execute(
        select(Appointment.post, Appointment.phone).where(Appointment.organization_id == school.id)
    )
    assert sorted((post, phone or "") for post, phone in held) == [
        ("employer_secretary", ""),
        ("unit_liaison", "13900000003"),
    ]
    told = await session.scalars(select(OutboxEntry.name))
    assert told.all() == ["appointment.made"] * 4


async def test_a_second_import_changes_nothing(
    client: AsyncClient, session: AsyncSession, city: City
) -> None:
    await take(client, city.admin, city.city, BUREAU, SCHOOL)
    counts = await take(client, city.admin, city.city, BUREAU, SCHOOL)
    assert (counts["unchanged"], counts["appointments_made"]) == (2, 0)
    assert {row.version for row in (await employers(session)).values()} == {1}


async def test_a_changed_row_changes_what_it_says(
    client: AsyncClient, session: AsyncSession, city: City
) -> None:
    await take(client, city.admin, city.city, BUREAU, SCHOOL)
    before = await employers(session)
    branch = await make_organization(session, "employer_branch", before["第一中学"])
    await appointments.make(
        session, before["市教育局"].id, "unit_liaison", name="旧", phone="13900000009"
    )
    counts = await take(
        client,
        city.admin,
        city.city,
        ("市教育和体育局", CODE, "", "", "130", "张三三", "13900000001", "", "", ""),
        ("第一中学", OTHER, "崇川区", "", "", "新联络员", "13900000004", "赵六", "", ""),
    )
    assert (counts["changed"], counts["appointments_made"], counts["appointments_ended"]) == (
        2,
        1,
        2,
    )
    found = await employers(session)
    bureau, school = found["市教育和体育局"], found["第一中学"]
    assert (bureau.stated_headcount, bureau.unit_kind, bureau.version) == (130, "机关", 2)
    assert (school.code, school.parent_id) == (OTHER, city.district.id)
    await session.refresh(branch)
    assert branch.lineage == [city.city.id, city.district.id, school.id, branch.id]
    assert await count_crooked(session) == 0
    held = await session.execute(
        select(Appointment.name, Appointment.to_on).order_by(Appointment.name)
    )
    assert {name: to_on for name, to_on in held} == {
        "张三三": None,
        "李四": None,
        "赵六": None,
        "新联络员": None,
        "王五": clock.today(),
        "旧": clock.today(),
    }
    same = await take(
        client, city.admin, city.city, ("市教育和体育局", *BUREAU[1:4], "131", *BUREAU[5:])
    )
    assert same["changed"] == 1


async def test_every_wrong_row_is_refused_where_it_is_wrong(
    client: AsyncClient, session: AsyncSession, city: City
) -> None:
    """Its row and column are named, and the file cannot be applied."""
    await make_employer(session, code=OTHER)
    for parent in (city.city, city.district):
        await make_organization(session, "employer", parent, name="双名单位")
    await make_organization(session, "employer", city.city, name="有码单位", code=CODE)
    street = await session.get_one(Organization, city.community.parent_id)
    second = await make_organization(session, "subdistrict", city.district, name="二街道")
    for parent, name in ((street, "花园社区"), (second, "花园社区"), (street, "未参加社区")):
        await make_organization(
            session, "community", parent, name=name, takes_part=name == "花园社区"
        )
    people = ("张三", "13900000001", "", "", "")
    wrong = [
        (("", "", "", "", "", *people), "name"),
        (("甲", "91350100M000100Y44", "", "", "", *people), "uscc"),
        (("乙", OTHER, "", "", "", *people), "uscc"),
        (("双名单位", "", "", "", "", *people), "uscc"),
        (("有码单位", "12100000400000624D", "", "", "", *people), "uscc"),
        (("丙", "", "别的区", "", "", *people), "district"),
        (("丁", "", "", "", "很多", *people), "headcount"),
        (("戊", "", "", "", "", "张三", "", "", "", ""), "liaison_phone"),
        (("己", "", "", "", "", "张三", "13900000001", "", "", "花园社区"), "paired_community"),
        (("庚", "", "", "", "", "张三", "13900000001", "", "", "未参加社区"), "paired_community"),
        (("辛", "", "", "", "", *people), None),
        (("辛", "", "", "", "", *people), "name"),
        (("壬", "", "", "", "", "张三", "13900000001", "", "", "二街道/花园社区"), None),
    ]
    previewed = await preview(client, city.admin, city.city, *(row for row, _ in wrong))
    body = previewed.json()
    found = {(one["row"], one["column"]) for one in body["refused"]}
    expected = {(number, column) for number, (_, column) in enumerate(wrong, start=2) if column}
    assert found == expected
    applied = await apply(client, city.admin, body)
    assert (applied.status_code, applied.json()["code"]) == (409, "rows_refused")


async def test_a_district_brings_its_own_employers_only(
    client: AsyncClient, session: AsyncSession, city: City, sign_in: SignIn
) -> None:
    admin = sign_in(await make_staff(session, Role.DISTRICT_ADMIN, city.district))
    await take(client, admin, city.district, SCHOOL, BUREAU)
    assert {row.parent_id for row in (await employers(session)).values()} == {city.district.id}
    assert (await preview(client, admin, city.city, SCHOOL)).status_code == 403
    secretary = sign_in(await make_staff(session, Role.COMMUNITY_SECRETARY, city.community))
    assert (await preview(client, secretary, city.district, SCHOOL)).status_code == 403
    answer = await preview(client, city.admin, city.community, SCHOOL)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_an_area")


async def test_what_changed_since_the_preview_stops_it(
    client: AsyncClient, session: AsyncSession, city: City
) -> None:
    previewed = (await preview(client, city.admin, city.city, SCHOOL)).json()
    await make_organization(session, "employer", city.city, name="第一中学")
    answer = await apply(client, city.admin, previewed)
    assert (answer.status_code, answer.json()["code"]) == (409, "state_changed")
