"""Reminders by the clock: before an offer, a shift or an answer is due, and when a side stays silent.

Each kind is one statement: what is near its due time and was not reminded of it yet is written into
`reminders` and, with that row, a fact into the outbox; so it is told once, whoever dies in between and
however many workers look. A due time that was moved is reminded of again. The listener reads the row
as it is by then: who has answered meanwhile is told nothing.

Before a service its own clock tells (`orders.remind`); employers and communities that let an
application wait, by theirs (`members.waiting`).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Interval,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.core.terms import Term
from app.models.emergency import CallUp, Shift, ShiftSeat, ShiftSeatStatus
from app.models.member import Transfer, TransferStatus
from app.models.need import Acceptance, AcceptanceStatus, Need, NeedStatus
from app.models.notice import Reminder
from app.models.order import Order, OrderStatus, Seat, SeatStatus
from app.models.outbox import OutboxEntry
from app.notifications import service
from app.notifications.events import ReminderDue
from app.notifications.orders import STAFF
from app.notifications.transfers import tell_side
from app.orders import flags
from app.policies import service as policies

TERMS = (Term(Reminder.due_at, timedelta(days=30)),)
LONGEST_SILENCE = 60  # workdays that a policy may let a side be silent
NOW = bindparam("now", type_=DateTime(timezone=True))
WAITING_TRANSFER = (TransferStatus.REQUESTED, TransferStatus.OUT_CONFIRMED)


async def look(session: AsyncSession) -> None:
    """Every reminder whose time has come is a fact; a statement a kind."""
    now = clock.now()
    binds = {"now": now, "today": clock.today(), "silent_since": _silent_since(now)}
    for statement in STATEMENTS:
        await session.execute(statement, binds)


def _silent_since(now: datetime) -> list[datetime]:
    """The n-th is the instant before which n whole workdays lie between then and now."""
    day = clock.local_day(now)
    found: list[datetime] = []
    while len(found) < LONGEST_SILENCE:
        day -= workdays.DAY
        if workdays.is_workday(day):
            found.append(clock.day_starts(day))
    return found


def _hours(value: ColumnElement[int]) -> ColumnElement[timedelta]:
    return func.make_interval(0, 0, 0, 0, value, type_=Interval())


def _near(due: Any, lead: ColumnElement[timedelta]) -> ColumnElement[bool]:
    """`due` lies ahead, by no more than `lead`."""
    return and_(due > NOW, due - lead <= NOW)


def _offers() -> Select[*tuple[Any, ...]]:
    """Places kept for somebody who has not answered, offered longer before than the lead is."""
    lead = _hours(policies.value_at(Order.community_id, "orders.offer_reminder_hours"))
    return (
        select(Seat.id, Seat.offered_until)
        .join(Order, Order.id == Seat.order_id)
        .where(
            Seat.status == SeatStatus.OFFERED,
            Seat.updated_at < Seat.offered_until - lead,
            _near(Seat.offered_until, lead),
        )
    )


def _alone() -> Select[*tuple[Any, ...]]:
    """Services that two must do and one has taken."""
    lead = _hours(policies.value_at(Order.community_id, "orders.partner_reminder_hours"))
    return select(Order.id, Order.starts_at).where(
        Order.status == literal_column("'open'"),
        flags.WANTS_TWO,
        _coming() == 1,
        _near(Order.starts_at, lead),
    )


def _coming() -> ColumnElement[int]:
    """How many have promised to come to an `Order`."""
    return (
        select(func.count())
        .where(Seat.order_id == Order.id, Seat.status == SeatStatus.TAKEN)
        .scalar_subquery()
    )


def _shifts() -> Select[*tuple[Any, ...]]:
    """Shifts that somebody has taken before the lead began."""
    lead = _hours(policies.value_at(CallUp.organization_id, "orders.reminder_hours"))
    return (
        select(ShiftSeat.id, Shift.starts_at)
        .join(Shift, Shift.id == ShiftSeat.shift_id)
        .join(CallUp, CallUp.id == Shift.call_up_id)
        .where(
            ShiftSeat.status == ShiftSeatStatus.TAKEN,
            ShiftSeat.updated_at < Shift.starts_at - lead,
            _near(Shift.starts_at, lead),
        )
    )


def _questions() -> Select[*tuple[Any, ...]]:
    """Needs that close unless their resident answers; not where the lead is all the time he has."""
    hours = policies.value_at(Need.community_id, "needs.ask_back_reminder_hours")
    days = policies.value_at(Need.community_id, "needs.ask_back_days")
    return select(Need.id, Need.due_at).where(
        Need.status == NeedStatus.ASKED_BACK, hours < days * 24, _near(Need.due_at, _hours(hours))
    )


def _acceptances() -> Select[*tuple[Any, ...]]:
    """Results that the resident has not answered, before his silence counts."""
    hours = policies.value_at(Need.community_id, "orders.acceptance_reminder_hours")
    days = policies.value_at(Need.community_id, "orders.acceptance_days")
    return (
        select(Acceptance.id, Acceptance.due_at)
        .join(Need, Need.id == Acceptance.need_id)
        .where(
            Acceptance.status == AcceptanceStatus.ASKED,
            hours < days * 24,
            _near(Acceptance.due_at, _hours(hours)),
        )
    )


def _transfers() -> Select[*tuple[Any, ...]]:
    """Transfers whose side has been silent for the policy's workdays since its turn came."""
    instants = ARRAY(DateTime(timezone=True))
    silent_since = select(bindparam("silent_since", type_=instants)).scalar_subquery()
    workdays_given = policies.value_at(Transfer.from_id, "transfer.answer_workdays")
    return select(Transfer.id, Transfer.updated_at).where(
        Transfer.status.in_(WAITING_TRANSFER),
        Transfer.updated_at < silent_since[workdays_given],
    )


