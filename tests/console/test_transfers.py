"""转接 in the console: let go by one side, taken in by the other, or refused with a reason."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Member, Registration, TransferStatus
from app.models.member import RegistrationStatus as S
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration, make_transfer
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.reports.town import Town, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
T = TransferStatus
EVIL = "<script>alert(1)</script>"


@dataclass
class Away:
    """Where members go: another community with a grid and a building, another employer."""

    community: Organization
    grid: Organization
    building: Organization
    clerk: Person
    employer: Organization
    branch: Organization
    employer_clerk: Person


@pytest.fixture
async def away(session: AsyncSession, town: Town) -> Away:
    community = await make_community(session, name="新城社区")
    grid = await make_organization(session, "grid", community, name="九网格")
    employer = await make_organization(
        session,
        "employer",
        await session.get_one(Organization, town.employer.lineage[-2]),
        name="市园林局",
    )
    return Away(
        community,
        grid,
        await make_organization(session, "building", grid, name="7幢"),
        await make_staff(session, Role.COMMUNITY_CLERK, community),
        employer,
        await make_organization(session, "employer_branch", employer, name="机关支部"),
        await make_staff(session, Role.EMPLOYER_CLERK, employer),
    )


def path(place: Organization, side: str) -> str:
    return f"/console/organizations/{place.id}/transfers?side={side}"


async def test_the_list_is_small_cheap_masked_and_goes_on(
    session: AsyncSession, town: Town, away: Away, visit: Visit, count_statements: Count
) -> None:
    browser = await visit(town.secretary)
    assert "没有等待办理的转出" in (await browser.get(path(town.community, "out"))).text
    page = (await browser.get(path(town.community, "in"))).text
    assert "没有等待接收的转入" in page and 'aria-current="page"' in page
    for _ in range(21):
        row = await make_registration(
            session, town.community, await make_person(session, name=EVIL)
        )
        await make_transfer(session, row, away.community)
    with count_statements() as statements:
        shown = await browser.get(path(town.community, "out"))
    assert len(statements) <= 5 and len(shown.content) <= 60_000
    assert shown.text.count('href="/console/transfers/') == 20
    assert EVIL not in shown.text and "新城社区" in shown.text and "转社区" in shown.text
    found = re.search(r'<a href="([^"]+)" rel="next">', shown.text)
    assert found is not None and "side=out" in found[1]
    page = (await browser.get(found[1].replace("&amp;", "&"))).text
    assert page.count('href="/console/transfers/') == 1
    page = (await browser.get(path(town.community, "out") + "&status=refused")).text
    assert "没有这个状态的转出" in page
    inbox = (await browser.get("/console/")).text
    assert f'<a href="{path(town.community, "out")}">21份转出申请等待办理</a>' in inbox


async def test_a_member_moves_from_community_to_community(
    session: AsyncSession, town: Town, away: Away, visit: Visit
) -> None:
    row = await make_transfer(
        session, town.registration, away.community, building_id=away.building.id
    )
    one = f"/console/transfers/{row.id}"
    browser = await visit(town.secretary)
    page = (await browser.get(one)).text
    assert "学田社区 → 新城社区" in page and "7幢" not in page and f"{one}/take-in" not in page
    done = await browser.post(f"{one}/let-go")
    assert done.headers["location"] == f"{one}?said=transfer_let_go"
    page = (await browser.get(done.headers["location"])).text
    assert "待转入方接收" in page and f"{one}/let-go" not in page and "同意转出" in page
    assert f'href="{path(town.community, "out")}"' in page
    browser = await visit(away.clerk)
    assert one in (await browser.get(path(away.community, "in"))).text
    page = (await browser.get(one)).text
    assert "7幢" in page and re.search(rf'<option value="{away.grid.id}" selected>九网格', page)
    wrong = await browser.post(f"{one}/take-in", data={"grid_id": str(town.community.id)})
    assert (wrong.status_code, 'id="wrong-field-take_in-grid_id"' in wrong.text) == (422, True)
    done = await browser.post(f"{one}/take-in", data={"grid_id": str(away.grid.id)})
    assert done.headers["location"] == f"{one}?said=transfer_take_in"
    page = (await browser.get(done.headers["location"])).text
    new = await session.scalar(
        select(Registration).where(Registration.community_id == away.community.id)
    )
    assert new is not None and f"/console/registrations/{new.id}" in page
    assert new.grid_id == away.grid.id
    late = await browser.post(f"{one}/take-in")
    assert (late.status_code, "当前状态下不能进行此操作" in late.text) == (409, True)
    page = (await browser.get(path(away.community, "in") + "&status=effective")).text
    assert one in page and "已转入" in page


async def test_a_member_changes_his_employer(
    session: AsyncSession, town: Town, away: Away, visit: Visit
) -> None:
    line = await make_member(session, away.employer, service_state="applied")
    row = await make_transfer(session, town.registration, away.employer, new_member_id=line.id)
    one = f"/console/transfers/{row.id}"
    browser = await visit(town.employer_clerk)
    assert "转单位" in (await browser.get(path(town.employer, "out"))).text
    await browser.post(f"{one}/let-go")
    browser = await visit(away.employer_clerk)
    page = (await browser.get(one)).text
    assert "机关支部" in page and "新单位名册中没有" in page and "网格" not in page
    assert "新住处" not in page
    done = await browser.post(f"{one}/take-in", data={"branch_id": str(away.branch.id)})
    assert done.status_code == 303
    await session.refresh(line)
    assert (line.branch_id, line.service_state) == (away.branch.id, "in_service")


@pytest.mark.parametrize("side", ["out", "in"])
async def test_either_side_says_no_with_a_reason(
    session: AsyncSession, town: Town, away: Away, visit: Visit, side: str
) -> None:
    row = await make_transfer(session, town.registration, away.community)
    who, action, said, step = town.secretary, "keep", "transfer_keep", "不同意转出"
    if side == "in":
        row.status = T.OUT_CONFIRMED
        who, action, said, step = away.clerk, "turn-down", "transfer_turn_down", "不接收转入"
    await session.flush()
    one = f"/console/transfers/{row.id}"
    browser = await visit(who)
    none = await browser.post(f"{one}/{action}", data={"reason_code": "", "reason_text": EVIL})
    assert none.status_code == 422 and '<details class="no-print" open>' in none.text
    assert EVIL not in none.text and "&lt;script&gt;" in none.text
    data = {"reason_code": "wrong_building", "reason_text": "楼栋对不上"}
    done = await browser.post(f"{one}/{action}", data=data)
    assert done.headers["location"] == f"{one}?said={said}"
    page = (await browser.get(done.headers["location"])).text
    assert "未同意" in page and f"{step}：楼栋对不上" in page
    assert f"{one}/{action}" not in page
    await session.refresh(town.registration)
    assert town.registration.status is S.ACTIVE


async def test_it_is_nobody_else_s(
    session: AsyncSession, town: Town, away: Away, visit: Visit
) -> None:
    row = await make_transfer(session, town.registration, away.community)
    one = f"/console/transfers/{row.id}"
    browser = await visit(town.employer_clerk)  # the employer has no part in a move
    assert (await browser.get(one)).status_code == 404
    assert (await browser.post(f"{one}/let-go")).status_code == 404
    assert (await browser.get(path(town.community, "out"))).status_code == 403
    browser = await visit(away.clerk)
    assert (await browser.post(f"{one}/let-go")).status_code == 403
    line = await session.get_one(Member, town.registration.member_id)
    line.is_protected = True
    await session.flush()
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
    browser = await visit(clerk)
    assert one not in (await browser.get(path(town.community, "out"))).text
    assert (await browser.get(one)).status_code == 404
    browser = await visit(town.secretary)
    assert "受保护" in (await browser.get(path(town.community, "out"))).text
    assert "受保护" in (await browser.get(one)).text
