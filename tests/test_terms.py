"""What is of use for a while only goes when its time has come, and not before; by an index, in batches."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker
from structlog.testing import capture_logs

from app import worker
from app.core import clock, terms
from app.core.ids import first_of, new_id
from app.core.terms import Term, forget
from app.models.check_in import CheckIn
from app.models.file import ContentCheck
from app.models.house import AccessLog, IdempotencyKey, RateWindow, WechatPush
from app.models.notice import Reminder
from app.models.outbox import OutboxEntry
from app.models.person import RefreshToken
from app.models.report import Notification, OutgoingMessage, OutgoingStatus
from app.models.sign_in import ConsoleSession, SignInTicket
from app.wiring import TERMS
from tests.factories.world import World

Sessions = async_sessionmaker[AsyncSession]
SECOND = timedelta(seconds=1)

# How long each is kept, once more and in days: who changes one says it twice.
KEPT = {
    "rate_windows": 0,
    "idempotency_keys": 2,
    "sign_in_tickets": 1,
    "console_sessions": 0,
    "refresh_tokens": 0,
    "outbox": 30,
    "wechat_pushes": 30,
    "content_checks": 30,
    "check_ins": 0,
    "reminders": 30,
    "outgoing_messages": 183,
    "notifications": 400,
    "access_log": 3 * 366,
}
Made = Callable[[World, datetime], Any]


def id_of(moment: datetime) -> Any:
    """A UUIDv7 of this moment."""
    return first_of(moment).__class__(int=first_of(moment).int | new_id().int & (1 << 74) - 1)


def notification(world: World, at: datetime, **columns: Any) -> Notification:
    return Notification(
        id=id_of(at),
        outbox_id=id_of(at).int % 2**60,
        person_id=world.person.id,
        message="m",
        title="t",
        text="x",
        subject_kind="order",
        subject_id=new_id(),
        created_at=at,
        **columns,
    )


def outgoing(world: World, at: datetime, status: OutgoingStatus = OutgoingStatus.SENT) -> list[Any]:
    """A message and the line of the inbox that it tells of; the line is young."""
    line = notification(world, clock.now())
    message = OutgoingMessage(
        id=id_of(at),
        notification_id=line.id,
        person_id=world.person.id,
        template="t",
        data={},
        status=status,
        queued_at=at,
    )
    return [line, message]


# A row of each table whose time begins at a moment.
ROWS: dict[str, Made] = {
    "rate_windows": lambda world, at: RateWindow(key=new_id().hex, window_ends_at=at, attempts=1),
    "idempotency_keys": lambda world, at: IdempotencyKey(
        person_id=world.person.id, key=new_id().hex, hash="h", created_at=at
    ),
    "sign_in_tickets": lambda world, at: SignInTicket(
        code_hash=new_id().hex, device="d", address="a", expires_at=at
    ),
    "console_sessions": lambda world, at: ConsoleSession(
        person_id=world.person.id,
        token_hash=new_id().hex,
        device="d",
        address="a",
        expires_at=at,
    ),
    "refresh_tokens": lambda world, at: RefreshToken(
        person_id=world.person.id,
        family_id=new_id(),
        token_hash=new_id().hex,
        device="d",
        expires_at=at,
    ),
    "outbox": lambda world, at: OutboxEntry(name="n", payload={}, told_at=at),
    "wechat_pushes": lambda world, at: WechatPush(
        dedupe_key=new_id().hex, event="e", body=b"", received_at=at
    ),
    "content_checks": lambda world, at: ContentCheck(trace_id=new_id().hex, created_at=at),
    "check_ins": lambda world, at: CheckIn(
        shift_seat_id=world.rows["shift_seat"].id,
        reason="r",
        noted_by_id=world.person.id,
        forget_at=at,
    ),
    "reminders": lambda world, at: Reminder(kind="k", subject_id=new_id(), due_at=at),
    "outgoing_messages": outgoing,
    "notifications": notification,
    "access_log": lambda world, at: AccessLog(
        subject_kind="need", subject_id=new_id(), fields="phone", at=at
    ),
}


@pytest.fixture(scope="module")
def engine(standing: tuple[AsyncEngine, World]) -> AsyncEngine:
    """The standing world's."""
    return standing[0]


def name_of(term: Term) -> str:
    return str(term.since.class_.__table__.name)


async def count(session: AsyncSession, term: Term) -> int:
    found = await session.scalar(select(func.count()).select_from(term.since.class_))
    return found or 0


def test_every_period_is_known() -> None:
    assert {name_of(term): term.kept / timedelta(days=1) for term in TERMS} == KEPT
    assert len(TERMS) == len(ROWS) == len(KEPT)


