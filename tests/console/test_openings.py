"""查看评价人 in the console: two of the named roles, a reason, a short time, a line in the log."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.appraisal import AppraisalAnswer, OpeningSource, OpeningStatus, RaterOpening
from app.models.house import AccessLog
from app.models.organization import Organization
from app.models.person import Role
from app.models.report import Report, ReportKind
from app.reports.periods import year_to
from tests.appraisals.test_openings import Two, two
from tests.appraisals.town import Town, town
from tests.console.conftest import Visit
from tests.factories.people import make_staff

__all__ = ["town", "two"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"
A = AppraisalAnswer


def of(town: Town) -> str:
    """Where the openings of the city are."""
    return f"/console/organizations/{town.community.lineage[0]}/rater-openings"


async def sheet(session: AsyncSession, town: Town, two: Two) -> str:
    """The number of the first member's sheet of the year."""
    first, last = year_to(two.cycle.facts_close_on)
    member = town.members[0]
    row = Report(
        kind=ReportKind.MEMBER_SHEET,
        issuer_id=town.community.id,
        employer_id=member.employer_id,
        registration_id=member.id,
        person_id=member.person_id,
        period_from=first,
        period_to=last,
        content="{}",
        number="FK-1",
    )
    session.add(row)
    await session.flush()
    return "FK-1"


async def test_one_asks_another_agrees_and_the_two_look(
    session: AsyncSession, town: Town, two: Two, visit: Visit
) -> None:
    number = await sheet(session, town, two)
    here = of(town)
    browser = await visit(two.auditor)
    assert "没有查看评价人的申请" in (await browser.get(here)).text
    data = {"number": number, "reason": EVIL}
    wrong = await browser.post(here, data=data | {"number": "FK-9"})
    assert (wrong.status_code, 'id="wrong-field-number"' in wrong.text) == (422, True)
    assert "没有这个编号的年度反馈单" in wrong.text and 'value="FK-9"' in wrong.text
    done = await browser.post(here, data=data)
    assert done.headers["location"] == f"{here}?said=opening_asked"
    twice = await browser.post(here, data=data)
    assert (twice.status_code, "已在申请或查看中" in twice.text) == (409, True)
    row = (await session.scalars(select(RaterOpening))).one()
    one = f"/console/rater-openings/{row.id}"
    page = (await browser.get(one)).text
    assert "收回申请" in page and f"{one}/agree" not in page and f"{one}/look" not in page
    assert EVIL not in page and "请您决定" not in (await browser.get(here)).text
    own = await browser.post(f"{one}/agree")
    assert (own.status_code, "须由另一人同意" in own.text) == (409, True)
    early = await browser.post(f"{one}/look")
    assert (early.status_code, "未经同意" in early.text) == (409, True)
    browser = await visit(two.contact)
    assert "请您决定" in (await browser.get(here)).text
    silent = await browser.post(f"{one}/refuse")
    assert (silent.status_code, 'id="wrong-field-refuse-reason"' in silent.text) == (422, True)
    done = await browser.post(f"{one}/agree")
    assert done.headers["location"] == f"{one}?said=opening_agree"
    page = (await browser.get(one)).text
    assert f"{one}/look" in page and "不满意" not in page
    seen = (await browser.post(f"{one}/look")).text
    assert seen.count('data-label="评价人"') == 2 and "不满意" in seen
    assert len((await session.scalars(select(AccessLog))).all()) == 2
    browser = await visit(town.secretary)
    assert (await browser.get(here)).status_code == 403
    assert (await browser.get(one)).status_code == 404
    assert (await browser.post(here, data=data)).status_code == 403
    nowhere = here.replace(str(town.community.lineage[0]), str(new_id()))
    assert (await browser.post(nowhere, data=data)).status_code == 404


async def test_a_question_is_refused_and_a_box_without_names_says_so(
    session: AsyncSession, town: Town, two: Two, visit: Visit
) -> None:
    rows = [
        RaterOpening(
            community_id=town.community.id,
            registration_id=member.id,
            source=OpeningSource.APPRAISAL,
            source_id=two.cycle.id,
            reason="群众反映",
            asked_by_id=two.contact.id,
            due_at=clock.now() + timedelta(days=1),
        )
        for member in town.members[1:3]
    ]
    session.add_all(rows)
    await session.flush()
    first, second = (f"/console/rater-openings/{row.id}" for row in rows)
    browser = await visit(two.auditor)
    done = await browser.post(f"{first}/refuse", data={"reason": "理由不足"})
    assert done.headers["location"] == f"{first}?said=opening_refuse"
    page = (await browser.get(first)).text
    assert "不同意" in page and "<textarea" not in page
    await browser.post(f"{second}/agree")
    assert "线下票只有总数" in (await browser.post(f"{second}/look")).text
    await session.refresh(rows[0])
    assert rows[0].status is OpeningStatus.REFUSED


async def test_the_list_is_small_and_cheap(
    session: AsyncSession, town: Town, two: Two, visit: Visit, count_statements: Count
) -> None:
    session.add_all(
        RaterOpening(
            community_id=town.community.id,
            registration_id=town.members[0].id,
            source=OpeningSource.SERVICE,
            source_id=new_id(),
            reason=EVIL,
            asked_by_id=two.contact.id,
        )
        for _ in range(21)
    )
    await session.flush()
    browser = await visit(two.auditor)
    with count_statements() as statements:
        page = await browser.get(of(town))
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count("一次服务的评价") == 20 and EVIL not in page.text
    after = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert after is not None
    rest = await browser.get(of(town) + after[1].replace("&amp;", "&"))
    assert rest.text.count("一次服务的评价") == 1
    far = await session.get_one(Organization, town.community.lineage[0])
    browser = await visit(await make_staff(session, Role.CITY_ADMIN, far))
    assert (await browser.get(of(town))).status_code == 403
