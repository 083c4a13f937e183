"""年度评价安排 in the console: planned by the office that sends the summaries, then moved by the clock."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.organization import Organization
from tests.appraisals.town import Clock, Sessions, Town, fresh, stand_at, tick, town
from tests.console.conftest import Visit
from tests.factories.appraisals import make_cycle

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
YEAR = clock.today().year


def at(place: Organization) -> str:
    return f"/console/organizations/{place.id}/evaluation-cycles"


async def test_a_year_is_planned_changed_and_then_left_to_the_clock(
    session: AsyncSession, sessions: Sessions, town: Town, visit: Visit, move_clock: Clock
) -> None:
    browser = await visit(town.office)
    here = at(town.district)
    assert "还没有安排年度评价" in (await browser.get(here)).text
    wrong = await browser.post(here, data={"year": YEAR + 5})
    assert (wrong.status_code, 'id="wrong-field-year"' in wrong.text) == (422, True)
    done = await browser.post(here, data={"year": YEAR + 1})
    row = (await session.scalars(select(EvaluationCycle))).one()
    one = f"/console/evaluation-cycles/{row.id}"
    assert done.headers["location"] == f"{one}?said=cycle_planned"
    twice = await browser.post(here, data={"year": YEAR + 1})
    assert (twice.status_code, "该年度已有安排" in twice.text) == (409, True)
    page = (await browser.get(one)).text
    assert f"{YEAR + 1}年度评价" in page and "各社区还缺什么" in page and "：安排" in page
    early = {"version": row.version, "appraisal_from": f"{YEAR}-01-01"}
    refused = await browser.post(one, data=early)
    assert (refused.status_code, 'id="wrong-field-appraisal_from"' in refused.text) == (422, True)
    assert f'value="{YEAR}-01-01"' in refused.text
    day = row.appraisal_from + timedelta(days=2)
    done = await browser.post(one, data={"version": row.version, "appraisal_from": f"{day}"})
    assert done.headers["location"] == f"{one}?said=cycle_changed"
    row = await fresh(session, row)
    assert (row.appraisal_from, row.appraisal_to) == (day, day + timedelta(days=7))
    stale = await browser.post(one, data={"version": 1, "appraisal_days": "3"})
    assert (stale.status_code, "已被他人修改" in stale.text) == (409, True)
    assert "调整日期</li>" in (await browser.get(one)).text
    await session.commit()
    stand_at(move_clock, clock.day_starts(day))
    await tick(sessions)
    browser = await visit(town.office)
    page = (await browser.get(one)).text
    assert "测评中" in page and "开始测评" in page and "保存日期" not in page
    assert f"{YEAR + 1}年度</a>" in (await browser.get(here)).text


async def test_an_archived_year_says_who_has_not_acknowledged_and_others_plan_nothing(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    row = await make_cycle(session, town.district, status=CycleStatus.ARCHIVED, unacknowledged=2)
    for back in range(1, 21):
        await make_cycle(session, town.district, status=CycleStatus.ARCHIVED, year=YEAR - back)
    browser = await visit(town.office)
    page = await browser.get(f"/console/evaluation-cycles/{row.id}")
    assert "2 份汇总单" in page.text and "下一环节" not in page.text
    with count_statements() as statements:
        page = await browser.get(at(town.district))
    assert len(statements) <= 5 and len(page.content) <= 60_000
    after = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert after is not None
    rest = await browser.get(at(town.district) + after[1].replace("&amp;", "&"))
    assert f"{YEAR - 20}年度</a>" in rest.text and 'rel="next"' not in rest.text
    browser = await visit(town.secretary)
    one = f"/console/evaluation-cycles/{row.id}"
    for path in (at(town.district), one):
        assert (await browser.get(path)).status_code == 403
    assert (await browser.post(at(town.district), data={"year": YEAR})).status_code == 403
    missing = one.replace(str(row.id), str(town.community.id))
    assert (await browser.get(missing)).status_code == 404