@pytest.mark.parametrize("term", TERMS, ids=name_of)
async def test_a_row_goes_when_its_time_is_over_and_not_before(
    session: AsyncSession, world: World, term: Term
) -> None:
    table = name_of(term)
    await session.execute(text("SET LOCAL session_replication_role = replica"))
    await session.execute(term.since.class_.__table__.delete())
    before = clock.now() - timedelta(days=KEPT[table])
    for moment, left in ((before + 60 * SECOND, 1), (before - SECOND, 0)):
        await session.execute(term.since.class_.__table__.delete())
        made = ROWS[table](world, moment)
        session.add_all(made if isinstance(made, list) else [made])
        await session.flush()
        await forget(session, term)
        assert await count(session, term) == left
        session.expunge_all()


@pytest.mark.parametrize("term", TERMS, ids=name_of)
async def test_what_is_old_is_found_by_an_index(
    connection: AsyncConnection, session: AsyncSession, term: Term
) -> None:
    """A table of millions is not read through, nor sorted, every ten minutes."""
    for word in ("seqscan", "sort", "bitmapscan"):
        await session.execute(text(f"SET LOCAL enable_{word} = off"))
    statement = terms.batch(term, 10).compile(
        dialect=connection.dialect, compile_kwargs={"literal_binds": True}
    )
    plan = "\n".join(await session.scalars(text(f"EXPLAIN {statement}".replace(":", "\\:"))))
    assert "Tid Scan" in plan and "Index" in plan
    assert "Sort" not in plan and "Seq Scan on" not in plan


async def test_a_message_on_its_way_stays_and_its_line_with_it(
    session: AsyncSession, world: World
) -> None:
    old = clock.now() - timedelta(days=500)
    line, message = outgoing(world, old, OutgoingStatus.WAITING)
    line.created_at, line.id = old, id_of(old)
    message.notification_id = line.id
    session.add_all([line, message])
    await session.flush()
    await forget(session, *TERMS)
    assert await session.scalar(select(func.count()).where(Notification.id == line.id)) == 1
    message.status = OutgoingStatus.DROPPED
    await session.flush()
    await forget(session, *TERMS)
    assert await session.scalar(select(func.count()).where(Notification.id == line.id)) == 0


async def test_a_fact_that_was_not_told_and_a_verdict_that_has_its_photo_stay(
    session: AsyncSession, world: World
) -> None:
    old = clock.now() - timedelta(days=4_000)
    session.add(OutboxEntry(name="untold", payload={}, recorded_at=old))
    session.add(ContentCheck(trace_id="mine", file_id=world.rows["file"].id, created_at=old))
    await session.flush()
    await forget(session, *TERMS)
    assert await session.scalar(select(func.count()).where(OutboxEntry.name == "untold")) == 1
    assert await session.scalar(select(func.count()).where(ContentCheck.trace_id == "mine")) == 1


async def test_a_long_standstill_is_made_up_for_in_batches(
    sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = clock.now() - SECOND
    session.add_all(RateWindow(key=f"w{n}", window_ends_at=over, attempts=1) for n in range(7))
    await session.commit()
    monkeypatch.setattr(terms, "MOST", 2)
    monkeypatch.setattr(worker, "MOST_BATCHES", 2)
    monkeypatch.setattr(worker, "HOUSEKEEPING", ())

    async def at_once(_: float) -> None:
        pass

    for left in (3, 0, 0):
        await worker.keep_house(sessions, sleep=at_once)
        assert await session.scalar(select(func.count()).select_from(RateWindow)) == left


async def test_a_term_that_fails_does_not_keep_the_others(
    sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.add(RateWindow(key="w", window_ends_at=clock.now() - SECOND, attempts=1))
    await session.commit()
    broken = Term(OutboxEntry.told_at, only=text("1 / 0 = 1"))  # type: ignore[arg-type]  # any SQL
    monkeypatch.setattr(worker, "TERMS", (broken, Term(RateWindow.window_ends_at)))
    monkeypatch.setattr(worker, "HOUSEKEEPING", ())
    session.add(OutboxEntry(name="n", payload={}, told_at=clock.now() - SECOND))
    await session.commit()

    async def at_once(_: float) -> None:
        pass

    with capture_logs() as logged:
        await worker.keep_house(sessions, sleep=at_once)
    assert [(line["event"], line["table"]) for line in logged] == [("term.failed", "outbox")]
    assert await session.scalar(select(func.count()).select_from(RateWindow)) == 0


async def test_what_somebody_holds_is_passed_over(committed: FastAPI) -> None:
    """Nobody waits: two workers take different batches."""
    sessions = committed.state.sessions
    over = clock.now() - SECOND
    async with sessions.begin() as session:
        session.add_all(RateWindow(key=f"w{n}", window_ends_at=over, attempts=1) for n in range(4))
    term = Term(RateWindow.window_ends_at)
    async with sessions() as one, sessions() as other:
        gone = await forget(one, term, most=2)
        more = await asyncio.wait_for(forget(other, term, most=3), 5)
        assert (gone, more) == (2, 2)
        await one.rollback()
        await other.rollback()
