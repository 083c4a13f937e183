"""月小结: its text goes to members and residents in one tap, once; nobody is named."""

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.house import OperationLog
from app.models.member import RegistrationStatus
from app.models.person import Role
from app.models.report import Notification
from app.models.statistic import Rhythm, RollUp
from tests.console.conftest import Visit
from tests.factories.members import make_registration, make_resident
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.posts.town import Sessions, work

TEXT = "德民社区11月小结：新收诉求12件，居民确认办成9件。"


async def test_the_secretary_sends_a_month_once(
    session: AsyncSession, sessions: Sessions, visit: Visit
) -> None:
    community, other = await make_community(session), await make_community(session)
    member, both, resident = [await make_person(session) for _ in range(3)]
    await make_registration(session, community, member)
    await make_registration(session, community, both, status=RegistrationStatus.SUSPENDED)
    for person in (both, resident):
        await make_resident(session, community, person)
    gone = await make_resident(session, community, await make_person(session))
    gone.ended_at = clock.now()
    without = await make_resident(session, community, await make_person(session))
    without.person_id, without.name = None, "周大爷"
    await make_registration(session, community, status=RegistrationStatus.PENDING_COMMUNITY)
    await make_registration(session, other)
    month = RollUp(
        organization_id=community.id,
        rhythm=Rhythm.MONTH,
        first_on=clock.months_after(clock.today().replace(day=1), -1),
        content={"new": 12},
        text=TEXT,
    )
    session.add(month)
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    await session.commit()
    one = f"/console/roll-ups/{month.id}"
    browser: AsyncClient = await visit(clerk)
    assert f"{one}/send" not in (await browser.get(one)).text
    assert (await browser.post(f"{one}/send")).status_code == 403
    browser = await visit(secretary)
    assert f"{one}/send" in (await browser.get(one)).text
    done = await browser.post(f"{one}/send")
    page = await browser.get(done.headers["location"])
    assert "已发给党员和居民" in page.text and f"{one}/send" not in page.text
    listed = await browser.get(f"/console/organizations/{community.id}/roll-ups")
    assert "已发送" in listed.text
    again = await browser.post(f"{one}/send")
    assert (again.status_code, "不重复发送" in again.text) == (409, True)
    await work(sessions)
    rows = (await session.scalars(select(Notification))).all()
    assert {row.person_id for row in rows} == {member.id, both.id, resident.id}
    assert (len(rows), {row.text for row in rows}) == (3, {TEXT})
    noted = await session.scalar(
        select(OperationLog.action).where(OperationLog.subject_id == month.id)
    )
    assert noted == "roll_up.sent"


async def test_a_day_is_not_sent(session: AsyncSession, visit: Visit) -> None:
    community = await make_community(session)
    day = RollUp(
        organization_id=community.id, rhythm=Rhythm.DAY, first_on=clock.today(), content={}
    )
    session.add(day)
    await session.flush()
    browser = await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, community))
    one = f"/console/roll-ups/{day.id}"
    assert f"{one}/send" not in (await browser.get(one)).text
    assert (await browser.post(f"{one}/send")).status_code == 404
