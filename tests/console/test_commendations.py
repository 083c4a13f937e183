"""年度建议, 表扬和推荐 in the console: the facts propose, people decide, two of two organizations confirm."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.commendation import Commendation, CommendationKind, CommendationStatus
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.organization import Organization
from app.models.suggestion import Advice, Suggestion, SuggestionStep
from app.models.talk import Talk
from app.reports.periods import year_to
from tests.console.conftest import Visit
from tests.evaluations.town import Town, join, rate, town
from tests.factories.appraisals import make_cycle
from tests.factories.people import make_person
from tests.factories.reports import make_consent

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


async def a_year(session: AsyncSession, town: Town) -> EvaluationCycle:
    """A year of the district whose votes are counted."""
    district = await session.get_one(Organization, town.community.lineage[1])
    return await make_cycle(session, district, status=CycleStatus.COMPUTING)


def at(town: Town, year: EvaluationCycle) -> str:
    return f"/console/evaluation/{town.community.id}/{year.id}/suggestions"


def praised(place: Organization) -> str:
    return f"/console/organizations/{place.id}/commendations"


async def test_the_facts_propose_and_a_person_decides(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    await rate(session, town.registration, good=3, bad=3)
    await join(session, town, await make_person(session, name="丁一"))
    year = await a_year(session, town)
    here = at(town, year)
    browser = await visit(town.secretary)
    assert "还没有年度建议" in (await browser.get(here)).text
    done = await browser.post(here)
    assert done.headers["location"] == f"{here}?part=1&said=suggestions_propose"
    page = (await browser.get(here)).text
    assert page.index("丁一") < page.index("张三")
    assert "还有 2 人没有决定" in page and "建议约谈提醒" in page
    nothing = await browser.post(f"{here}/decide", data={"decided/none": "normal"})
    assert (nothing.status_code, "没有新的决定" in nothing.text) == (422, True)
    rows = {each.proposed: each for each in (await session.scalars(select(Suggestion))).all()}
    ours, other = rows[Advice.TALK_ADVISED], rows[Advice.INSUFFICIENT]
    harder = await browser.post(f"{here}/decide", data={f"decided/{other.id}": "talk_advised"})
    assert (harder.status_code, "不能这样决定" in harder.text) == (422, True)
    data = {f"decided/{ours.id}": "talk_advised", f"decided/{other.id}": ""}
    done = await browser.post(f"{here}/decide", data=data)
    assert done.headers["location"] == f"{here}?part=1&said=suggestions_decide"
    page = (await browser.get(here)).text
    assert "还有 1 人没有决定" in page and "已决定：建议约谈提醒" in page
    assert (await session.scalars(select(Talk))).one().registration_id == town.registration.id
    again = await browser.post(f"{here}/decide", data=data)
    assert (again.status_code, "没有新的决定" in again.text) == (422, True)
    assert len((await session.scalars(select(SuggestionStep))).all()) == 1
    for who in (town.clerk, town.leader, town.street):
        assert (await (await visit(who)).get(here)).status_code == 403
        assert (await browser.post(here)).status_code == 403
    browser = await visit(town.secretary)
    assert (await browser.get(here.replace(str(year.id), str(new_id())))).status_code == 404


async def test_a_meeting_recommends_and_the_branch_confirms(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    for _ in range(6):
        await join(session, town)
    await rate(session, town.registration, good=6)
    year = await a_year(session, town)
    here = at(town, year)
    browser = await visit(town.secretary)
    await browser.post(here)
    page = (await browser.get(here)).text
    assert page.count('name="registration_ids"') == 1 and "优先推荐</option>" not in page
    none = await browser.post(f"{here}/recommend")
    assert (none.status_code, 'href="#field-recommend-registration_ids"' in none.text) == (
        422,
        True,
    )
    data = {"registration_ids": str(town.registration.id)}
    done = await browser.post(f"{here}/recommend?part=1", data=data)
    assert done.headers["location"] == f"{here}?part=1&said=suggestions_recommend"
    assert "优先推荐：待功能型党支部确认" in (await browser.get(here)).text
    again = await browser.post(f"{here}/recommend", data=data)
    assert again.status_code == 409
    row = (await session.scalars(select(Commendation))).one()
    there = praised(town.branch)
    refused = await browser.post(f"{praised(town.community)}/{row.id}/confirm")
    assert refused.status_code == 403
    browser = await visit(town.leader)
    waiting = (await browser.get("/console/")).text
    assert "1份表扬等待支部确认" in waiting and f'href="{there}"' in waiting
    page = (await browser.get(there)).text
    assert "张三：优先推荐评先评优" in page and "支部确认" in page
    silent = await browser.post(f"{there}/{row.id}/refuse")
    assert (silent.status_code, f'id="wrong-field-refuse-{row.id}-reason"' in silent.text) == (
        422,
        True,
    )
    await make_consent(session, town.member.id, "publicity_of_commendation")
    done = await browser.post(f"{there}/{row.id}/confirm")
    assert done.headers["location"] == f"{there}?said=commendation_confirm"
    assert "公示中" in (await browser.get(there)).text
    notice = f"/console/organizations/{town.community.id}/commendation-notice"
    browser = await visit(town.secretary)
    assert "张三" in (await browser.get(notice)).text
    await session.refresh(row)
    row.status = CommendationStatus.STANDING
    await session.flush()
    assert "现在没有公示" in (await browser.get(notice)).text
    assert "优先推荐</option>" in (await browser.get(here)).text
    done = await browser.post(
        f"{praised(town.community)}/{row.id}/withdraw", data={"reason": "情况有变"}
    )
    assert done.headers["location"] == f"{praised(town.community)}?said=commendation_withdraw"
    assert "已撤回" in (await browser.get(praised(town.community))).text


async def test_a_letter_is_written_on_a_member_s_page(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    one = f"/console/registrations/{town.registration.id}"
    browser = await visit(town.secretary)
    assert f'href="{one}/commend"' in (await browser.get(one)).text
    assert "优先推荐评先评优" not in (await browser.get(f"{one}/commend")).text
    none = await browser.post(f"{one}/commend", data={"kind": "letter", "words": ""})
    assert (none.status_code, 'id="wrong-field-words"' in none.text) == (422, True)
    data = {"kind": "thanks", "words": EVIL}
    done = await browser.post(f"{one}/commend", data=data)
    assert done.headers["location"] == f"{praised(town.community)}?said=commendation_proposed"
    page = (await browser.get(praised(town.community))).text
    assert "群众感谢转达" in page and EVIL not in page and "&lt;script&gt;" in page
    row = (await session.scalars(select(Commendation))).one()
    assert (row.kind, row.words) == (CommendationKind.THANKS, EVIL)
    browser = await visit(town.leader)
    done = await browser.post(f"{praised(town.branch)}/{row.id}/refuse", data={"reason": "不符"})
    assert "支部不同意" in (await browser.get(done.headers["location"])).text
    town.registration.functional_branch_id = None
    await session.flush()
    browser = await visit(town.secretary)
    refused = await browser.post(f"{one}/commend", data=data)
    assert (refused.status_code, "须在册并编入功能型党支部" in refused.text) == (422, True)
    browser = await visit(town.clerk)
    assert f"{one}/commend" not in (await browser.get(one)).text
    assert (await browser.get(f"{one}/commend")).status_code == 403
    assert (await browser.post(f"{one}/commend", data=data)).status_code == 403
    assert (await browser.get(praised(town.community))).status_code == 403


async def test_both_lists_are_small_and_cheap(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    year = await a_year(session, town)
    first, last = year_to(year.facts_close_on)
    browser = await visit(town.secretary)
    assert "还没有表扬和推荐" in (await browser.get(praised(town.community))).text
    for _ in range(26):
        registration = await join(session, town, await make_person(session, name=EVIL))
        whose = {"registration_id": registration.id, "community_id": town.community.id}
        period = {"period_from": first, "period_to": last}
        session.add_all(
            [
                Suggestion(
                    proposed=Advice.NORMAL, reasons=[EVIL], phrases=["steady"], **whose, **period
                ),
                Commendation(
                    person_id=registration.person_id,
                    functional_branch_id=town.branch.id,
                    employer_id=town.employer.id,
                    kind=CommendationKind.LETTER,
                    words=EVIL,
                    proposed_by_id=town.leader.id,
                    due_at=clock.now(),
                    **whose,
                    **period,
                ),
            ]
        )
    await session.flush()
    for path, lines, mark in (
        (at(town, year), 25, 'name="decided/'),
        (praised(town.community), 20, 'class="card record"'),
    ):
        with count_statements() as statements:
            page = await browser.get(path)
        assert len(statements) <= 5 and len(page.content) <= 60_000
        assert page.text.count(mark) == lines and EVIL not in page.text
        after = re.search(r'<a href="([^"]+)" rel="next">', page.text)
        assert after is not None
        rest = await browser.get(after[1].replace("&amp;", "&"))
        assert rest.text.count(mark) == 26 - lines and 'rel="next"' not in rest.text
