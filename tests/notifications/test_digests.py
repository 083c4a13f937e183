"""Quiet hours, the day's number, many messages in one: by the policies of the receiver's home."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.deadlines import advance_next
from app.models.organization import Policy
from app.models.person import Person, Role, WechatAccount
from app.models.report import MessageCredit, Notification, OutgoingMessage, OutgoingStatus
from app.notifications import digests, service
from app.notifications.hours import Hours, of_person
from app.notifications.outgoing import send_next
from app.wechat.client import WeChat
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.notifications.test_outgoing import Sessions, simulator, simulator_url, wechat
from tests.simulator.hands import APPID, Hands

__all__ = ["simulator", "simulator_url", "wechat"]

Move = Callable[[timedelta], None]
S = OutgoingStatus
SUBJECT = ("order", new_id())
TEMPLATES = {
    "record_notice": ["thing1", "number2", "time3", "thing4"],
    "service_reminder": ["thing1", "time2", "thing3", "thing4"],
    "emergency_call": ["thing1", "thing2", "time3", "phone_number4"],
}


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2027, local time."""
    return datetime(2027, 3, day, hour, minute, tzinfo=clock.ZONE)


def at(move_clock: Move, moment: datetime) -> None:
    move_clock(moment - datetime.now(UTC))


NIGHT = Hours(time(21, 30), time(7, 30), time(18, 30), 3)


@pytest.mark.parametrize(
    ("held", "moment", "awake"),
    [
        (NIGHT, local(7, 12), local(7, 12)),
        (NIGHT, local(7, 21, 30), local(8, 7, 30)),
        (NIGHT, local(8, 0, 30), local(8, 7, 30)),
        (NIGHT, local(8, 7, 30), local(8, 7, 30)),
        (NIGHT._replace(quiet_from=time(12), quiet_to=time(14)), local(7, 13), local(7, 14)),
        (NIGHT._replace(quiet_from=time(12), quiet_to=time(14)), local(7, 23), local(7, 23)),
        (NIGHT._replace(quiet_from=time(7, 30)), local(7, 23), local(7, 23)),  # none
    ],
)
def test_quiet_hours_end_in_the_morning(held: Hours, moment: datetime, awake: datetime) -> None:
    assert held.awake(moment) == awake


@pytest.mark.parametrize(
    ("digest_at", "moment", "sent_at"),
    [
        (time(18, 30), local(7, 18), local(7, 18, 30)),
        (time(18, 30), local(7, 18, 30), local(8, 18, 30)),
        (time(22), local(7, 18), local(8, 7, 30)),  # an hour that is quiet
    ],
)
def test_a_digest_goes_at_its_hour(digest_at: time, moment: datetime, sent_at: datetime) -> None:
    assert NIGHT._replace(digest_at=digest_at).next_digest(moment) == sent_at


async def test_the_hours_are_those_of_the_receivers_home(session: AsyncSession) -> None:
    community = await make_community(session)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    session.add(
        Policy(
            organization_id=community.id,
            key="notify.digest_at",
            value={"value": "12:15"},
            effective_on=date(2020, 1, 1),
            basis="x",
            author_id=clerk.id,
            created_at=clock.now(),
        )
    )
    await session.flush()
    assert await of_person(session, clerk.id) == NIGHT._replace(digest_at=time(12, 15))
    assert await of_person(session, (await make_person(session)).id) == NIGHT


@pytest.fixture
async def person(committed: FastAPI, simulator: Hands) -> Person:
    """Has accepted five messages of each template."""
    openid = (await simulator.codes())["openid"]
    for template, keys in TEMPLATES.items():
        await simulator.ask(
            "POST", "templates", {"template_id": template, "title": template, "keys": keys}
        )
        for _ in range(5):
            await simulator.accept(openid, template)
    async with committed.state.sessions.begin() as session:
        made = await make_person(session)
        session.add(WechatAccount(appid=APPID, openid=openid, person_id=made.id))
        session.add_all(
            MessageCredit(person_id=made.id, template=template, left=5) for template in TEMPLATES
        )
    return made


async def told(sessions: Sessions, person: Person, message: str, fact: int = 1) -> None:
    async with sessions.begin() as session:
        await service.tell(
            session, fact, message, [person.id], SUBJECT, order="教用手机", hours="1.5"
        )


async def sent(sessions: Sessions, wechat: WeChat) -> None:
    """The worker has done what is due."""
    for _ in range(50):
        found = await advance_next(sessions, digests.DEADLINES)
        if not await send_next(sessions, wechat) and not found:
            return
    raise AssertionError("no end")


async def stands(sessions: Sessions) -> list[Any]:
    async with sessions() as session:
        found = await session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id))
        return [each.status for each in found]


async def left(sessions: Sessions, template: str) -> Any:
    async with sessions() as session:
        return await session.scalar(
            select(MessageCredit.left).where(MessageCredit.template == template)
        )


