"""Entries: all of one flush in one statement, after what they speak of; complete, and no later change."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from sqlalchemy import TypeDecorator, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit, events
from app.core import clock
from app.core.db import Base
from app.core.entries import Entry
from app.core.ids import new_id
from app.models.house import OperationLog
from app.models.order import Commitment, Seat, SeatStatus, SeatStep
from app.models.outbox import OutboxEntry
from app.orders.events import SeatMoved
from app.permissions import Actor
from tests.factories.members import make_registration
from tests.factories.orders import make_order

Count = Callable[[], AbstractContextManager[list[str]]]


def moved(seat: Seat) -> SeatMoved:
    return SeatMoved(
        seat_id=seat.id,
        order_id=seat.order_id,
        person_id=seat.person_id,
        action="take",
        status=SeatStatus.TAKEN,
    )


async def make_seat(session: AsyncSession) -> Seat:
    registration = await make_registration(session)
    order = await make_order(session)
    return Seat(
        id=new_id(),
        order_id=order.id,
        person_id=registration.person_id,
        registration_id=registration.id,
    )


async def test_entries_of_many_tables_are_one_statement_after_what_they_speak_of(
    session: AsyncSession, count_statements: Count
) -> None:
    seat, starts_at = await make_seat(session), clock.now()
    with count_statements() as statements:
        session.add(seat)
        for action in ("take", "attend", "confirm"):
            session.add(SeatStep(seat_id=seat.id, action=action, entered="taken"))
            events.record(session, moved(seat))
        during = Range(starts_at, starts_at + timedelta(hours=1))
        promise = Commitment(
            person_id=seat.person_id, during=during, source_kind="order", source_id=seat.id
        )
        session.add(promise)
        await session.flush()
    assert [each.split()[:3] for each in statements] == [
        ["INSERT", "INTO", "seats"],
        ["WITH", "add_outbox", "AS"],
    ]
    steps = (await session.scalars(select(SeatStep).order_by(SeatStep.id))).all()
    assert [(one.action, one.actor_id, one.reason) for one in steps] == [
        ("take", None, None),
        ("attend", None, None),
        ("confirm", None, None),
    ]
    facts = (await session.scalars(select(OutboxEntry).order_by(OutboxEntry.id))).all()
    assert [one.payload for one in facts[-3:]] == [moved(seat).model_dump(mode="json")] * 3
    assert {one.attempts for one in facts} == {0}
    kept = await session.get_one(Commitment, promise.id)
    assert (kept.during, kept.is_exclusive) == (during, True)


async def test_an_entry_alone_is_written_and_has_its_defaults(session: AsyncSession) -> None:
    actor, subject_id = Actor.system(), new_id()
    audit.operated(session, actor, "policy.set", subject=("policy", subject_id), key="a", size=3)
    row = (
        await session.scalars(select(OperationLog).where(OperationLog.subject_id == subject_id))
    ).one()
    assert (row.detail, row.actor_id) == ({"key": "a", "size": 3}, None)
    assert clock.now() - row.at < timedelta(minutes=1)


async def test_what_is_undone_takes_its_entries_along(session: AsyncSession) -> None:
    seat = await make_seat(session)
    savepoint = await session.begin_nested()
    session.add(seat)
    session.add(SeatStep(seat_id=seat.id, action="take", entered="taken"))
    await session.flush()
    await savepoint.rollback()
    assert (await session.scalars(select(SeatStep).where(SeatStep.seat_id == seat.id))).all() == []


def test_no_entry_has_a_sealed_column() -> None:
    kinds = [one for one in Base.registry.mappers if issubclass(one.class_, Entry)]
    assert len(kinds) > 20
    for kind in kinds:  # what the types of columns do to a value is not done to an entry's
        assert not [one for one in kind.columns if isinstance(one.type, TypeDecorator)]
