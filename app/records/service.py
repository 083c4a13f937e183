"""Service records: written when minutes are confirmed; disputed, corrected, voided, never deleted.

Hot: a member's own records. Source: domain.md §3.11, §5.4.
"""

from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core.errors import Conflict, NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.order import RecordStatus, ServiceRecord, ServiceRecordStep
from app.permissions import Actor, Permission, grants, may
from app.policies import service as policies
from app.records.events import RecordMoved
from app.records.lifecycle import ADDED, RECORD, RecordAction

P = Permission


class NeedsTwo(Conflict):
    """So large a correction takes a second person, who comes with the correction desk."""

    code, title = "needs_second_reviewer", "更正幅度较大，须两人办理"


class OwnRecord(Conflict):
    """Nobody corrects his own record."""

    code, title = "own_record", "不能更正本人的记录"


async def add(session: AsyncSession, actor: Actor, record: ServiceRecord) -> None:
    """The service is on record, approved by the actor; history and fact are written."""
    record.approved_by_id = actor.person_id
    session.add(record)
    await session.flush()
    _tell(session, actor, record, ADDED, None)


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
    """The community has looked into it, and the record stands."""
    record, granted = await get(session, actor, record_id)
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
        NeedsTwo: by more than the policy's minutes.
    """
    record, granted = await get(session, actor, record_id)
    most = await policies.value(session, record.community_id, "records.small_correction_minutes")
    _moved(session, actor, record, RecordAction.CORRECT, granted, reason)
    if record.person_id == actor.person_id:
        raise OwnRecord
    if abs(minutes - record.minutes) > most:
        raise NeedsTwo
    record.minutes = minutes
    await session.flush()
    return record


async def void(session: AsyncSession, actor: Actor, record_id: UUID, reason: str) -> ServiceRecord:
    """The record counts nowhere any more; it stays to be seen."""
    record, granted = await get(session, actor, record_id)
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


def _moved(
    session: AsyncSession,
    actor: Actor,
    record: ServiceRecord,
    action: RecordAction,
    granted: list[str],
    reason: str,
) -> None:
    left = RECORD.move(record, action, granted, reason=reason)
    _tell(session, actor, record, action, left, reason)


def _tell(
    session: AsyncSession,
    actor: Actor,
    record: ServiceRecord,
    action: str,
    left: RecordStatus | None,
    reason: str | None = None,
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
            record_id=record.id, person_id=record.person_id, action=action, status=record.status
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
    ).where(MINE, ServiceRecord.status != RecordStatus.VOIDED)
)


async def totals(reader: Reader, actor: Actor) -> dict[str, Any]:
    """The actor's services together; voided ones are left out."""
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