async def test_at_night_only_an_emergency_is_sent_the_rest_in_the_morning(
    committed: FastAPI, simulator: Hands, wechat: WeChat, person: Person, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    at(move_clock, local(7, 23))
    await told(sessions, person, "seat_taken")
    await told(sessions, person, "emergency_call_up")
    await sent(sessions, wechat)
    (arrived,) = await simulator.ask("GET", "messages")
    assert arrived["template_id"] == "emergency_call"
    at(move_clock, local(8, 7, 31))
    await sent(sessions, wechat)
    assert len(await simulator.ask("GET", "messages")) == 2
    assert await stands(sessions) == [S.SENT, S.SENT]


async def test_many_are_told_in_one_at_the_hour_for_one_credit(
    committed: FastAPI, simulator: Hands, wechat: WeChat, person: Person, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    at(move_clock, local(7, 9))
    for fact in range(4):
        await told(sessions, person, "record_added", fact)
    async with sessions.begin() as session:  # the first was read meanwhile
        first = select(func.min(Notification.outbox_id)).scalar_subquery()
        await session.execute(
            update(Notification).where(Notification.outbox_id == first).values(read_at=clock.now())
        )
    await sent(sessions, wechat)
    assert await simulator.ask("GET", "messages") == []
    assert await left(sessions, "record_notice") == 5
    at(move_clock, local(7, 18, 31))
    await sent(sessions, wechat)
    (arrived,) = await simulator.ask("GET", "messages")
    assert arrived["values"]["thing1"] == "3条新消息"
    assert arrived["values"]["number2"] == "4.5"  # hours of all three
    assert await stands(sessions) == [S.DROPPED, S.FOLDED, S.FOLDED, S.SENT]
    assert await left(sessions, "record_notice") == 4


async def test_what_was_read_before_the_hour_is_not_told(
    committed: FastAPI, wechat: WeChat, person: Person, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    at(move_clock, local(7, 9))
    await told(sessions, person, "record_added")
    async with sessions.begin() as session:
        await session.execute(update(Notification).values(read_at=clock.now()))
    at(move_clock, local(7, 18, 31))
    await sent(sessions, wechat)
    assert await stands(sessions) == [S.DROPPED]
    assert await left(sessions, "record_notice") == 5


async def test_one_alone_keeps_its_own_words(
    committed: FastAPI, simulator: Hands, wechat: WeChat, person: Person, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    at(move_clock, local(7, 9))
    await told(sessions, person, "record_added")
    at(move_clock, local(7, 18, 31))
    await sent(sessions, wechat)
    (arrived,) = await simulator.ask("GET", "messages")
    assert arrived["values"]["thing1"] == "新增服务记录"


async def test_without_a_credit_at_the_hour_nothing_is_sent(
    committed: FastAPI, wechat: WeChat, person: Person, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    at(move_clock, local(7, 9))
    await told(sessions, person, "record_added")
    async with sessions.begin() as session:
        await session.execute(update(MessageCredit).values(left=0))
    at(move_clock, local(7, 18, 31))
    await sent(sessions, wechat)
    assert await stands(sessions) == [S.DROPPED]


async def test_beyond_the_days_number_they_wait_for_the_digest(
    committed: FastAPI, simulator: Hands, wechat: WeChat, person: Person, move_clock: Move
) -> None:
    """An emergency is not counted, and not held."""
    sessions: Sessions = committed.state.sessions
    at(move_clock, local(7, 9))
    await told(sessions, person, "emergency_call_up", 9)
    for fact in range(5):
        await told(sessions, person, "seat_taken", fact)
    await sent(sessions, wechat)
    assert len(await simulator.ask("GET", "messages")) == 4
    assert await left(sessions, "service_reminder") == 2
    at(move_clock, local(7, 18, 31))
    await sent(sessions, wechat)
    *_, last = await simulator.ask("GET", "messages")
    assert last["values"]["thing1"] == "2条新消息"
    assert await stands(sessions) == [S.SENT] * 4 + [S.FOLDED, S.SENT]
    assert await left(sessions, "service_reminder") == 1


async def test_two_workers_never_gather_one_persons_messages_at_once(
    committed: FastAPI, person: Person, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    at(move_clock, local(7, 9))
    for fact in range(2):
        await told(sessions, person, "record_added", fact)
    at(move_clock, local(7, 18, 31))
    async with sessions.begin() as other:
        await other.execute(select(func.pg_advisory_xact_lock(digests.key_of(person.id))))
        assert await advance_next(sessions, digests.DEADLINES)
        assert await stands(sessions) == [S.HELD, S.HELD]
    at(move_clock, local(7, 18, 32))
    while await advance_next(sessions, digests.DEADLINES):
        pass
    assert await stands(sessions) == [S.FOLDED, S.WAITING]


async def test_a_message_that_is_held_no_more_is_left_alone(
    committed: FastAPI, person: Person, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    await told(sessions, person, "seat_taken")
    async with sessions.begin() as session:
        await session.execute(update(OutgoingMessage).values(held_until=clock.now()))
    assert await advance_next(sessions, digests.DEADLINES)
    assert await stands(sessions) == [S.WAITING]
