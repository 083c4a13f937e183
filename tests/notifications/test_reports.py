"""Who is told of sheets and summaries, and what they say; nobody's words stand in an inbox."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.events import tell_next
from app.models.person import Person
from app.models.report import Notification, Report
from app.reports import summaries
from app.wiring import LISTENERS
from tests.reports.town import TODAY, Desk, Town, compile_summary, desk, draft, town

__all__ = ["desk", "town"]
Sessions = async_sessionmaker[AsyncSession]


async def inbox(session: AsyncSession, sessions: Sessions, who: Person) -> dict[str, str]:
    """The texts that the person was told, by message, after everybody was told everything."""
    while await tell_next(sessions, LISTENERS):
        pass
    rows = await session.execute(
        select(Notification.message, Notification.text).where(Notification.person_id == who.id)
    )
    return {message: text for message, text in rows}


async def test_a_member_is_told_of_his_draft_and_of_its_issue(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    sheet = await draft(desk, town)
    assert set(await inbox(session, sessions, town.member)) == {"sheet_to_read"}
    issued = await desk.post(town.secretary, f"/reports/{sheet}/issue")
    told = await inbox(session, sessions, town.member)
    assert issued["number"] in told["sheet_issued"]
    assert set(told) == {"sheet_to_read", "sheet_issued"}


async def test_the_communitys_secretary_is_told_what_kind_of_words_came(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    sheet = await draft(desk, town)
    path = f"/reports/{sheet}/statements"
    await desk.post(town.member, path, words="那次是临时加班")
    await desk.post(town.member, f"/reports/{sheet}/objections", kind="votes", words="有人未回避")
    told = await inbox(session, sessions, town.secretary)
    assert told == {
        "sheet_statement": f"一份{TODAY.year}年反馈单有了本人说明，请查看。",
        "objection_to_answer": told["objection_to_answer"],
    }


async def test_the_employers_secretary_is_told_how_many_sheets_came_and_how_long_they_wait(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
) -> None:
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    summary = await compile_summary(desk, town)
    told = await inbox(session, sessions, town.employer_secretary)
    assert told == {"summary_delivered": "含1份反馈单，点开一次签收。"}
    move_clock(timedelta(days=14))
    report = await session.get_one(Report, summary["id"], populate_existing=True)
    await summaries.remind(session, report)
    await session.commit()
    told = await inbox(session, sessions, town.employer_secretary)
    waited = (clock.today() - TODAY).days
    assert (waited, told["summary_unread"]) == (14, "已送达10个工作日，请签收。")


async def test_the_employers_secretary_is_told_of_a_new_edition_of_what_was_delivered_only(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    for _ in range(2):
        sheet = await draft(desk, town)
        await desk.post(town.secretary, f"/reports/{sheet}/issue")
    assert await inbox(session, sessions, town.employer_secretary) == {}
    await compile_summary(desk, town)
    old = (await desk.get(town.member, f"/reports/{sheet}"))["number"]
    again = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{again}/issue")
    told = await inbox(session, sessions, town.employer_secretary)
    assert told["sheet_superseded"] == f"{old}已由新版替代：更正。"
