"""职务与权限 in the console: who holds what, giving and ending, never above one's own."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.console.visit import ROLE_NAMES
from app.core import clock
from app.models.organization import Appointment, Organization
from app.models.person import Person, Role, RoleGrant
from tests.console.conftest import Visit
from tests.factories.organizations import make_community, make_employer
from tests.factories.people import make_staff

PHONE = "13911112222"


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session, name="学田社区居委会")


@pytest.fixture
async def secretary(session: AsyncSession, community: Organization) -> Person:
    return await make_staff(session, Role.COMMUNITY_SECRETARY, community, name="季春梅")


@pytest.fixture
async def browser(visit: Visit, secretary: Person) -> AsyncClient:
    return await visit(secretary)


def test_every_role_has_its_name() -> None:
    assert set(ROLE_NAMES) == set(Role)


async def test_a_role_is_given_shown_masked_and_ended(
    session: AsyncSession, community: Organization, browser: AsyncClient
) -> None:
    path = f"/console/organizations/{community.id}/roles"
    page = (await browser.get(path)).text
    assert page.count("aria-current=") == 2  # one entry of the menu, and the last of the way
    assert "季**" in page and "本人" in page and "季春梅" not in page.partition("<main")[2]
    assert "社区党组织书记（代理，须填截止日期）" in page and "街道管理员" not in page
    body = {"role": "community_clerk", "phone": PHONE, "name": "王建国"}
    wrong = await browser.post(path, data=body | {"phone": "123"})
    assert wrong.status_code == 422 and 'value="王建国"' in wrong.text
    done = await browser.post(path, data=body)
    page = (await browser.get(done.headers["location"])).text
    assert "已授予" in page and "王**" in page and "139****2222" in page and "尚未登录" in page
    assert PHONE not in page
    twice = await browser.post(path, data=body)
    assert twice.status_code == 409 and "已有此角色" in twice.text
    endless = await browser.post(path, data=body | {"role": "community_secretary"})
    assert endless.status_code == 422 and "请他人代理时须填写截止日期" in endless.text
    last = (clock.today() + timedelta(days=9)).isoformat()
    acting = body | {"role": "community_secretary", "valid_to": last}
    assert (await browser.post(path, data=acting)).status_code == 303
    above = await browser.post(path, data=body | {"role": "city_admin"})
    assert above.status_code == 403
    row = await session.scalar(select(RoleGrant).where(RoleGrant.role == Role.COMMUNITY_CLERK))
    assert row is not None
    done = await browser.post(f"{path}/ended", data={"role_id": str(row.id)})
    page = (await browser.get(done.headers["location"])).text
    assert "已收回" in page and "社区工作人员</td>" not in page
    gone = await browser.post(f"{path}/ended", data={"role_id": str(row.id)})
    assert gone.status_code == 404


async def test_what_is_above_is_ended_above_and_a_post_is_named(
    session: AsyncSession, community: Organization, secretary: Person, visit: Visit
) -> None:
    post = Appointment(
        organization_id=community.id,
        post="community_secretary",
        name="季春梅",
        person_id=secretary.id,
        from_on=clock.today(),
    )
    session.add(post)
    await session.flush()
    grant = await session.scalar(select(RoleGrant).where(RoleGrant.person_id == secretary.id))
    assert grant is not None
    grant.appointment_id = post.id
    other = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
    browser = await visit(other)
    path = f"/console/organizations/{community.id}/roles"
    page = (await browser.get(path)).text
    assert "任职：社区党组织书记" in page and "收回" in page
    held = {"role_id": str(grant.id)}
    refused = await browser.post(f"{path}/ended", data=held)
    assert refused.status_code == 403


async def test_an_employer_secretary_gives_clerks_and_has_no_tree(
    session: AsyncSession, visit: Visit
) -> None:
    employer = await make_employer(session, name="市教育局")
    browser = await visit(await make_staff(session, Role.EMPLOYER_SECRETARY, employer))
    path = f"/console/organizations/{employer.id}"
    page = (await browser.get(f"{path}/roles")).text
    assert "单位经办人" in page and f'href="{path}"' not in page
    assert "这里还没有任职" in (await browser.get(f"{path}/appointments")).text
    for number in range(21):
        session.add(
            Appointment(
                organization_id=employer.id,
                post="unit_liaison",
                name=f"李{number}",
                from_on=clock.today(),
            )
        )
    await session.flush()
    page = (await browser.get(f"{path}/appointments")).text
    follow = page.partition("?cursor=")[2].partition('"')[0]
    second = (await browser.get(f"{path}/appointments?cursor={follow}")).text
    assert second.count('data-label="姓名"') == 1 and "未填" in second