def _recorded(kind: str, found: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """What is `found` (id, due time) and was not reminded of is written down and a fact."""
    subject, due = found.selected_columns
    marked = (
        insert(Reminder)
        .from_select(
            ["kind", "subject_id", "due_at"],
            found.with_only_columns(literal(kind, String()), subject, due),
        )
        .on_conflict_do_nothing()
        .returning(Reminder.subject_id, Reminder.due_at)
        .cte("marked")
    )
    payload = func.jsonb_build_object(
        *("kind", literal(kind, String())),
        *("subject_id", marked.c.subject_id),
        *("due_at", marked.c.due_at),
    )
    recorded = (
        insert(OutboxEntry)
        .from_select(
            ["name", "payload", "recorded_at", "not_before", "attempts"],
            select(literal(ReminderDue.name, String()), payload, NOW, NOW, literal(0)),
            include_defaults=False,
        )
        .returning(OutboxEntry.id)
        .cte("recorded")
    )
    return select(func.count()).select_from(recorded)


STATEMENTS = tuple(
    _recorded(kind, found())
    for kind, found in (
        ("offer", _offers),
        ("alone", _alone),
        ("shift", _shifts),
        ("question", _questions),
        ("acceptance", _acceptances),
        ("transfer", _transfers),
    )
)


async def on_reminder_due(session: AsyncSession, fact: int, event: ReminderDue) -> None:
    """Who must act is reminded, if he still must, and by the same time."""
    await TELLERS[event.kind](session, fact, event)


async def _of_offer(session: AsyncSession, fact: int, event: ReminderDue) -> None:
    seat = await session.get_one(Seat, event.subject_id)
    if seat.status is not SeatStatus.OFFERED or seat.offered_until != event.due_at:
        return
    order = await session.get_one(Order, seat.order_id)
    people, subject = [seat.person_id], ("order", order.id)
    await service.tell(
        session, fact, "offer_ends", people, subject, order=order.said_title, due=event.due_at
    )


async def _of_alone(session: AsyncSession, fact: int, event: ReminderDue) -> None:
    order = await session.get_one(Order, event.subject_id)
    found = await session.scalars(
        select(Seat.person_id).where(Seat.order_id == order.id, Seat.status == SeatStatus.TAKEN)
    )
    coming = found.all()
    is_due = order.status is OrderStatus.OPEN and order.starts_at == event.due_at
    if not is_due or len(coming) != 1:
        return
    staff = await service.holders(session, order.community_id, *STAFF)
    subject, words = ("order", order.id), {"order": order.said_title, "start": order.starts_at}
    await service.tell(session, fact, "partner_missing", coming, subject, **words)
    await service.tell(session, fact, "second_missing", staff, subject, **words)


async def _of_shift(session: AsyncSession, fact: int, event: ReminderDue) -> None:
    seat = await session.get_one(ShiftSeat, event.subject_id)
    shift = await session.get_one(Shift, seat.shift_id)
    if seat.status is not ShiftSeatStatus.TAKEN or shift.starts_at != event.due_at:
        return
    call_up = await session.get_one(CallUp, shift.call_up_id)
    await service.tell(
        session,
        fact,
        "service_tomorrow",
        [seat.person_id],
        ("call_up", call_up.id),
        order=call_up.title,
        start=shift.starts_at,
        place=shift.place,
    )


async def _of_question(session: AsyncSession, fact: int, event: ReminderDue) -> None:
    need = await session.get_one(Need, event.subject_id)
    if need.status is NeedStatus.ASKED_BACK and need.due_at == event.due_at:
        await _tell_resident(session, fact, "need_question_due", need, event.due_at)


async def _of_acceptance(session: AsyncSession, fact: int, event: ReminderDue) -> None:
    row = await session.get_one(Acceptance, event.subject_id)
    if row.status is AcceptanceStatus.ASKED and row.due_at == event.due_at:
        need = await session.get_one(Need, row.need_id)
        await _tell_resident(session, fact, "need_confirm_due", need, event.due_at)


async def _tell_resident(
    session: AsyncSession, fact: int, message: str, need: Need, due: datetime
) -> None:
    people, subject = [need.requester_id], ("need", need.id)
    await service.tell(session, fact, message, people, subject, need=need.number, due=due)


async def _of_transfer(session: AsyncSession, fact: int, event: ReminderDue) -> None:
    row = await session.get_one(Transfer, event.subject_id)
    if row.status in WAITING_TRANSFER and row.updated_at == event.due_at:
        await tell_side(session, fact, row.id, row.status, "transfer_waiting")


TELLERS = {
    "offer": _of_offer,
    "alone": _of_alone,
    "shift": _of_shift,
    "question": _of_question,
    "acceptance": _of_acceptance,
    "transfer": _of_transfer,
}
