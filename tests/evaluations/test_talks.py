"""A talk between two people: care first, one of four outcomes, and nothing of it in time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Registration
from app.models.person import Person
from app.models.report import Notification
from app.models.talk import Talk, TalkStep
from tests.evaluations.town import Sessions, Town, told, town, work
from tests.orders.town import Desk, desk

__all__ = ["desk", "town"]

MoveClock = Callable[[timedelta], None]
SOON = (clock.now() + timedelta(days=3)).isoformat()


async def opened(
    session: AsyncSession, town: Town, registration: Registration | None = None
) -> Talk:
    """A talk that waits for the employer's secretary; committed."""
    registration = registration or town.registration
    talk = Talk(
        registration_id=registration.id,
        person_id=registration.person_id,
        employer_id=town.employer.id,
        trigger="satisfaction_below",
        due_at=clock.now() + timedelta(days=40),
        erase_at=clock.now() + timedelta(days=730),
    )
    session.add(talk)
    await session.commit()
    return talk


async def step(desk: Desk, who: Person, talk: Talk, name: str, **body: Any) -> Any:
    """The status after the step, or the refusal's code, of its field if it names one."""
    answer = (await desk.post(who, f"/talks/{talk.id}/{name}", **body)).json()
    if "code" not in answer:
        return answer["status"]
    return answer["errors"][0]["code"] if answer["errors"] else answer["code"]


async def test_it_is_scheduled_held_and_known_to_two(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    talk = await opened(session, town)
    for who in (town.secretary, town.clerk, town.leader, town.street, town.office, town.boss_clerk):
        assert (await desk.get(who, f"/talks/{talk.id}"))["code"] == "not_found"
        assert await step(desk, who, talk, "hold", outcome="will_improve") == "not_found"
        answer = await desk.get(who, f"/organizations/{town.employer.id}/talks")
        assert answer["code"] == "forbidden"
    (line,) = (await desk.get(town.boss, f"/organizations/{town.employer.id}/talks"))["items"]
    assert (line["open_to"], line["kind"]) == (["schedule", "hold"], "care")
    assert await step(desk, town.boss, talk, "schedule", meets_at=SOON) == "scheduled"
    await work(sessions)
    text = await session.scalar(select(Notification.text))
    assert text is not None and "谈心关怀" in text and "不是组织处理" in text
    (own,) = (await desk.get(town.member, "/me/talks"))["items"]
    assert (own["status"], own["open_to"], own["id"]) == ("scheduled", [], str(talk.id))
    assert "不是组织处理" in (await desk.get(town.member, f"/talks/{talk.id}"))["not_a_sanction"]
    assert await step(desk, town.member, talk, "hold", outcome="will_improve") == "forbidden"
    assert await step(desk, town.boss, talk, "hold", outcome="will_improve") == "held"
    assert await step(desk, town.boss, talk, "hold", outcome="will_improve") == "bad_transition"


async def test_what_is_no_outcome_kind_or_time_is_refused(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    talk = await opened(session, town)
    past = (clock.now() - timedelta(hours=1)).isoformat()
    assert await step(desk, town.boss, talk, "hold", outcome="punished") == "unknown_code"
    assert await step(desk, town.boss, talk, "schedule", meets_at=past) == "in_the_past"
    for kind, code in (("warning", "unknown_code"), ("reminder", "care_first")):
        found = await step(desk, town.boss, talk, "schedule", meets_at=SOON, kind=kind)
        assert found == code
    assert await step(desk, town.boss, talk, "hold", outcome="difficulty_found") == "held"
    second = await opened(session, town)
    found = await step(desk, town.boss, second, "schedule", meets_at=SOON, kind="reminder")
    assert found == "scheduled"


async def test_the_secretary_holds_none_with_himself(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    talk = await opened(session, town)
    talk.person_id = town.boss.id
    await session.commit()
    assert await step(desk, town.boss, talk, "hold", outcome="will_improve") == "own_talk"


async def test_it_is_reminded_of_once_and_deleted_in_time(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    talk = await opened(session, town)
    for days in (41, 120, 400):
        move_clock(timedelta(days=days))
        await work(sessions)
    assert await told(session, town.boss) == ["talk_overdue"]
    everybody = (town.member, town.secretary, town.leader, town.street, town.office)
    assert [await told(session, who) for who in everybody] == [[]] * 5
    assert await step(desk, town.boss, talk, "schedule", meets_at=later(410)) == "scheduled"
    move_clock(timedelta(days=731))
    await work(sessions)
    for table in (Talk, TalkStep):
        assert await session.scalar(select(func.count()).select_from(table)) == 0
    assert (await desk.get(town.member, "/me/talks"))["items"] == []


def later(days: int) -> str:
    """So many days from the real now."""
    return (clock.now() + timedelta(days=days)).isoformat()
