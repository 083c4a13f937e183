"""Service records: written when minutes are confirmed; disputed, corrected, voided, never deleted.

Hot: a member's own records. Source: domain.md §3.11, §5.4.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, func, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core.errors import Conflict, Invalid, NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.need import Need
from app.models.order import OrderNeed, RecordStatus, ServiceRecord, ServiceRecordStep
from app.models.wish import Wish, WishClaim
from app.permissions import Actor, Permission, grants, may, require
from app.policies import service as policies
from app.records.events import RecordMoved
from app.records.lifecycle import ADDED, RECORD, RecordAction

P = Permission
DAY_LIMIT = "records.max_minutes_per_day"


class NeedsTwo(Conflict):
    """So large a correction takes a second person, who comes with the correction desk."""

    code, title = "needs_second_reviewer", "更正幅度较大，须两人办理"


class OwnRecord(Conflict):
    """Neither the member it names nor whom the service was for decides about a record.

    Source: domain.md §5.4.
    """

    code, title = "own_record", "与本人有关的记录，须由他人办理"


async def add(session: AsyncSession, actor: Actor, record: ServiceRecord) -> None:
    """The service is on record, approved by the actor; history and fact are written."""
    record.approved_by_id = actor.person_id
    session.add(record)
    await session.flush()
    _tell(session, actor, record, ADDED, None)


async def check_day(session: AsyncSession, records: Sequence[ServiceRecord]) -> None:
    """With these records, of one day and community, nobody has served more than a day's minutes.

    Raises:
        Invalid: somebody has, with what else he did on that day.
    """
    first = records[0]
    most = await policies.value(session, first.community_id, DAY_LIMIT)
    rows = await session.execute(
        select(ServiceRecord.person_id, func.sum(ServiceRecord.minutes))
        .where(
            ServiceRecord.person_id.in_([record.person_id for record in records]),
            ServiceRecord.served_on == first.served_on,
            ServiceRecord.status != RecordStatus.VOIDED,
            ServiceRecord.id.not_in([record.id for record in records if record.id is not None]),
        )
        .group_by(ServiceRecord.person_id)
    )
    before = {person_id: minutes for person_id, minutes in rows}
    if any(record.minutes + before.get(record.person_id, 0) > most for record in records):
        raise Invalid.field("/minutes", "too_many_minutes", "超过一天的服务时长上限")


async def dispute(
    session: AsyncSession, actor: Actor, record_id: UUID, reason: str
) -> ServiceRecord:
    """The member says that it was not he, or not so."""
    record, granted = await get(session, actor, record_id)
    _moved(session, actor, record, RecordAction.DISPUTE, granted, reason)
    await session.flush()
    return record


async def uphold(
    session: AsyncSession, actor: Actor, record_id: UUID, reason: str
) -> ServiceRecord:
    """The community has looked into it, and the record stands.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnRecord: see there.
    """
    record, granted = await _get_others(session, actor, record_id)
    _moved(session, actor, record, RecordAction.UPHOLD, granted, reason)
    await session.flush()
    return record


async def correct(
    session: AsyncSession, actor: Actor, record_id: UUID, minutes: int, reason: str
) -> ServiceRecord:
    """The record has the right minutes.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnRecord: see there.
        NeedsTwo: by more than the policy's minutes from what was first approved.
        Invalid: more minutes than a day may have.
    """
    record, granted = await _get_others(session, actor, record_id)
    most = await policies.value(session, record.community_id, "records.small_correction_minutes")
    if abs(minutes - record.approved_minutes) > most:
        raise NeedsTwo
    before, record.minutes = record.minutes, minutes
    await check_day(session, [record])
    _moved(session, actor, record, RecordAction.CORRECT, granted, reason, before)
    await session.flush()
    return record


async def void(session: AsyncSession, actor: Actor, record_id: UUID, reason: str) -> ServiceRecord:
    """The record counts nowhere any more; it stays to be seen. Errors as for `uphold`."""
    record, granted = await _get_others(session, actor, record_id)
    _moved(session, actor, record, RecordAction.VOID, granted, reason)
    await session.flush()
    return record


async def get(
    session: AsyncSession, actor: Actor, record_id: UUID
) -> tuple[ServiceRecord, list[str]]:
    """The record, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = (
        await session.execute(
            select(ServiceRecord, grants(P.RECORD_OWN, P.RECORD_CORRECT))
            .where(ServiceRecord.id == record_id, may(P.RECORD_READ))
            .with_for_update(of=ServiceRecord),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    return row.ServiceRecord, row.grants


async def _get_others(
    session: AsyncSession, actor: Actor, record_id: UUID
) -> tuple[ServiceRecord, list[str]]:
    """As `get`, for who looks into it: neither its member nor whom the service was for."""
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


def _moved(
    session: AsyncSession,
    actor: Actor,
    record: ServiceRecord,
    action: RecordAction,
    granted: list[str],
    reason: str,
    before: int | None = None,
) -> None:
    left = RECORD.move(record, action, granted, reason=reason)
    _tell(session, actor, record, action, left, reason, before)


def _tell(
    session: AsyncSession,
    actor: Actor,
    record: ServiceRecord,
    action: str,
    left: RecordStatus | None,
    reason: str | None = None,
    before: int | None = None,
) -> None:
    session.add(
        ServiceRecordStep(
            service_record_id=record.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=record.status,
            reason=reason,
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


MINE = ServiceRecord.person_id == bindparam("owner", type_=Uuid())
TOTALS = Prepared(
    select(
        func.count().label("services"),
        func.coalesce(func.sum(ServiceRecord.minutes).filter(~ServiceRecord.is_work_time), 0).label(
            "minutes"
        ),
        func.coalesce(func.sum(ServiceRecord.minutes).filter(ServiceRecord.is_work_time), 0).label(
            "work_time_minutes"
        ),
    ).where(MINE, ServiceRecord.status == RecordStatus.APPROVED)
)


async def totals(reader: Reader, actor: Actor) -> dict[str, Any]:
    """The actor's services together, without what is disputed or voided."""
    (row,) = await TOTALS.rows(reader, {"owner": actor.person_id})
    return row


async def page(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's records, the latest service first; one statement."""
    where = scope("my-records", {"p": actor.person_id})
    key = after(paging, where, date, UUID)
    binds: dict[str, Any] = {"owner": actor.person_id, "most": paging.limit + 1}
    if key is not None:
        binds |= {"day": key[0], "id": key[1]}
    rows = await _list(key is not None).rows(reader, binds)
    return cut(rows, paging, where, "served_on", "id")


@cache
def _list(is_continued: bool) -> Prepared:
    statement = (
        select(
            ServiceRecord.id,
            ServiceRecord.title,
            ServiceRecord.category,
            ServiceRecord.place,
            ServiceRecord.served_on,
            ServiceRecord.minutes,
            ServiceRecord.is_work_time,
            ServiceRecord.status,
        )
        .where(MINE)
        .order_by(ServiceRecord.served_on.desc(), ServiceRecord.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(
            tuple_(ServiceRecord.served_on, ServiceRecord.id)
            < tuple_(bindparam("day", type_=Date()), bindparam("id", type_=Uuid()))
        )
    return Prepared(statement)
