"""约谈提醒 in the console: agreed upon and held by the employer's secretary, and seen by nobody else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.talk import Talk, TalkStatus
from tests.console.conftest import Visit
from tests.reports.town import Town, join, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


async def opened(session: AsyncSession, town: Town, name: str = "李四") -> Talk:
    """A talk with a member that waits for the employer's secretary."""
    registration = await join(session, town, name)
    talk = Talk(
        registration_id=registration.id,
        person_id=registration.person_id,
        employer_id=town.employer.id,
        trigger="negative_item",
        due_at=clock.now() + timedelta(days=40),
        erase_at=clock.now() + timedelta(days=730),
    )
    session.add(talk)
    await session.flush()
    return talk


async def test_the_list_is_small_and_cheap(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    path = f"/console/employers/{town.employer.id}/talks"
    browser = await visit(town.employer_secretary)
    assert "没有需要约谈的党员" in (await browser.get(path)).text
    for _ in range(21):
        await opened(session, town, EVIL)
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count('href="/console/talks/') == 20 and 'rel="next"' in page.text
    assert EVIL not in page.text and "&lt;script&gt;" in page.text


async def test_a_time_is_agreed_and_the_talk_is_held(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    talk = await opened(session, town)
    one = f"/console/talks/{talk.id}"
    browser = await visit(town.employer_secretary)
    page = (await browser.get(one)).text
    assert "不是组织处理或纪律处分" in page and "有经复核的负面清单情形" in page
    past = {"meets_at": "2026-01-05T09:00", "kind": "reminder"}
    refused = await browser.post(f"{one}/schedule", data=past)
    assert (refused.status_code, "时间已过" in refused.text) == (422, True)
    assert 'value="2026-01-05T09:00"' in refused.text
    soon = f"{clock.now() + timedelta(days=3):%Y-%m-%dT09:00}"
    refused = await browser.post(f"{one}/schedule", data=past | {"meets_at": soon})
    assert 'id="wrong-field-schedule-kind"' in refused.text
    done = await browser.post(f"{one}/schedule", data={"meets_at": soon, "kind": "care"})
    assert done.headers["location"] == f"{one}?said=talk_schedule"
    assert "改约时间" in (await browser.get(one)).text
    none = await browser.post(f"{one}/hold", data={"outcome": ""})
    assert (none.status_code, 'id="wrong-field-hold-outcome"' in none.text) == (422, True)
    done = await browser.post(f"{one}/hold", data={"outcome": "difficulty_found"})
    page = (await browser.get(done.headers["location"])).text
    assert "已进行" in page and "确有困难，已调整安排或暂停" in page and "<form method" in page
    assert f"{one}/hold" not in page
    await session.refresh(talk)
    assert talk.status is TalkStatus.HELD


async def test_the_clerk_and_the_community_learn_nothing(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    talk = await opened(session, town)
    for who in (town.employer_clerk, town.secretary, town.office):
        browser = await visit(who)
        path = f"/console/employers/{town.employer.id}/talks"
        assert (await browser.get(path)).status_code == 403
        assert (await browser.get(f"/console/talks/{talk.id}")).status_code == 404
        assert "约谈" not in (await browser.get("/console/")).text
        data = {"outcome": "will_improve"}
        refused = await browser.post(f"/console/talks/{talk.id}/hold", data=data)
        assert refused.status_code == 404
