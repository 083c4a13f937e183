"""待办: what waits for whom, and what does not."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.console.inbox import LINES
from app.core import clock
from app.models.emergency import CallUpApproval, CallUpStatus
from app.models.member import RegistrationStatus
from app.models.organization import Organization
from app.models.person import Role, RoleGrant
from app.notifications import waiting, work
from app.permissions import Actor
from tests.conftest import OwnReader
from tests.console.conftest import Visit
from tests.factories.emergency import make_call_up
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff

Count = Callable[[], AbstractContextManager[list[str]]]
PENDING = RegistrationStatus.PENDING_COMMUNITY


async def test_nothing_waits(visit: Visit, session: AsyncSession) -> None:
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, await make_community(session))
    page = await (await visit(clerk)).get("/console/")
    assert "现在没有等您办理的事项" in page.text


async def test_all_that_waits_is_on_one_page_with_its_place_and_its_page(
    visit: Visit, session: AsyncSession, count_statements: Count
) -> None:
    first, second = await make_community(session), await make_community(session)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, first)
    session.add(
        RoleGrant(
            person_id=clerk.id,
            role=Role.COMMUNITY_SECRETARY,
            organization_id=second.id,
            valid_from=clock.today(),
        )
    )
    late, soon = clock.now() - timedelta(days=1), clock.now() + timedelta(days=9)
    for place, due in ((first, soon), (first, soon), (second, late)):
        await make_registration(
            session, place, await make_person(session), status=PENDING, remind_at=due
        )
    browser = await visit(clerk)
    with count_statements() as statements:
        page = await browser.get("/console/")
    assert len(statements) <= 5
    links = [
        f'<a href="/console/communities/{place.id}/registrations">{number}份报到等待接收</a>'
        for place, number in ((second, 1), (first, 2))
    ]
    assert page.text.index(links[0]) < page.text.index(links[1])
    assert "已过期" in page.text and second.name in page.text


async def test_who_stands_above_is_not_told_of_every_community(
    visit: Visit, session: AsyncSession, reader: OwnReader
) -> None:
    community = await make_community(session)
    await make_registration(session, community, await make_person(session), status=PENDING)
    above = await session.get_one(Organization, community.lineage[-2])
    for role in Role:
        actor = Actor((await make_person(session)).id, {role: (above.id,)})
        assert await waiting.show(reader, actor) == []


async def test_a_protected_member_waits_for_the_secretary(
    session: AsyncSession, reader: OwnReader
) -> None:
    community = await make_community(session)
    member = await make_member(session, is_protected=True)
    await make_registration(session, community, status=PENDING, member=member)
    counts = {}
    for role in (Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY):
        person = await make_staff(session, role, community)
        rows = await waiting.show(reader, Actor(person.id, {role: (community.id,)}))
        counts[role] = [row["count"] for row in rows]
    assert counts == {Role.COMMUNITY_CLERK: [], Role.COMMUNITY_SECRETARY: [1]}


async def test_a_call_up_waits_above_all_for_who_has_not_approved_it(
    visit: Visit, session: AsyncSession
) -> None:
    community = await make_community(session)
    branch = await make_organization(session, "functional_branch", community)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
    of_branch = await make_staff(session, Role.BRANCH_SECRETARY, branch)
    overdue = clock.now() - timedelta(days=3)
    await make_registration(session, community, status=PENDING, remind_at=overdue)
    drafted = await make_call_up(session, community, status=CallUpStatus.DRAFT)
    await make_call_up(session, community)  # approved by two
    waits = "1个集结任务等待批准"
    page = await (await visit(secretary)).get("/console/")
    assert f'<a href="/console/call-ups">{waits}</a>' in page.text
    assert page.text.index(waits) < page.text.index("1份报到等待接收")
    page = await (await visit(of_branch)).get("/console/")
    assert waits in page.text and branch.name in page.text
    assert waits not in (await (await visit(clerk)).get("/console/")).text
    session.add(CallUpApproval(call_up_id=drafted.id, person_id=secretary.id))
    drafted.status, drafted.due_at = CallUpStatus.ACTIVE, clock.now() + timedelta(hours=24)
    await session.flush()
    assert waits not in (await (await visit(secretary)).get("/console/")).text
    assert waits in (await (await visit(of_branch)).get("/console/")).text


def test_every_kind_has_its_words() -> None:
    assert set(LINES) == {each.kind for each in work.WORK}
