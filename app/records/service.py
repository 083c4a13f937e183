"""Service records: the form in which every room writes them, and one record for change.

Minutes are confirmed by somebody else than the member and whom the service was for.
Source: domain.md §3.11, §5.4; practice.md R14.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, ids, workdays
from app.core.errors import Conflict, Invalid
from app.deadlines import Deadline
from app.models.member import Registration
from app.models.need import Need
from app.models.order import OrderNeed
from app.models.record import RecordStatus, ServiceRecord, ServiceRecordStep
from app.models.wish import Wish, WishClaim
from app.permissions import Actor, Permission, require
from app.policies import service as policies
from app.records.events import RecordMoved
from app.records.lifecycle import ADDED, RECORD, REMINDED, WAITING, RecordAction
from app.rows import get_row

P = Permission
DAY_LIMIT, ANSWER = "records.max_minutes_per_day", "records.answer_workdays"
WORK_FROM, WORK_TO = "records.work_from", "records.work_to"
EMERGENCY = "shift"  # the source kind of what was served in one
COUNTED = (RecordStatus.APPROVED, RecordStatus.DISPUTED)  # in the minutes of a day


class OwnRecord(Conflict):
    """Neither the member it names nor whom the service was for decides about a record.

    Source: domain.md §5.4.
    """

    code, title = "own_record", "与本人有关的记录，须由他人办理"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What was done, in the community's words; `source`: kind and id of the row behind it."""

    source: tuple[str, UUID]
    community_id: UUID
    category: str
    title: str
    place: str
    served_on: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def form(
    registration: Registration, done: Service, minutes: int, *, is_work_time: bool = False
) -> ServiceRecord:
    """A record of what the registered member did, not added yet; every room writes in this form."""
    return ServiceRecord(
        id=ids.new_id(),
        status=RecordStatus.APPROVED,
        registration_id=registration.id,
        member_id=registration.member_id,
        person_id=registration.person_id,
        employer_id=registration.employer_id,
        community_id=done.community_id,
        source_kind=done.source[0],
        source_id=done.source[1],
        category=done.category,
        title=done.title,
        place=done.place,
        served_on=done.served_on,
        starts_at=done.starts_at,
        ends_at=done.ends_at,
        minutes=minutes,
        is_work_time=is_work_time,
    )


async def add(
    session: AsyncSession,
    actor: Actor,
    records: Sequence[ServiceRecord],
) -> None:
    """What was done on one day in one community is on record, approved by the actor.

    The registrations are locked by the caller, so that two services of a day are counted one after
    the other. The caller flushes.

    Raises:
        Invalid: a day that has not come, or more minutes than a day may have.
    """
    if any(record.served_on > clock.today() for record in records):
        raise Invalid.field("/served_on", "in_the_future", "不能登记尚未进行的服务")
    await check_day(session, records)
    for record in records:
        record.approved_by_id, record.approved_at = actor.person_id, clock.now()
    session.add_all(records)
    for record in records:
        note(session, actor, record, ADDED, None)


async def check_day(session: AsyncSession, records: Sequence[ServiceRecord]) -> None:
    """With these records, of one day and community, nobody has served more than a day's minutes.

    What was served in an emergency has no limit, and leaves that of the day as it is.
    Source: defaults.yaml `records.max_minutes_per_day`.

    Raises:
        Invalid: somebody has, with what else he did on that day.
    """
    limited = [record for record in records if record.source_kind != EMERGENCY]
    if not limited:
        return
    first = limited[0]
    most = await policies.value(session, first.community_id, DAY_LIMIT)
    rows = await session.execute(
        select(ServiceRecord.person_id, func.sum(ServiceRecord.minutes))
        .where(
            ServiceRecord.person_id.in_([record.person_id for record in limited]),
            ServiceRecord.source_kind != EMERGENCY,
            ServiceRecord.served_on == first.served_on,
            ServiceRecord.status.in_(COUNTED),
            ServiceRecord.id.not_in([record.id for record in limited if record.id is not None]),
        )
        .group_by(ServiceRecord.person_id)
    )
    before = {person_id: minutes for person_id, minutes in rows}
    if any(record.minutes + before.get(record.person_id, 0) > most for record in limited):
        raise Invalid.field("/minutes", "too_many_minutes", "超过一天的服务时长上限")


