"""Who a line of a roster is: known by phone, else by name and branch; what is not said stays."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sheets.limits import MEGABYTE
from app.models.member import Member, MemberSource
from app.models.organization import ContentItem, Organization
from tests.core.test_sheets_files import xls, xlsx, zipped
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_employer, make_organization
from tests.factories.people import make_person
from tests.factories.reports import make_consent
from tests.members.test_roster import apply, send
from tests.members.town import CORE, Desk, Town, desk, town

__all__ = ["desk", "town"]

HEAD = "姓名,手机号,所在党支部\n"
OLD, NEW = "13800000001", "13800000002"


async def preview(desk: Desk, town: Town, text: str) -> dict[str, Any]:
    """What a file would change."""
    answer = await send(desk, town.employer_clerk, town.employer.id, text.encode(), name="a.csv")
    assert answer.status_code == 201, answer.text
    seen: dict[str, Any] = answer.json()
    return seen


async def take(desk: Desk, town: Town, text: str, **body: Any) -> dict[str, Any]:
    """The preview of a file that is then applied."""
    seen = await preview(desk, town, text)
    done = await apply(desk, town.employer_clerk, seen["id"], **body)
    assert done.status_code == 200, done.text
    return seen


async def living(session: AsyncSession, town: Town) -> list[Member]:
    """The employer's lines as they are now."""
    rows = await session.scalars(
        select(Member)
        .where(Member.employer_id == town.employer.id, Member.left_on.is_(None))
        .order_by(Member.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


# Who is known again


async def test_a_registered_member_with_a_new_phone_is_known_by_name_and_branch(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    line = await make_member(session, town.employer, name="张三", phone=OLD)
    line.branch_id = town.branch.id
    await make_registration(session, town.community, await make_person(session), member=line)
    seen = await take(desk, town, f"{HEAD}张三,{NEW},{town.branch.name}\n", leave_missing=True)
    assert seen["taken"] == [{"row": 2, "step": "phone_changed"}]
    assert (seen["counts"]["added"], seen["counts"]["missing"]) == (0, 0)
    assert [(one.id, one.phone) for one in await living(session, town)] == [(line.id, NEW)]


@pytest.mark.parametrize("twice", ["roster", "file"])
async def test_a_name_that_two_carry_is_nobody_known(
    desk: Desk, town: Town, session: AsyncSession, twice: str
) -> None:
    for phone in (OLD, "13800000009")[: 2 if twice == "roster" else 1]:
        await make_member(
            session, town.employer, name="张三", phone=phone, branch_id=town.branch.id
        )
    row = f"张三,{NEW},{town.branch.name}\n"
    more = f"张三,13800000008,{town.branch.name}\n" if twice == "file" else ""
    seen = await preview(desk, town, HEAD + row + more)
    assert {one["step"] for one in seen["taken"]} == {"added"}


async def test_the_same_name_in_another_branch_is_another_person(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_member(session, town.employer, name="张三", phone=OLD, branch_id=town.branch.id)
    seen = await preview(desk, town, f"{HEAD}张三,{NEW},别的支部\n")
    assert (seen["counts"]["added"], seen["counts"]["missing"]) == (1, 1)


async def test_a_phone_that_has_another_name_now_is_told_apart(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_member(session, town.employer, name="张三", phone=OLD, branch_id=town.branch.id)
    seen = await take(desk, town, f"{HEAD}张叁,{OLD},{town.branch.name}\n")
    assert seen["taken"] == [{"row": 2, "step": "name_changed"}]
    assert [one.name for one in await living(session, town)] == ["张叁"]


async def test_who_came_over_the_counter_or_on_paper_is_taken_over_not_doubled(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    body = {"name": "张三", "employer_id": str(town.employer.id)}
    counter = f"/organizations/{town.community.id}/registrations/counter"
    place = {"community_id": str(town.community.id), "building_id": str(town.building.id)}
    assert (await desk.post(town.clerk, counter, **body, **place, phone=OLD)).status_code == 201
    paper = f"/organizations/{town.community.id}/registrations/paper"
    body["name"] = "李四"
    assert (await desk.post(town.clerk, paper, **body)).status_code == 201
    seen = await take(desk, town, f"{HEAD}张三,{OLD},甲支部\n李四,{NEW},甲支部\n")
    assert [one["step"] for one in seen["taken"]] == ["changed", "phone_changed"]
    lines = await living(session, town)
    assert {(one.name, one.phone, one.source) for one in lines} == {
        ("张三", OLD, MemberSource.ROSTER),
        ("李四", NEW, MemberSource.ROSTER),
    }


async def test_who_did_not_come_by_a_roster_is_missing_in_none(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_member(session, town.employer, source=MemberSource.COUNTER, name="张三", phone=OLD)
    seen = await take(desk, town, f"{HEAD}李四,{NEW},甲支部\n", leave_missing=True)
    assert seen["counts"]["missing"] == 0
    assert len(await living(session, town)) == 2


async def test_who_waits_for_the_employers_word_is_known_by_his_phone_only(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    waiting: dict[str, Any] = {
        "source": MemberSource.APPLICATION,
        "service_state": "applied",
        "name": "张三",
    }
    await make_member(session, town.employer, **waiting, phone=OLD)
    seen = await preview(desk, town, f"{HEAD}张三,{NEW},甲支部\n")
    assert seen["counts"]["added"] == 1
    seen = await take(desk, town, f"{HEAD}张三,{OLD},甲支部\n")
    assert seen["counts"]["changed"] == 1
    (line,) = await living(session, town)
    assert (line.source, line.service_state) == (MemberSource.ROSTER, "applied")


async def test_another_employers_roster_may_name_the_same_phone_and_the_member_chooses(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    person = await make_person(session)
    await make_consent(session, person.id, CORE)
    await make_member(session, await make_employer(session), name="张三", phone=person.phone)
    seen = await take(desk, town, f"{HEAD}张三,{person.phone},甲支部\n")
    assert seen["counts"]["added"] == 1
    offer = await desk.get(person, "/me/registration-offer")
    assert len(offer["lines"]) == 2


# What is not said stays


async def test_columns_and_cells_that_are_empty_change_nothing(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    full = "姓名,手机号,所在党支部,党员类别,小区,楼栋,特长,不公开\n"
    await take(desk, town, f"{full}张三,{OLD},甲支部,预备,学田新村,3幢,维修,是\n")
    blank = f"{full}张三,{OLD},甲支部,,,,,\n"
    for text in (f"{HEAD}张三,{OLD},甲支部\n", blank):
        assert (await take(desk, town, text))["counts"]["unchanged"] == 1
    (line,) = await living(session, town)
    assert (line.party_status, line.compound_text, line.building_text) == (
        "probationary",
        "学田新村",
        "3幢",
    )
    assert (line.skills, line.is_protected) == (["维修"], True)
    await take(desk, town, f"姓名,手机号,党支部,保密\n张三,{OLD},甲支部,否\n")
    assert [one.is_protected for one in await living(session, town)] == [False]


async def test_a_skill_longer_than_is_kept_is_refused_by_its_cell(desk: Desk, town: Town) -> None:
    seen = await preview(desk, town, f"姓名,手机号,党支部,特长\n张三,{OLD},甲,{'长' * 61}\n")
    assert [(one["row"], one["column"]) for one in seen["refused"]] == [(2, "skills")]


async def test_a_branch_that_stands_deeper_in_the_employer_is_the_same_branch(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    committee = await make_organization(session, "party_committee", town.employer, name="机关")
    deep = await make_organization(session, "employer_branch", committee, name="机关")
    await take(desk, town, f"{HEAD}张三,{OLD},机关\n")
    assert [one.branch_id for one in await living(session, town)] == [deep.id]
    named = await session.scalars(select(Organization.id).where(Organization.name == "机关"))
    assert len(named.all()) == 2


# The tenant's words


async def test_who_is_not_in_service_is_told_by_the_tenants_hints_and_nothing_of_him_is_read(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    item = await session.scalar(
        select(ContentItem).where(ContentItem.section == "imports", ContentItem.code == "roster")
    )
    assert item is not None
    (form,) = item.data["value"]
    hints = [
        {"if_branch_contains": "离退休干部处", "treat_as": "in_service"},
        {"if_branch_contains": "援外", "treat_as": "long_abroad"},
        *form["hints"],
    ]
    item.data = {"value": [form | {"hints": hints}]}
    await session.commit()
    rows = (
        f"张三,{OLD},离退休干部处支部\n"
        f"李四,{OLD},援外 支部\n"
        "王五,0513-85512345,离退休支部\n"
        ",,学生支部\n"
    )
    seen = await take(desk, town, HEAD + rows)
    assert [one["row"] for one in seen["taken"]] == [2]
    assert [(one["row"], one["state"], one["name"]) for one in seen["not_in_service"]] == [
        (3, "long_abroad", "长期出国（境）"),
        (4, "retired", "离退休"),
        (5, "student", "学生党员"),
    ]
    assert [one.name for one in await living(session, town)] == ["张三"]


@pytest.mark.parametrize(
    ("header", "cell", "status"),
    [
        ("党员类别", "正式党员", "full"),
        ("党员类型", "预 备", "probationary"),
        ("是否预备", "是", "probationary"),
        ("是否 预备", "否", "full"),
    ],
)
async def test_the_status_is_one_of_the_tenants_however_it_is_asked(
    desk: Desk, town: Town, session: AsyncSession, header: str, cell: str, status: str
) -> None:
    await take(desk, town, f"姓名,手机号,党支部,{header}\n张三,{OLD},甲支部,{cell}\n")
    assert [one.party_status for one in await living(session, town)] == [status]


async def test_a_status_that_is_none_is_refused_with_what_there_is(desk: Desk, town: Town) -> None:
    seen = await preview(desk, town, f"姓名,手机号,党支部,党员类别\n张三,{OLD},甲,是\n")
    assert "可填：正式党员、预备党员" in seen["refused"][0]["message"]


# Refused over HTTP


@pytest.mark.parametrize(
    ("name", "content", "pointer", "code"),
    [
        ("a.xlsx", xlsx([["某局名册"], ["姓名", "电话"], ["张三", OLD]]), "/2", "missing_column"),
        ("a.csv", f"{HEAD}张三,{OLD},{'甲' * 40_000}\n".encode(), "/2/C", "too_large"),
        ("a.csv", f'{HEAD}张三,{OLD},"甲\n'.encode(), "/2", "bad_line"),
        (
            "a.csv",
            f"姓名,手机,手机,党支部\n张三,{OLD},1,甲\n".encode(),
            "/1/phone",
            "double_column",
        ),
        ("a.xls", b"<html><table></table></html>", "/file", "markup"),
        ("a.xls", xlsx([["姓名"]]), "/file", "wrong_extension"),
        ("a.exe", b"MZ", "/file", "wrong_extension"),
        (
            "a.xlsx",
            zipped({"xl/workbook.xml": b" " * (20 * MEGABYTE)}),
            "/file",
            "too_large",
        ),
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 100, "/file", "damaged"),
    ],
)
async def test_a_file_refused_as_a_whole_says_where_and_why(
    desk: Desk, town: Town, name: str, content: bytes, pointer: str, code: str
) -> None:
    answer = await send(desk, town.employer_clerk, town.employer.id, content, name=name)
    assert (answer.status_code, answer.json()["code"]) == (422, "file_refused")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert any("一" <= sign <= "鿿" for sign in error["message"])


async def test_a_file_with_more_errors_than_anybody_reads_shows_the_first_and_counts_all(
    desk: Desk, town: Town
) -> None:
    rows = [["姓名", "手机号", "党支部"], *(["张三", "1", "甲"] for _ in range(1_000))]
    answer = await send(desk, town.employer_clerk, town.employer.id, xls(rows), name="a.xls")
    seen = answer.json()
    assert (seen["counts"]["rows"], seen["counts"]["refused"]) == (1_000, 1_000)
    assert [one["row"] for one in seen["refused"]] == list(range(2, 202))
    refused = (await apply(desk, town.employer_clerk, seen["id"])).json()
    assert (refused["code"], len(refused["errors"])) == ("rows_refused", 200)
    assert refused["errors"][0]["pointer"] == "/members/2/phone"
