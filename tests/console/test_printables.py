"""打印: posters with their codes, slips by building, the employer's letter; all of them PDF."""

import io
from typing import Any

import pytest
from httpx import AsyncClient, Response
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.models.need import Acceptance, NeedKind, NeedStatus
from app.models.organization import Organization
from app.models.person import Role
from app.permissions import Actor
from app.printables import reading
from app.simulator import wxacode
from app.wechat.client import WeChat
from tests.conftest import OwnReader
from tests.console.conftest import Visit
from tests.factories.needs import make_need
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.simulator.hands import Hands

DRAWN = "/wxa/getwxacodeunlimit"


def is_pdf(answer: Response, name: str) -> bool:
    """A PDF to be kept under this name."""
    head = answer.headers.get("content-disposition", "")
    return answer.content.startswith(b"%PDF-1") and head.endswith(f'"{name}.pdf"')


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session, name="德民社区")


@pytest.fixture
async def building(session: AsyncSession, community: Organization) -> Organization:
    compound = await make_organization(session, "compound", community, name="康乐小区")
    grid = await make_organization(session, "grid", community, name="三网格")
    return await make_organization(
        session, "building", grid, name="12幢", compound_id=compound.id, units=2, households=48
    )


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))


async def test_posters_carry_the_code_of_their_place(
    wechat: WeChat,
    browser: AsyncClient,
    community: Organization,
    building: Organization,
    simulator: Hands,
) -> None:
    page = await browser.get(f"/console/communities/{community.id}/printables")
    poster = f"/console/buildings/{building.id}/poster"
    assert poster in page.text and "康乐小区（1幢）" in page.text and "长者大字版" in page.text
    own = await browser.post(f"/console/communities/{community.id}/printables/poster")
    assert is_pdf(own, "community_poster")
    assert is_pdf(await browser.post(poster), "building_poster")
    assert await simulator.calls(DRAWN) == 2
    await simulator.fault(path=DRAWN, errcode=45009, times=None)
    assert (await browser.post(poster)).status_code == 503


async def test_a_building_is_described_without_a_name_of_anybody(
    client: AsyncClient, reader: OwnReader, community: Organization, building: Organization
) -> None:
    actor = Actor(new_id(), {Role.COMMUNITY_CLERK: (community.id,)})
    said = await reading.building_poster(reader, actor, building.id)
    assert said["facts"] == [
        ["社区", "德民社区"],
        ["小区", "康乐小区"],
        ["网格", "三网格"],
        ["单元", "2个"],
        ["住户", "48户"],
    ]
    assert (said["scene"], said["page"]) == (building.id.hex, "pages/scan/building")
    scanned = await client.get(f"/api/v1/organizations/{said['scene']}/path")
    assert [each["id"] for each in scanned.json()][-3:-1] == [
        str(community.id),
        str(building.parent_id),
    ]
    poster = await reading.community_poster(reader, actor, community.id)
    assert poster["text"].startswith("住在德民社区的在职党员")


async def test_a_community_without_buildings_says_what_to_do(
    browser: AsyncClient, community: Organization
) -> None:
    page = await browser.get(f"/console/communities/{community.id}/printables")
    assert "还没有楼栋" in page.text


async def test_slips_are_for_who_has_no_account_and_has_not_answered(
    session: AsyncSession,
    browser: AsyncClient,
    reader: OwnReader,
    community: Organization,
    building: Organization,
) -> None:
    done: Any = {"status": NeedStatus.DONE, "requester_id": None}
    here = await make_need(session, community, **done, building_id=building.id, category="lamp")
    there = await make_need(session, community, **done)
    has_account = await make_need(session, community, status=NeedStatus.DONE)
    hint = await make_need(session, community, **done, kind=NeedKind.ABOUT_MEMBER)
    for need in (there, here, has_account, hint):
        session.add(Acceptance(need_id=need.id, round=0))
    await session.flush()
    actor = Actor(new_id(), {Role.COMMUNITY_SECRETARY: (community.id,)})
    said = await reading.slips(reader, actor, community.id)
    assert [
        (each["name"], [slip["number"] for slip in each["slips"]]) for each in said["buildings"]
    ] == [
        ("康乐小区 12幢", [here.number]),
        ("", [there.number]),
    ]
    assert said["answers"] == ["已解决", "部分解决", "没解决"]
    answer = await browser.post(f"/console/communities/{community.id}/printables/slips")
    assert is_pdf(answer, "paper_slip")


async def test_an_employer_prints_its_letter(session: AsyncSession, visit: Visit) -> None:
    employer = await make_organization(session, "employer", name="通州区教育局")
    browser = await visit(await make_staff(session, Role.EMPLOYER_CLERK, employer))
    path = f"/console/employers/{employer.id}/printables"
    page = await browser.get(path)
    assert "奉献双岗位" in page.text and "通州区教育局" in page.text
    assert is_pdf(await browser.post(f"{path}/letter"), "appeal_letter")
    unknown = path.replace(str(employer.id), str(new_id()))
    assert (await browser.post(f"{unknown}/letter")).status_code == 404


async def test_guides_are_for_everybody(client: AsyncClient) -> None:
    for guide in reading.Guide:
        assert is_pdf(await client.get(f"/api/v1/guides/{guide}"), guide)
    assert (await client.get("/api/v1/guides/badge")).status_code == 422


def test_the_simulated_code_can_be_scanned() -> None:
    body = {"scene": "a" * 32, "page": "pages/scan/building", "width": 430}
    picture = Image.open(io.BytesIO(wxacode.make(body, lambda page: True)))
    assert (picture.format, picture.size, picture.info["comment"]) == (
        "JPEG",
        (430, 430),
        b"a" * 32,
    )
    dark = sum(picture.histogram()[:128]) / (430 * 430)
    assert 0.2 < dark < 0.6
