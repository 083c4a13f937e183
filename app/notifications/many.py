"""A message to everybody whom a statement finds: one statement, however many they are.

Inbox, credits, messages to send. Who has it for this fact already is passed over.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Select, String, Uuid, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger, DateTime

from app.core import clock
from app.core.db import made_id
from app.models.report import MessageCredit, Notification, OutgoingMessage, OutgoingStatus


async def tell(
    session: AsyncSession,
    fact: int,
    form: Mapping[str, Any],
    person: ColumnElement[UUID] | Any,
    where: ColumnElement[bool],
    subject: tuple[str, UUID],
    *,
    text: str,
    data: Mapping[str, Any],
    is_urgent: bool = False,
) -> None:
    """Each `person` of the rows `where` has `text` in the inbox; `form` is the message's entry of the
    content. Who accepted its template is sent `data` as well; quiet hours hold unless `is_urgent`."""
    now = clock.now()
    made = (
        upsert(Notification)
        .from_select(
            *_rows(
                id=made_id(now),
                outbox_id=literal(fact, BigInteger()),
                person_id=person,
                message=literal(form["code"], String()),
                title=literal(form["title"], String()),
                text=literal(text, String()),
                subject_kind=literal(subject[0], String()),
                subject_id=literal(subject[1], Uuid()),
                created_at=literal(now, DateTime(timezone=True)),
                where=where,
            ),
            include_defaults=False,
        )
        .on_conflict_do_nothing()
        .returning(Notification.id, Notification.person_id)
        .cte("made")
    )
    spent = (
        update(MessageCredit)
        .where(
            MessageCredit.person_id.in_(select(made.c.person_id)),
            MessageCredit.template == form["template"],
            MessageCredit.left > 0,
        )
        .values(left=MessageCredit.left - 1)
        .returning(MessageCredit.person_id)
        .cte("spent")
    )
    await session.execute(
        insert(OutgoingMessage).from_select(
            *_rows(
                id=made_id(now),
                notification_id=made.c.id,
                person_id=made.c.person_id,
                template=literal(form["template"], String()),
                data=literal(data, JSONB()),
                status=literal(OutgoingStatus.WAITING, OutgoingMessage.status.type),
                is_urgent=literal(is_urgent, Boolean()),
                is_digest=literal(bool(form.get("digest")), Boolean()),
                queued_at=literal(now, DateTime(timezone=True)),
                not_before=literal(now, DateTime(timezone=True)),
                attempts=literal(0),
                unanswered=literal(0),
                where=made.c.person_id.in_(select(spent.c.person_id)),
            ),
            include_defaults=False,
        )
    )


def _rows(
    *, where: ColumnElement[bool], **columns: Any
) -> tuple[list[str], Select[*tuple[Any, ...]]]:
    """The names of columns, and a select of what stands in them."""
    return list(columns), select(*columns.values()).where(where)
