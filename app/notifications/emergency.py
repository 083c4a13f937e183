"""Who is told of a call-up and of a seat on one of its shifts.

All who are called are told in one statement, however many they are: inbox, credits, messages to send.
An emergency keeps no quiet hours, a city campaign does. Source: practice.md R4.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    String,
    Uuid,
    and_,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger, DateTime

from app.core import clock
from app.core.db import made_id
from app.emergency.events import CallUpMoved, ShiftSeatMoved
from app.emergency.lifecycle import LOCATED, PROMISED
from app.models.emergency import CallUp, Reply, Shift, ShiftSeat
from app.models.organization import Organization
from app.models.person import Role
from app.models.report import MessageCredit, Notification, OutgoingMessage, OutgoingStatus
from app.notifications import service, texts
from app.policies import content

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
MESSAGE = "emergency_call_up"
STOOD_DOWN = ("stand_down", "lapse")


async def on_call_up_moved(session: AsyncSession, fact: int, event: CallUpMoved) -> None:
    """Who is called learns where and when, and who has answered, that it is over.

    Where the second approval did not come in time, the community learns it too.
    """
    if event.action == "activate":
        call_up = await session.get_one(CallUp, event.call_up_id)
        await _call(session, fact, call_up)
        await texts.queue(session, call_up)
    elif event.action == LOCATED:
        await _ask_location(session, fact, await session.get_one(CallUp, event.call_up_id))
    elif event.action in STOOD_DOWN:
        call_up = await session.get_one(CallUp, event.call_up_id)
        people = await session.scalars(
            select(Reply.person_id).where(
                Reply.call_up_id == call_up.id, Reply.replied_at.is_not(None)
            )
        )
        told: set[UUID | None] = set(people)
        if event.action == "lapse":
            told |= await service.holders(session, call_up.organization_id, *STAFF)
        await service.tell(
            session,
            fact,
            "emergency_stood_down",
            told,
            ("call_up", call_up.id),
            task=call_up.title,
        )


async def on_shift_seat_moved(session: AsyncSession, fact: int, event: ShiftSeatMoved) -> None:
    """Who was named for a shift is asked."""
    if event.action != "name":
        return
    title, starts_at, holder, call_up_id = (
        await session.execute(
            select(CallUp.title, Shift.starts_at, Organization.name, CallUp.id)
            .join(Shift, Shift.call_up_id == CallUp.id)
            .join(ShiftSeat, ShiftSeat.shift_id == Shift.id)
            .outerjoin(Organization, Organization.id == Shift.holder_id)
            .where(ShiftSeat.id == event.shift_seat_id)
        )
    ).one()
    await service.tell(
        session,
        fact,
        "named_by_branch",
        [event.person_id],
        ("call_up", call_up_id),
        leader=holder,
        order=title,
        deadline=starts_at,
    )


async def _ask_location(session: AsyncSession, fact: int, call_up: CallUp) -> None:
    """Who has promised to come learns that the location is asked for, why, and for how long."""
    people = await session.scalars(
        select(ShiftSeat.person_id)
        .join(Shift, Shift.id == ShiftSeat.shift_id)
        .where(Shift.call_up_id == call_up.id, ShiftSeat.status.in_(PROMISED))
    )
    found = await content.section(session, "emergency")
    await service.tell(
        session,
        fact,
        "emergency_location",
        set(people),
        ("call_up", call_up.id),
        task=call_up.title,
        reason=call_up.location_reason,
        days=found["location_kept_days"]["value"],
    )


async def _call(session: AsyncSession, fact: int, call_up: CallUp) -> None:
    """Everybody called has it in the inbox, and who accepted the template is sent it as well."""
    form = await content.find(session, "messages", MESSAGE) or {}
    template = await content.find(session, "templates", form["template"]) or {}
    now = clock.now()
    words = {
        "task": call_up.title,
        "time": service.say(call_up.gather_at),
        "place": call_up.place,
    }
    data = service.fill(template["data"], call_up.title, call_up.place, call_up.gather_at)
    if call_up.contact_phone is not None:
        phones = (key for key in data if key.startswith("phone_number"))
        data |= dict.fromkeys(phones, call_up.contact_phone)
    is_urgent = bool(form.get("ignores_quiet_hours")) and call_up.is_emergency
    made = (
        upsert(Notification)
        .from_select(
            *_rows(
                id=made_id(now),
                outbox_id=literal(fact, BigInteger()),
                person_id=Reply.person_id,
                message=literal(MESSAGE, String()),
                title=literal(form["title"], String()),
                text=literal(form["text"].format_map(words), String()),
                subject_kind=literal("call_up", String()),
                subject_id=literal(call_up.id, Uuid()),
                created_at=literal(now, DateTime(timezone=True)),
                where=and_(Reply.call_up_id == call_up.id, Reply.person_id.is_not(None)),
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
                person_id=spent.c.person_id,
                template=literal(form["template"], String()),
                data=literal(data, JSONB()),
                status=literal(OutgoingStatus.WAITING, OutgoingMessage.status.type),
                is_urgent=literal(is_urgent, Boolean()),
                is_digest=literal(False, Boolean()),
                queued_at=literal(now, DateTime(timezone=True)),
                not_before=literal(now, DateTime(timezone=True)),
                attempts=literal(0),
                unanswered=literal(0),
                where=made.c.person_id == spent.c.person_id,
            ),
            include_defaults=False,
        )
    )


def _rows(
    *, where: ColumnElement[bool], **columns: Any
) -> tuple[list[str], Select[*tuple[Any, ...]]]:
    """The names of columns, and a select of what stands in them."""
    return list(columns), select(*columns.values()).where(where)
