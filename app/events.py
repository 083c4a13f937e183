"""Facts: recorded with the change that made them true, told to listeners later, at least once."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock, logs
from app.core.terms import Term
from app.models.outbox import OutboxEntry

log = logs.get(__name__)

MOST_ATTEMPTS = 10
# Source: engineering.md A12.
TERMS = (Term(OutboxEntry.told_at, timedelta(days=30)),)
OLDEST_DUE = (
    select(OutboxEntry)
    .where(
        OutboxEntry.told_at.is_(None),
        OutboxEntry.not_before <= bindparam("now", type_=DateTime(timezone=True)),
    )
    .order_by(OutboxEntry.not_before, OutboxEntry.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


class Event(BaseModel):
    """Something that happened; subclasses give it a name and the ids that matter. No personal data."""

    model_config = ConfigDict(frozen=True)
    name: ClassVar[str]


Listener = Callable[[AsyncSession, int, Any], Awaitable[None]]
Listeners = Mapping[type[Event], tuple[Listener, ...]]


def record(session: AsyncSession, event: Event) -> None:
    """Put the fact into the outbox; it is told if, and only if, this transaction commits."""
    session.add(OutboxEntry(name=event.name, payload=event.model_dump(mode="json")))


async def tell_next(sessions: async_sessionmaker[AsyncSession], listeners: Listeners) -> bool:
    """Tell the oldest due fact to its listeners; False when none is due.

    Each listener runs in a savepoint of its own, and what succeeded commits together with the
    mark. Who failed stays in `waiting_for` and is tried again alone after 2, 4, 8 … minutes, ten
    times. A listener is called with (session, the fact's number, the fact); it may run twice and
    out of order.
    """
    kinds = {kind.name: kind for kind in listeners}
    async with sessions.begin() as session:
        entry = await session.scalar(OLDEST_DUE, {"now": clock.now()})
        if entry is None:
            return False
        kind = kinds.get(entry.name)
        hearers = () if kind is None else listeners[kind]
        failed: list[str] = []
        for listener in hearers:
            who = f"{listener.__module__}.{listener.__qualname__}"
            if entry.waiting_for is not None and who not in entry.waiting_for:
                continue
            try:
                async with session.begin_nested():
                    await listener(session, entry.id, kind.model_validate(entry.payload))  # type: ignore[union-attr]  # hearers imply a kind
            except Exception as error:
                log.warning("fact.listener_failed", fact=entry.name, listener=who, exc_info=error)
                failed.append(who)
                entry.error = type(error).__name__
        _mark(entry, failed)
        return True


def _mark(entry: OutboxEntry, failed: list[str]) -> None:
    """Told, or due again for those who failed; after the last attempt it waits for an operator."""
    if not failed:
        entry.told_at, entry.waiting_for, entry.error = clock.now(), None, None
        return
    entry.attempts += 1
    entry.waiting_for = failed
    delay = timedelta(minutes=2**entry.attempts)
    entry.not_before = clock.now() + (
        timedelta(days=3650) if entry.attempts >= MOST_ATTEMPTS else delay
    )
