"""Many messages in one: what was held back during a day, told at the hour of its receiver's digest.

Held messages have used up no credit; the digest of a template uses one, however many it tells of.
What has been read in the inbox meanwhile is not told any more.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.deadlines import Deadline
from app.models.report import Notification, OutgoingMessage, OutgoingStatus
from app.notifications import credits, hours, service
from app.notifications.lifecycle import LIFECYCLE, OutgoingAction
from app.policies import content

AGAIN = timedelta(seconds=10)
A = OutgoingAction


async def look(session: AsyncSession, message: OutgoingMessage) -> None:
    """A held message learns its hour; at that hour it and its like become one message.

    Of two workers with messages of one person the second comes again, so they never wait in a ring.
    """
    if message.status is not OutgoingStatus.HELD:
        return
    now = clock.now()
    held = await hours.of_person(session, message.person_id)
    due = held.next_digest(message.queued_at)
    if due > now:
        message.held_until = due
        return
    if await session.scalar(select(func.pg_try_advisory_xact_lock(key_of(message.person_id)))):
        await _gather(session, message)
    else:
        message.held_until = now + AGAIN


def key_of(person_id: UUID) -> ColumnElement[int]:
    """Whoever locks several messages of a person holds this advisory lock first."""
    return func.hashtextextended(f"messages|{person_id}", 0)


async def _gather(session: AsyncSession, first: OutgoingMessage) -> None:
    """Of the person's held messages of this template one is queued, and tells of all."""
    found = await session.execute(
        select(OutgoingMessage, Notification.title, Notification.read_at)
        .join(Notification, Notification.id == OutgoingMessage.notification_id)
        .where(
            OutgoingMessage.person_id == first.person_id,
            OutgoingMessage.template == first.template,
            OutgoingMessage.status == OutgoingStatus.HELD,
        )
        .order_by(OutgoingMessage.id)
        .with_for_update(of=OutgoingMessage)
    )
    news = []
    for message, title, read_at in found.all():
        message.held_until = None
        if read_at is None:
            news.append((message, title))
        else:
            _end(message, A.DROP, "read")
    if not news:
        return
    (last, _), earlier = news[-1], [message for message, _ in news[:-1]]
    if not await credits.spend(session, [first.person_id], first.template):
        for message, _ in news:
            _end(message, A.DROP, "no_credit")
        return
    LIFECYCLE.advance(last, A.GATHER)
    last.is_digest = True
    last.queued_at = last.not_before = clock.now()
    if earlier:
        last.data = await _words(session, last.template, news)
    for message in earlier:
        _end(message, A.FOLD, None)
    await session.flush()


async def _words(
    session: AsyncSession, template: str, news: Sequence[tuple[OutgoingMessage, str]]
) -> dict[str, str]:
    """How many there are, and of what, the newest first; numbers (things, hours) are summed."""
    form = await content.find(session, "messages", "digest") or {}
    keys = await content.find(session, "templates", template) or {}
    kinds = "、".join(dict.fromkeys(title for _, title in reversed(news)))
    words = {"count": len(news), "titles": kinds}
    title, text = (form[part].format_map(words) for part in ("title", "text"))
    numbers = {
        key: f"{sum(float(message.data[key]) for message, _ in news):g}"
        for key in keys["data"]
        if key.startswith("number")
    }
    return service.fill(keys["data"], title, text, clock.now()) | numbers


def _end(message: OutgoingMessage, action: OutgoingAction, why: str | None) -> None:
    LIFECYCLE.advance(message, action)
    message.error = why


DEADLINES = (Deadline(OutgoingMessage, look, "held_until"),)
