"""反馈单 in the console: read as the member has read them, and signed, many at once or one by one."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.person import Role
from app.models.report import Report, ReportStatus, Statement
from app.models.suggestion import Advice, Suggestion
from app.permissions import Actor
from app.reports import sheets
from app.reports.periods import Period
from tests.console.conftest import Visit
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.reports.town import PERIOD, Town, join, town, withdraw

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"
ALL = Period(*(date.fromisoformat(PERIOD[each]) for each in ("period_from", "period_to")))


async def drafted(session: AsyncSession, town: Town) -> dict[str, Report]:
    """A draft for every member, by whose it is; the facts propose two sentences of 张三."""
    session.add(
        Suggestion(
            registration_id=town.registration.id,
            community_id=town.community.id,
            period_from=ALL.first,
            period_to=ALL.last,
            proposed=Advice.NORMAL,
            reasons=[],
            phrases=["steady", "expert"],
        )
    )
    secretary = Actor(town.secretary.id, {Role.COMMUNITY_SECRETARY: (town.community.id,)})
    made = await sheets.draft(session, secretary, town.community.id, ALL)
    return {str(each.registration_id): each for each in made}


async def test_many_are_signed_at_once_and_each_refusal_is_told(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    path = f"/console/communities/{town.community.id}/sheets"
    browser = await visit(town.secretary)
    assert "没有等待签发的反馈单" in (await browser.get(path)).text
    for number in range(20):
        await join(session, town, EVIL if number else "李四")
    drafts = await drafted(session, town)
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count('name="ids"') == 20 and 'rel="next"' in page.text
    assert EVIL not in page.text and "另有 1 句可选" in page.text
    none = await browser.post(f"{path}/sign")
    assert (none.status_code, 'href="#field-ids"' in none.text) == (422, True)
    assert f'href="{path}?cursor=' in none.text
    gone = next(each for each in drafts.values() if each.person_id != town.member.id)
    await withdraw(session, gone.person_id)
    elsewhere = await make_community(session)
    his = drafts[str(town.registration.id)]
    ids = [str(gone.id), str(his.id), str(elsewhere.id)]
    done = (await browser.post(f"{path}/sign", data={"ids": ids})).text
    assert "已签发 1 份，1 份未签发" in done
    assert re.search(rf'/sheets/{gone.id}">[^<]+</a>：\S+', done)
    await session.refresh(his)
    await session.refresh(gone)
    assert his.number is not None and his.number in done
    assert (his.status, gone.status) == (ReportStatus.ISSUED, ReportStatus.DRAFT)
    assert "按时守约" in his.content and his.signer_id == town.secretary.id
    signed = await browser.get(path, params={"stage": "signed"})
    assert his.number in signed.text and "已签发，待送达" in signed.text
    second = re.search(r'<a href="([^"]+)" rel="next">', none.text)
    assert second is not None
    more = await browser.get(second[1].replace("&amp;", "&"))
    assert more.text.count('name="ids"') == 1


async def test_one_is_read_signed_with_another_sentence_and_voided(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    (draft,) = (await drafted(session, town)).values()
    words = f"第一行\n{EVIL}"
    session.add(Statement(report_id=draft.id, person_id=town.member.id, words=words))
    await session.flush()
    one = f"/console/sheets/{draft.id}"
    browser = await visit(town.secretary)
    page = (await browser.get(one)).text
    assert "张三" in page and "市水务局" in page and "第一行\n&lt;script&gt;" in page
    assert 'value="steady" selected' in page and f"{one}/void" not in page
    wrong = await browser.post(f"{one}/sign", data={"opinion": "genius"})
    assert (wrong.status_code, 'id="wrong-field-sign-opinion"' in wrong.text) == (422, True)
    done = await browser.post(f"{one}/sign", data={"opinion": "organizer"})
    assert done.headers["location"] == f"{one}?said=sheet_sign"
    page = (await browser.get(one)).text
    assert "承担组织工作" in page and "/pdf" in page and "第一行" in page
    assert f"{one}/sign" not in page
    again = await browser.post(f"{one}/sign", data={"opinion": ""})
    assert (again.status_code, "当前状态下不能进行此操作" in again.text) == (409, True)
    unsaid = await browser.post(f"{one}/void", data={"reason": ""})
    assert 'id="wrong-field-void-reason"' in unsaid.text
    await browser.post(f"{one}/void", data={"reason": "单位写错"})
    assert await session.scalar(select(Report.status)) is ReportStatus.VOID
    assert "已作废" in (await browser.get(one)).text


async def test_nobody_else_signs(session: AsyncSession, town: Town, visit: Visit) -> None:
    (draft,) = (await drafted(session, town)).values()
    path = f"/console/communities/{town.community.id}/sheets"
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
    for who in (clerk, town.office, town.employer_secretary):
        browser = await visit(who)
        assert (await browser.get(path)).status_code == 403
        assert (await browser.post(f"{path}/sign", data={"ids": str(draft.id)})).status_code == 403
        assert (await browser.post(f"/console/sheets/{draft.id}/sign")).status_code == 404
        assert 'href="/console/communities' not in (await browser.get("/console/")).text or (
            who is clerk
        )
    nowhere = (await visit(town.secretary)).get(
        f"/console/communities/{draft.id}/sheets", follow_redirects=False
    )
    assert (await nowhere).status_code == 404
    draft.status, draft.delivered_at = ReportStatus.DELIVERED, draft.created_at
    await session.flush()
    browser = await visit(town.employer_secretary)
    answer = await browser.get(f"/console/sheets/{draft.id}")
    assert answer.headers["location"] == f"/console/reports/{draft.id}"
