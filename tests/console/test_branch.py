"""A branch, a group or an employer takes services in its name, asks its members and names who comes."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Registration
from app.models.order import BranchTake, Order, OrderStatus, Seat, SeatStatus
from app.models.organization import Organization, OrganizationRegistration, PairingStatus
from app.models.person import Person, Role
from app.models.poll import Poll, PollAnswer, PollChoice, PollStatus
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration
from tests.factories.orders import make_order
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


@dataclass
class Branch:
    """A functional branch of a community, its secretary, its members."""

    community: Organization
    unit: Organization
    leader: Person
    people: list[Registration]


@pytest.fixture
async def branch(session: AsyncSession) -> Branch:
    community = await make_community(session, name="学田社区")
    unit = await make_organization(session, "functional_branch", community, name="学田功能型党支部")
    people = [
        await make_registration(
            session,
            community,
            await make_person(session, name=name),
            functional_branch_id=unit.id,
        )
        for name in ("张三", "李四", "王五")
    ]
    return Branch(community, unit, await make_staff(session, Role.BRANCH_SECRETARY, unit), people)


def orders_of(unit: Organization) -> str:
    return f"/console/organizations/{unit.id}/open-orders"


async def take(session: AsyncSession, branch: Branch, **columns: Any) -> tuple[Order, BranchTake]:
    """An order of three places, two of which the branch holds without a name."""
    order = await make_order(session, branch.community, seats=3, taken=2)
    row = BranchTake(
        **{
            "order_id": order.id,
            "organization_id": branch.unit.id,
            "places": 2,
            "unnamed": 2,
            "names_due_at": clock.now() + timedelta(hours=20),
        }
        | columns
    )
    session.add(row)
    await session.flush()
    return order, row


async def test_the_list_is_small_cheap_and_of_its_own_community(
    session: AsyncSession, branch: Branch, visit: Visit, count_statements: Count
) -> None:
    browser = await visit(branch.leader)
    path = orders_of(branch.unit)
    page = (await browser.get(path)).text
    assert "现在没有可以承接的服务" in page and 'aria-current="page"' in page
    rows = [
        await make_order(
            session,
            branch.community,
            title=EVIL,
            starts_at=clock.now() + timedelta(days=number + 1),
            seats=2,
        )
        for number in range(21)
    ]
    rows[0].taken = 2
    await make_order(session, branch.community, status=OrderStatus.DRAFT)
    await make_order(session, branch.community, is_confidential=True)
    await make_order(session, branch.community, starts_at=clock.now() - timedelta(minutes=5))
    await make_order(session, await make_community(session))
    with count_statements() as statements:
        shown = await browser.get(path)
    assert len(statements) <= 5 and len(shown.content) <= 60_000
    assert re.findall(f'href="{path}/([0-9a-f-]+)"', shown.text) == [
        str(row.id) for row in rows[:20]
    ]
    assert EVIL not in shown.text and "已满" in shown.text and "2/2" in shown.text
    found = re.search(r'<a href="([^"]+)" rel="next">', shown.text)
    assert found is not None
    page = (await browser.get(found[1].replace("&amp;", "&"))).text
    assert re.findall(f'href="{path}/([0-9a-f-]+)"', page) == [str(rows[20].id)]


async def test_an_employer_s_branch_takes_where_its_employer_is_registered(
    session: AsyncSession, branch: Branch, visit: Visit
) -> None:
    employer = await make_organization(
        session,
        "employer",
        await session.get_one(Organization, branch.community.lineage[1]),
    )
    unit = await make_organization(session, "employer_branch", employer, name="机关支部")
    order = await make_order(session, branch.community, seats=2)
    pairing = OrganizationRegistration(
        employer_id=employer.id,
        community_id=branch.community.id,
        proposed_by="employer",
        status=PairingStatus.PROPOSED,
    )
    session.add(pairing)
    await session.flush()
    leader = await make_staff(session, Role.EMPLOYER_SECRETARY, unit)
    browser = await visit(leader)
    one = f"{orders_of(unit)}/{order.id}"
    assert one not in (await browser.get(orders_of(unit))).text
    assert (await browser.get(one)).status_code == 404
    pairing.status = PairingStatus.ACTIVE
    line = await make_member(session, employer, branch_id=unit.id)
    mine = await make_registration(
        session, await make_community(session), await make_person(session, name="孙七"), member=line
    )
    await session.flush()
    assert one in (await browser.get(orders_of(unit))).text
    page = (await browser.get(one)).text
    assert "孙七" in page and "以机关支部的名义承接" in page and str(mine.id) in page
    done = await browser.post(f"{one}/take", data={"organization_id": str(unit.id), "places": "1"})
    assert done.status_code == 303
    assert "还没有报名单" in (await browser.get(done.headers["location"])).text


async def test_places_are_taken_and_who_is_ticked_is_asked(
    session: AsyncSession, branch: Branch, visit: Visit, count_statements: Count
) -> None:
    order = await make_order(session, branch.community, seats=2, description=EVIL)
    one = f"{orders_of(branch.unit)}/{order.id}"
    browser = await visit(branch.leader)
    with count_statements() as statements:
        page = (await browser.get(one)).text
    assert len(statements) <= 7
    assert "张三" in page and EVIL not in page and "2/2" in page
    unit = {"organization_id": str(branch.unit.id)}
    ids = [str(each.id) for each in branch.people]
    many = unit | {"places": "1", "registration_ids": ids[:2]}
    refused = await browser.post(f"{one}/take", data=many)
    assert (refused.status_code, "人数多于名额" in refused.text) == (422, True)
    assert refused.text.count("checked") == 2
    refused = await browser.post(f"{one}/take", data=unit | {"places": "3"})
    assert (refused.status_code, 'role="alert"' in refused.text) == (409, True)
    data = unit | {"places": "2", "registration_ids": ids[0]}
    done = await browser.post(f"{one}/take", data=data)
    made = (await session.scalars(select(BranchTake))).one()
    assert done.headers["location"] == f"/console/branch-takes/{made.id}?said=branch_take"
    page = (await browser.get(done.headers["location"])).text
    assert "张三" in page and "已邀请，待答复" in page and "还差" in page
    page = (await browser.get(one)).text
    assert f"/console/branch-takes/{made.id}" in page and f"{one}/take" not in page
    page = (await browser.get(f"/console/organizations/{branch.unit.id}/branch-takes")).text
    assert f"/console/branch-takes/{made.id}" in page and "还差 1 人" in page


async def test_who_is_named_later_declines_and_another_comes_in_his_place(
    session: AsyncSession, branch: Branch, visit: Visit, count_statements: Count
) -> None:
    order, row = await take(session, branch)
    first, second, third = branch.people
    one = f"/console/branch-takes/{row.id}"
    browser = await visit(branch.leader)
    takes = f"/console/organizations/{branch.unit.id}/branch-takes"
    waits = f'<a href="{takes}">1项承接的服务等待补名单</a>'
    assert waits in (await browser.get("/console/")).text
    assert "换下" not in (await browser.get(one)).text
    none = await browser.post(f"{one}/names", data={})
    assert (none.status_code, 'id="wrong-field-name-registration_ids"' in none.text) == (422, True)
    done = await browser.post(f"{one}/names", data={"registration_ids": str(first.id)})
    assert done.headers["location"] == f"{one}?said=branch_name"
    with count_statements() as statements:
        page = (await browser.get(one)).text
    assert len(statements) <= 7 and "换下" in page
    seat = (await session.scalars(select(Seat).where(Seat.order_id == order.id))).one()
    wrong = await browser.post(f"{one}/exchange", data={"seat_id": str(seat.id)})
    assert wrong.status_code == 422
    assert 'id="wrong-field-exchange-registration_id"' in wrong.text
    data = {"seat_id": str(seat.id), "registration_id": str(second.id)}
    again = await browser.post(f"{one}/exchange", data=data | {"seat_id": str(first.id)})
    assert (again.status_code, "名单中没有这个名额" in again.text) == (422, True)
    assert f'value="{second.id}" selected' in again.text
    done = await browser.post(f"{one}/exchange", data=data)
    assert done.headers["location"] == f"{one}?said=branch_exchange"
    page = (await browser.get(one)).text
    assert "已换人" in page and str(third.id) in page
    done = await browser.post(f"{one}/give-back")
    assert done.headers["location"] == f"{one}?said=branch_give_back"
    page = (await browser.get(one)).text
    assert f"{one}/give-back" not in page and f"{one}/names" not in page
    await session.refresh(order)
    assert order.taken == 1
    assert "已报" in (await browser.get(takes)).text
    assert waits not in (await browser.get("/console/")).text


async def test_after_its_time_nothing_is_named_or_exchanged(
    session: AsyncSession, branch: Branch, visit: Visit
) -> None:
    order, row = await take(session, branch, names_due_at=clock.now() - timedelta(hours=1))
    one = f"/console/branch-takes/{row.id}"
    browser = await visit(branch.leader)
    page = (await browser.get(one)).text
    assert f"{one}/names" not in page and f"{one}/exchange" not in page
    ids = {"registration_ids": str(branch.people[0].id)}
    late = await browser.post(f"{one}/names", data=ids)
    assert (late.status_code, "已过报名单或换人的时间" in late.text) == (409, True)
    order.starts_at = clock.now() - timedelta(minutes=1)
    await session.flush()
    page = (await browser.get(f"{orders_of(branch.unit)}/{order.id}")).text
    assert "这项服务现在不能以学田功能型党支部的名义承接" in page


async def test_a_long_list_of_members_is_named_from_page_by_page(
    session: AsyncSession, branch: Branch, visit: Visit
) -> None:
    for _ in range(100):
        await make_registration(session, branch.community, functional_branch_id=branch.unit.id)
    order, row = await take(session, branch)
    browser = await visit(branch.leader)
    for path in (f"{orders_of(branch.unit)}/{order.id}", f"/console/branch-takes/{row.id}"):
        shown = await browser.get(path)
        assert shown.text.count('name="registration_ids"') == 100
        assert len(shown.content) <= 60_000
        found = re.search(r'<a href="([^"]+)">更多党员', shown.text)
        assert found is not None
        page = (await browser.get(found[1].replace("&amp;", "&"))).text
        assert page.count('name="registration_ids"') == 3


async def test_members_are_asked_first_and_named_from_their_answers(
    session: AsyncSession, branch: Branch, visit: Visit, count_statements: Count
) -> None:
    order = await make_order(session, branch.community, seats=3)
    one = f"{orders_of(branch.unit)}/{order.id}"
    browser = await visit(branch.leader)
    unit = {"organization_id": str(branch.unit.id)}
    past = f"{clock.now() - timedelta(days=1):%Y-%m-%dT09:00}"
    refused = await browser.post(f"{one}/polls", data=unit | {"closes_at": past})
    assert (refused.status_code, f'value="{past}"' in refused.text) == (422, True)
    done = await browser.post(f"{one}/polls", data=unit)
    poll = (await session.scalars(select(Poll))).one()
    path = f"/console/polls/{poll.id}"
    assert done.headers["location"] == f"{path}?said=poll_ask"
    again = await browser.post(f"{one}/polls", data=unit)
    assert (again.status_code, "已在询问中" in again.text) == (409, True)
    assert path in (await browser.get(one)).text
    first, second, third = branch.people
    for person, said in ((first, PollChoice.YES), (second, PollChoice.MAYBE)):
        await session.execute(
            update(PollAnswer).where(PollAnswer.registration_id == person.id).values(answer=said)
        )
    with count_statements() as statements:
        page = (await browser.get(path)).text
    assert len(statements) <= 7
    assert "3 人" in page and "能来 1 人，不一定 1 人" in page and "未答复" in page
    assert page.count('name="registration_ids"') == 1 and one in page
    page = (await browser.get(path, params={"answer": "maybe"})).text
    assert "李四" in page and "张三" not in page
    page = (await browser.get(path, params={"answer": "no"})).text
    assert "没有这样的答复" in page
    wrong = await browser.post(f"{path}/names", data={"registration_ids": str(third.id)})
    assert (wrong.status_code, "这位党员没有答复能来" in wrong.text) == (422, True)
    done = await browser.post(f"{path}/names", data={"registration_ids": str(first.id)})
    assert done.headers["location"] == f"{path}?said=poll_name"
    seat = (await session.scalars(select(Seat))).one()
    assert (seat.status, seat.registration_id) == (SeatStatus.OFFERED, first.id)
    page = (await browser.get(path)).text
    assert "已有安排" in page and 'name="registration_ids"' not in page
    done = await browser.post(f"{path}/close")
    assert done.headers["location"] == f"{path}?said=poll_close"
    page = (await browser.get(path)).text
    assert "已结束" in page and f"{path}/close" not in page
    await session.refresh(poll)
    assert poll.status is PollStatus.CLOSED


async def test_the_organiser_reads_the_names_and_others_nothing(
    session: AsyncSession, branch: Branch, visit: Visit
) -> None:
    order, row = await take(session, branch)
    one = f"/console/branch-takes/{row.id}"
    browser = await visit(await make_staff(session, Role.COMMUNITY_CLERK, branch.community))
    page = (await browser.get(one)).text
    assert (
        f'href="/console/orders/{order.id}"' in page
        and '<form method="post" action="/console/branch-takes' not in page
    )
    assert (await browser.post(f"{one}/give-back")).status_code == 403
    assert (await browser.get(orders_of(branch.unit))).status_code == 403
    far = await make_organization(session, "functional_branch", await make_community(session))
    browser = await visit(await make_staff(session, Role.BRANCH_DEPUTY, far))
    assert (await browser.get(one)).status_code == 404
    assert (await browser.get(f"{orders_of(far)}/{order.id}")).status_code == 404
    page = (await browser.get(f"/console/organizations/{far.id}/branch-takes")).text
    assert "还没有承接过服务" in page


async def test_a_poll_of_the_organiser_leads_back_to_the_order(
    session: AsyncSession, branch: Branch, visit: Visit
) -> None:
    order = await make_order(session, branch.community)
    poll = Poll(
        order_id=order.id,
        organization_id=branch.community.id,
        asked=1,
        closes_at=order.starts_at,
    )
    session.add(poll)
    await session.flush()
    member = await session.get_one(Person, branch.people[0].person_id)
    session.add(
        PollAnswer(
            poll_id=poll.id, registration_id=branch.people[0].id, person_id=member.id, answer=None
        )
    )
    await session.flush()
    browser = await visit(await make_staff(session, Role.COMMUNITY_CLERK, branch.community))
    page = (await browser.get(f"/console/polls/{poll.id}")).text
    assert f'href="/console/orders/{order.id}"' in page and "张三" in page


async def test_the_organiser_sees_who_holds_places_and_asks_first(
    session: AsyncSession, branch: Branch, visit: Visit, count_statements: Count
) -> None:
    order, row = await take(session, branch)
    group = await make_organization(session, "functional_group", branch.unit, name="第一党小组")
    await make_organization(session, "grid", branch.community, name="三网格")
    one = f"/console/order-units/{order.id}"
    browser = await visit(await make_staff(session, Role.COMMUNITY_CLERK, branch.community))
    assert f'href="{one}"' in (await browser.get(f"/console/orders/{order.id}")).text
    with count_statements() as statements:
        page = (await browser.get(one)).text
    assert len(statements) <= 7
    assert f"/console/branch-takes/{row.id}" in page and "还差 2 人" in page
    assert "还没有询问过" in page and "第一党小组" in page and "三网格" not in page
    nobody = await browser.post(f"{one}/polls", data={"organization_id": str(group.id)})
    assert (nobody.status_code, "没有可以询问的党员" in nobody.text) == (409, True)
    assert f'value="{group.id}" selected' in nobody.text
    whole = {"organization_id": str(branch.community.id)}
    done = await browser.post(f"{one}/polls", data=whole)
    poll = (await session.scalars(select(Poll))).one()
    assert done.headers["location"] == f"/console/polls/{poll.id}?said=poll_ask"
    assert f'href="{one}"' in (await browser.get(f"/console/polls/{poll.id}")).text
    page = (await browser.get(one)).text
    assert f"/console/polls/{poll.id}" in page and "学田社区全体在册党员" in page
    order.status, poll.status, row.unnamed = OrderStatus.CANCELLED, PollStatus.CLOSED, 0
    await session.flush()
    page = (await browser.get(one)).text
    assert "已结束" in page and "已报" in page and f"{one}/polls" not in page
    other = f"/console/order-units/{(await make_order(session, branch.community)).id}"
    assert "还没有支部承接" in (await browser.get(other)).text
    assert (await (await visit(branch.leader)).get(one)).status_code == 403
    stranger = await make_staff(session, Role.COMMUNITY_CLERK, await make_community(session))
    assert (await (await visit(stranger)).get(one)).status_code == 404


async def test_who_is_asked_reads_no_other_s_answer(
    session: AsyncSession, branch: Branch, visit: Visit
) -> None:
    order = await make_order(session, branch.community)
    leader = await make_registration(session, branch.community, branch.leader)
    poll = Poll(
        order_id=order.id,
        organization_id=branch.community.id,
        asked=1,
        closes_at=order.starts_at,
    )
    session.add(poll)
    await session.flush()
    session.add(
        PollAnswer(
            poll_id=poll.id,
            registration_id=leader.id,
            person_id=branch.leader.id,
            answer=PollChoice.YES,
        )
    )
    await session.flush()
    page = (await (await visit(branch.leader)).get(f"/console/polls/{poll.id}")).text
    assert "能来 1 人" in page and "<table" not in page and "/close" not in page


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("functional_branch", Role.BRANCH_DEPUTY),
        ("grid_branch", Role.GROUP_LEADER),
    ],
)
async def test_who_speaks_for_a_unit_has_its_pages(
    session: AsyncSession, visit: Visit, kind: str, role: Role
) -> None:
    community = await make_community(session)
    grid = await make_organization(session, "grid", community)
    unit = await make_organization(session, kind, community, grid_id=grid.id)
    page = (await (await visit(await make_staff(session, role, unit))).get("/console/")).text
    assert "可承接的服务" in page and "已承接的服务" in page and unit.name in page
