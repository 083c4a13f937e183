"""Promised times of people: two never overlap, and a week holds no more than its limit.

Every room that gives out time writes here; the database itself refuses an overlap, so that no two
takers can race past a check. Giving a seat writes its rows in one statement with the seat
(`orders/seats.py`). Source: engineering.md A4, B26.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    Delete,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, Range, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import AppError, Conflict
from app.models.order import Commitment, WeekCount
from app.models.person import Person


class Overlaps(Conflict):
    """The person has promised this time already, or another too near to it."""

    code, title = "overlaps", "与已接的其他服务时间冲突，或间隔太短"


CONSTRAINTS: Mapping[str, type[AppError]] = {"commitments_overlap": Overlaps}


def week_of(moment: datetime) -> date:
    """The Monday of the local week that `moment` falls in."""
    day = clock.local_day(moment)
    return day - timedelta(days=day.weekday())


def local_week(moment: Any) -> Any:
    """As `week_of`, in SQL."""
    return cast(func.date_trunc("week", func.timezone(clock.ZONE.key, moment)), Date)


THEIRS = (
    Commitment.source_kind == bindparam("source_kind", type_=String()),
    Commitment.source_id == any_(bindparam("source_ids", type_=ARRAY(Uuid()))),
)


def _take_back() -> Delete:
    freed = (
        select(
            Commitment.person_id,
            local_week(func.lower(Commitment.during)).label("week"),
            func.count().label("times"),
        )
        .where(*THEIRS, Commitment.is_exclusive)
        .group_by("person_id", "week")
        .cte("freed")
    )
    rows = (
        select(WeekCount.person_id, WeekCount.week, freed.c.times)
        .join(freed, and_(freed.c.person_id == WeekCount.person_id, freed.c.week == WeekCount.week))
        .order_by(WeekCount.person_id, WeekCount.week)
        .with_for_update(of=WeekCount)
        .cte("rows")
    )
    counted = (
        update(WeekCount)
        .where(WeekCount.person_id == rows.c.person_id, WeekCount.week == rows.c.week)
        .values(taken=func.greatest(WeekCount.taken - rows.c.times, 0))
        .returning(WeekCount.person_id)
        .cte("counted")
    )
    weeks_first = select(func.count()).select_from(counted).scalar_subquery() >= 0
    return (
        delete(Commitment).where(*THEIRS, weeks_first).execution_options(synchronize_session=False)
    )


TAKE_BACK = _take_back()


async def lock(session: AsyncSession, person_ids: Collection[UUID | None]) -> None:
    """Who else locks the promises of these people waits until this transaction ends; in their order.

    Their rows may still be named by others' new ones.
    """
    await session.execute(
        select(Person.id)
        .where(Person.id.in_(person_ids))
        .order_by(Person.id)
        .with_for_update(key_share=True)
    )


async def promise(
    session: AsyncSession,
    person_id: UUID,
    source: tuple[str, UUID],
    starts_at: datetime,
    ends_at: datetime,
) -> int:
    """The time is promised to `source` (kind, id); how many the person has in its week with this.

    Raises:
        Overlaps: by the constraint, at this statement.
    """
    counting = insert(WeekCount).values(person_id=person_id, week=week_of(starts_at), taken=1)
    counted = await session.execute(
        counting.on_conflict_do_update(
            index_elements=["person_id", "week"], set_={"taken": WeekCount.taken + 1}
        ).returning(WeekCount.taken)
    )
    session.add(
        Commitment(
            person_id=person_id,
            during=Range(starts_at, ends_at),
            source_kind=source[0],
            source_id=source[1],
        )
    )
    await session.flush()
    return counted.scalar_one()


async def take_back(session: AsyncSession, source_kind: str, source_ids: Collection[UUID]) -> None:
    """These sources promise no time any more, and the weeks hold as many less; in one statement.

    Who promises locks the weeks before the times, and so does this, in the people's order: never
    crosswise. A time that hinders no other one, as in an emergency, was counted in no week.
    """
    binds = {"source_kind": source_kind, "source_ids": list(source_ids)}
    await session.execute(TAKE_BACK, binds)


async def free(session: AsyncSession, source_kind: str, source_ids: Collection[UUID]) -> None:
    """These sources promise no time any more."""
    binds = {"source_kind": source_kind, "source_ids": list(source_ids)}
    await session.execute(delete(Commitment).where(*THEIRS), binds)


async def move(
    session: AsyncSession,
    source_kind: str,
    promised: Mapping[UUID, UUID],
    week: date,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    """These sources (id → person) promise another time, whatever the limit of its week; whom it
    does not suit keeps the change from happening.

    `week`: of the time that they have promised. The people are locked before weeks and times.

    Raises:
        Overlaps: by the constraint, at this statement.
    """
    people = list(promised.values())
    await lock(session, people)
    new_week = week_of(starts_at)
    if new_week != week:
        for each in sorted((week, new_week)):
            await (add if each == new_week else _give_back)(session, people, each)
    await session.execute(
        update(Commitment)
        .where(Commitment.source_kind == source_kind, Commitment.source_id.in_(promised))
        .values(during=Range(starts_at, ends_at))
    )


async def add(session: AsyncSession, person_ids: Sequence[UUID], week: date) -> int:
    """One promise more in `week` for each of these people, whatever the limit; in their order.

    Returns how many there are now of who has the most.
    """
    statement = insert(WeekCount).values(
        [{"person_id": person, "week": week, "taken": 1} for person in sorted(person_ids)]
    )
    counted = await session.scalars(
        statement.on_conflict_do_update(
            index_elements=["person_id", "week"], set_={"taken": WeekCount.taken + 1}
        ).returning(WeekCount.taken)
    )
    return max(counted)


async def _give_back(session: AsyncSession, person_ids: Sequence[UUID], week: date) -> None:
    """One promise less in `week` for each of these people; locks their rows in the people's order."""
    rows = (
        select(WeekCount.person_id)
        .where(WeekCount.person_id.in_(person_ids), WeekCount.week == week, WeekCount.taken > 0)
        .order_by(WeekCount.person_id)
        .with_for_update()
        .cte("rows")
    )
    await session.execute(
        update(WeekCount)
        .where(WeekCount.person_id.in_(select(rows.c.person_id)), WeekCount.week == week)
        .values(taken=WeekCount.taken - 1)
        .execution_options(synchronize_session=False)
    )