async def is_work_time(session: AsyncSession, community_id: UUID, starts_at: datetime) -> bool:
    """Whether what an employer's people begin together at `starts_at` falls into working hours.

    Source: practice.md R14.
    """
    said = await policies.values(session, community_id, WORK_FROM, WORK_TO)
    begins, ends = (time.fromisoformat(said[key]) for key in (WORK_FROM, WORK_TO))
    local = starts_at.astimezone(clock.ZONE)
    return workdays.is_workday(local.date()) and begins <= local.time() < ends


async def get(
    session: AsyncSession, actor: Actor, record_id: UUID
) -> tuple[ServiceRecord, list[str]]:
    """The record, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    asked = (P.RECORD_OWN, P.RECORD_CORRECT)
    return await get_row(session, actor, ServiceRecord, record_id, seen=P.RECORD_READ, asked=asked)


async def get_others(
    session: AsyncSession, actor: Actor, record_id: UUID
) -> tuple[ServiceRecord, list[str]]:
    """As `get`, for who looks into it: neither its member nor whom the service was for.

    Raises:
        NotFound, Forbidden: as every step.
        OwnRecord: see there.
    """
    record, granted = await get(session, actor, record_id)
    require(granted, P.RECORD_CORRECT)
    of_order = (
        select(Need.requester_id)
        .join(OrderNeed, OrderNeed.need_id == Need.id)
        .where(OrderNeed.order_id == record.source_id)
    )
    of_wish = (
        select(Wish.requester_id)
        .join(WishClaim, WishClaim.wish_id == Wish.id)
        .where(WishClaim.id == record.source_id)
    )
    served = await session.scalars(union_all(of_order, of_wish))
    if actor.person_id in {record.person_id, *served}:
        raise OwnRecord
    return record, granted


async def moved(
    session: AsyncSession,
    actor: Actor,
    record: ServiceRecord,
    action: RecordAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
    before: int | None = None,
) -> None:
    """The record took a step: status, clock, history, fact. `granted` None: the house takes it.

    `before`: its minutes, where the step has changed them. What staff decide ends a proposed
    correction.
    """
    if granted is None:
        left = RECORD.advance(record, action, reason=reason)
    else:
        left = RECORD.move(record, action, granted, reason=reason)
    if record.status not in WAITING:
        record.proposed_minutes = record.proposed_by_id = None
    await set_clock(session, record)
    note(session, actor, record, action, left, reason=reason, before=before)
    await session.flush()


async def set_clock(session: AsyncSession, record: ServiceRecord) -> None:
    """The community is reminded as long as it has something to decide about the record."""
    record.remind_at = None
    if record.status in WAITING or record.proposed_minutes is not None:
        days = await policies.value(session, record.community_id, ANSWER)
        record.remind_at = workdays.after(clock.now(), days)


async def remind(session: AsyncSession, record: ServiceRecord) -> None:
    """The community is reminded of a record without a decision, again after as many workdays."""
    await set_clock(session, record)
    note(session, Actor.system(), record, REMINDED, record.status)


def note(
    session: AsyncSession,
    actor: Actor,
    record: ServiceRecord,
    action: str,
    left: RecordStatus | None,
    *,
    reason: str | None = None,
    before: int | None = None,
) -> None:
    """A line of the record's history, and the fact of it."""
    session.add(
        ServiceRecordStep(
            service_record_id=record.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=record.status,
            reason=reason,
            minutes=record.minutes,
        )
    )
    events.record(
        session,
        RecordMoved(
            record_id=record.id,
            person_id=record.person_id,
            action=action,
            status=record.status,
            minutes_before=record.minutes if before is None else before,
            minutes=record.minutes,
        ),
    )


DEADLINES = (Deadline(ServiceRecord, remind, "remind_at"),)
