"""Recurring orders: a series says what and on which days, and the worker makes its orders ahead.

Each occurrence is an ordinary order, made once: `(series_id, series_day)` is unique. What changes in
the series is brought to its orders by the worker too, but for those that somebody has changed or
that have people whom the change does not suit. An order with people on it is never taken back.
Source: policies `orders.series_weeks_ahead`, `orders.series_skip_holidays`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, workdays
from app.core.errors import AppError, Invalid, Stale
from app.deadlines import Deadline
from app.lifecycle import BadTransition
from app.models.order import Order, OrderStatus
from app.models.order_series import Frequency, OrderSeries, SeriesStatus, SeriesStep
from app.orders import announced, drafts, flags, recurrence, service
from app.orders.events import SeriesMoved
from app.orders.lifecycle import CHANGED, DRAFTED, SERIES, SeriesAction
from app.orders.schemas import CancelIn, OrderChange, OrderIn, ServiceIn
from app.orders.series_schemas import CalendarRuleIn, SeriesChange, SeriesIn
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.rows import get_row

P, A = Permission, SeriesAction
WEEKS_AHEAD, SKIP_HOLIDAYS = "orders.series_weeks_ahead", "orders.series_skip_holidays"
NOT_BEGUN = (OrderStatus.DRAFT, OrderStatus.OPEN)
FROM_BODY = tuple(ServiceIn.model_fields)
FROM_RULE = tuple(CalendarRuleIn.model_fields)
# What a series hands on to an order that follows it.
HANDED_ON = ("title", "description", "place", "seats", "insured_until")
RULE_CHANGED = "周期安排有变"


async def begin(
    session: AsyncSession, actor: Actor, community_id: UUID, body: SeriesIn
) -> OrderSeries:
    """The series is active; the worker makes its orders within seconds.

    Raises:
        NotFound, Forbidden: as for an order.
        Invalid: a rule that says too little, too much or no day at all, or what an order refuses.
        NotInsured, OneProject: as publishing an order.
    """
    await drafts.allowed(session, actor, community_id)
    row = OrderSeries(
        community_id=community_id,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        begins_at=time.fromisoformat(body.begins_at),
        minutes=body.minutes,
        skips_holidays=await _skips(session, community_id, body),
        created_by_id=actor.person_id,
        due_at=clock.now(),
        **body.model_dump(include=set(FROM_BODY)),
        **_rule(body.rule),
    )
    if body.template is not None and "seats" not in body.model_fields_set:
        row.seats = 0  # until the template has said how many
    first = _first(row)
    order = await drafts.build(session, community_id, _order(row, first), [])
    flags.check(order)
    await announced.check_project(session, order)
    row.seats, row.place, row.description = order.seats, order.place, order.description
    row.is_confidential = order.is_confidential
    session.add(row)
    await session.flush()
    await _tell(session, actor, row, DRAFTED, None)
    return row


async def change(
    session: AsyncSession, actor: Actor, series_id: UUID, body: SeriesChange
) -> OrderSeries:
    """The series is as the community says now; its orders follow within seconds.

    Raises:
        NotFound: none, or not the actor's to see.
        Stale: somebody else has changed it.
        BadTransition: it has ended.
        Invalid, NotInsured: as at its begin; a last day before the first.
    """
    row, _ = await _get(session, actor, series_id)
    if row.version != body.version:
        raise Stale
    if row.status is SeriesStatus.ENDED:
        raise BadTransition
    new = body.model_dump(exclude_unset=True, exclude={"version", "rule", "begins_at"})
    if body.rule is not None:
        new |= _rule(body.rule)
    if body.begins_at is not None:
        new["begins_at"] = time.fromisoformat(body.begins_at)
    changed = [name for name, value in new.items() if getattr(row, name) != value]
    for name, value in new.items():
        setattr(row, name, value)
    order = await drafts.build(session, row.community_id, _order(row, _first(row)), [])
    flags.check(order)
    row.is_confidential = order.is_confidential
    row.version += 1
    if row.status is SeriesStatus.ACTIVE:
        row.due_at = clock.now()
    await _tell(session, actor, row, CHANGED, row.status, reason=",".join(changed) or None)
    return row


async def move(
    session: AsyncSession,
    actor: Actor,
    series_id: UUID,
    action: SeriesAction,
    reason: str | None = None,
) -> OrderSeries:
    """The series pauses, goes on or ends; after an end the worker takes back what nobody took.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
    """
    row, granted = await _get(session, actor, series_id)
    left = SERIES.move(row, action, granted, reason=reason)
    row.version += 1
    row.due_at = None if action is A.PAUSE else clock.now()
    await _tell(session, actor, row, action, left, reason=reason)
    return row


async def extend(session: AsyncSession, row: OrderSeries) -> None:
    """The orders of the coming weeks are there, and follow the series; the caller locked the row.

    After its last day the series is over; else it is looked at again tomorrow.
    """
    today = clock.today()
    held = await policies.value(session, row.community_id, WEEKS_AHEAD)
    last = min(filter(None, (today + timedelta(weeks=held), row.insured_until)))
    made = await _made(session, row, today)
    if row.status is SeriesStatus.ACTIVE:
        for day in recurrence.days(row, max(today, row.starts_on), last):
            if day not in made and not _is_skipped(row, day) and _begins(row, day) > clock.now():
                await _make(session, row, day)
    for day, order in made.items():
        if order.follows_series and order.status in NOT_BEGUN and order.starts_at > clock.now():
            await _align(session, row, day, order)
    if row.status is not SeriesStatus.ACTIVE:
        return
    if row.ends_on is not None and today > row.ends_on:
        left = SERIES.advance(row, A.RUN_OUT)
        await _tell(session, Actor.system(), row, A.RUN_OUT, left)
    else:
        row.due_at = clock.day_after(today)


async def _make(session: AsyncSession, row: OrderSeries, day: date) -> None:
    order = await drafts.draft(session, Actor.system(), row.community_id, _order(row, day))
    order.series_id, order.series_day, order.follows_series = row.id, day, True
    order.created_by_id = row.created_by_id
    await session.flush()


async def _align(session: AsyncSession, row: OrderSeries, day: date, order: Order) -> None:
    """The order is as the series says; or is taken back, where the day is none of its any more."""
    is_wanted = row.status is not SeriesStatus.ENDED and recurrence.falls_on(row, day)
    if not is_wanted or _is_skipped(row, day):
        if order.taken == 0:
            order.series_day = None  # the day is free again, should the rule come back to it
            why = CancelIn(reason_code="other", reason_text=RULE_CHANGED)
            await service.cancel(session, Actor.system(), order.id, why)
        return
    said = _order(row, day)
    wanted: dict[str, Any] = {name: getattr(said, name) for name in HANDED_ON}
    wanted |= {"starts_at": said.starts_at, "ends_at": said.ends_at}
    new = {name: value for name, value in wanted.items() if getattr(order, name) != value}
    if not new:
        return
    order_id = order.id
    body = OrderChange.model_construct(version=order.version, **new)
    try:
        async with session.begin_nested():
            await drafts.change(session, Actor.system(), order_id, body)
    except (AppError, IntegrityError):  # it does not suit who has taken it: it stays as it was
        await session.execute(
            update(Order).where(Order.id == order_id).values(follows_series=False)
        )


async def _made(session: AsyncSession, row: OrderSeries, today: date) -> Mapping[date, Order]:
    """The orders from today on by their day; locked, those of one series in one order."""
    found = await session.scalars(
        select(Order)
        .where(Order.series_id == row.id, Order.series_day >= today)
        .order_by(Order.series_day)
        .with_for_update()
    )
    return {order.series_day: order for order in found if order.series_day is not None}


async def _get(
    session: AsyncSession, actor: Actor, series_id: UUID
) -> tuple[OrderSeries, Sequence[str]]:
    return await get_row(
        session, actor, OrderSeries, series_id, seen=P.SERIES_RUN, asked=P.SERIES_RUN
    )


async def _skips(session: AsyncSession, community_id: UUID, body: SeriesIn) -> bool:
    if body.skips_holidays is not None:
        return body.skips_holidays
    return bool(await policies.value(session, community_id, SKIP_HOLIDAYS))


def _rule(body: CalendarRuleIn) -> dict[str, Any]:
    """The columns of the rule, if it says just what its frequency wants."""
    is_nth = body.month_week is not None
    if body.frequency is Frequency.WEEKLY:
        fits = bool(body.weekdays) and not is_nth and body.month_day is None
    elif is_nth:
        fits = len(set(body.weekdays)) == 1 and body.month_day is None and body.month_week != 0
    else:
        fits = body.month_day is not None and not body.weekdays
    if not fits:
        raise Invalid.field("/rule", "unfit_rule", "请选择每周的星期几，或每月的某日、第几个星期几")
    return body.model_dump(include=set(FROM_RULE)) | {"weekdays": sorted(set(body.weekdays))}


def _first(row: OrderSeries) -> date:
    """The first day that is still ahead.

    Raises:
        Invalid: there is none.
    """
    if row.ends_on is not None and row.ends_on < row.starts_on:
        raise Invalid.field("/ends_on", "ends_before_start", "结束日期早于开始日期")
    first = max(clock.today(), row.starts_on)
    for day in recurrence.days(row, first, first + recurrence.FARTHEST):
        if not _is_skipped(row, day) and _begins(row, day) > clock.now():
            return day
    raise Invalid.field("/rule", "no_day", "按此安排没有可服务的日期")


def _is_skipped(row: OrderSeries, day: date) -> bool:
    return row.skips_holidays and workdays.is_holiday(day)


def _begins(row: OrderSeries, day: date) -> datetime:
    return datetime.combine(day, row.begins_at, clock.ZONE)


def _order(row: OrderSeries, day: date) -> OrderIn:
    """What the order of `day` says, open to members at once."""
    said = {name: getattr(row, name) for name in FROM_BODY if name != "seats" or row.seats}
    begins = _begins(row, day)
    ends = begins + timedelta(minutes=row.minutes)
    return OrderIn.model_construct(**said, starts_at=begins, ends_at=ends, publish=True)


async def _tell(
    session: AsyncSession,
    actor: Actor,
    row: OrderSeries,
    action: str,
    left: SeriesStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step, and all of it is written."""
    session.add(
        SeriesStep(
            series_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
            reason=reason,
        )
    )
    events.record(session, SeriesMoved(series_id=row.id, action=action, status=row.status))
    await session.flush()


DEADLINES = (Deadline(OrderSeries, extend),)
