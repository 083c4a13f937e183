"""What becomes of messages to somebody who no longer agrees, or is gone: none leaves the house."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.notice import CalendarToken
from app.models.report import MessageCredit, Notification, OutgoingMessage, OutgoingStatus
from app.needs.submissions import CORE
from app.notifications import credits, digests
from app.notifications.lifecycle import LIFECYCLE, OutgoingAction

RESIDENTS = ("need", "wish")  # subjects of what a resident is told
WITHDRAWN, CLOSED = "consent_withdrawn", "account_closed"


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Without the residents' purpose nothing about needs or own wishes is sent; what else
    waits is."""
    if event.purpose == CORE:
        await _drop(session, event.person_id, WITHDRAWN, only_of=RESIDENTS)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """Nothing is sent, and nothing may be any more; the calendar's address leads nowhere."""
    await _drop(session, event.person_id, CLOSED)
    for table in (MessageCredit, CalendarToken):
        await session.execute(delete(table).where(table.person_id == event.person_id))


async def _drop(
    session: AsyncSession, person_id: UUID, why: str, *, only_of: Sequence[str] = ()
) -> None:
    """Waiting and held messages are dropped, and their words are gone."""
    await session.execute(select(func.pg_advisory_xact_lock(digests.key_of(person_id))))
    statement = (
        select(OutgoingMessage)
        .join(Notification, Notification.id == OutgoingMessage.notification_id)
        .where(
            OutgoingMessage.person_id == person_id,
            OutgoingMessage.status.in_((OutgoingStatus.WAITING, OutgoingStatus.HELD)),
        )
        .order_by(OutgoingMessage.id)
        .with_for_update(of=OutgoingMessage)
    )
    if only_of:
        statement = statement.where(Notification.subject_kind.in_(only_of))
    for message in (await session.scalars(statement)).all():
        if LIFECYCLE.advance(message, OutgoingAction.DROP) is OutgoingStatus.WAITING:
            await credits.give_back(session, person_id, message.template)
        message.error, message.data, message.held_until = why, {}, None
    await session.flush()
