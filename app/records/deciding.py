"""What becomes of a record: "not me" (不是我), upheld, corrected by one or by two, voided.

A disputed record stands in no figure until it is decided. Source: domain.md §3.11, practice.md
"Over-cautious, to loosen".
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, Stale
from app.lifecycle import BadTransition
from app.models.member import Registration
from app.models.record import ServiceRecord, ServiceRecordStep
from app.permissions import Actor
from app.policies import service as policies
from app.records import service
from app.records.lifecycle import DECLINED, PROPOSED, RECORD, RecordAction
from app.records.schemas import CorrectIn

A = RecordAction
SMALL, WINDOW = "records.small_correction_minutes", "records.dispute_days"


class DisputeClosed(Conflict):
    """The days in which a record may be disputed are over, where the city sets some."""

    code, title = "dispute_closed", "已过提出异议的时间，请联系社区"


class CorrectionWaits(Conflict):
    """One correction at a time."""

    code, title = "correction_waits", "已有一项更正等待复核"


class NoCorrection(Conflict):
    """No correction of this record waits for a second person."""

    code, title = "no_correction", "没有等待复核的更正"


class SecondReviewer(Conflict):
    """So large a correction takes a second person."""

    code, title = "second_reviewer", "更正幅度较大，须由另一人复核"


async def dispute(
    session: AsyncSession, actor: Actor, record_id: UUID, reason: str
) -> ServiceRecord:
    """The member says that it was not he, or not so.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        DisputeClosed: see there.
    """
    record, granted = await service.get(session, actor, record_id)
    days = await policies.value(session, record.community_id, WINDOW)
    told_at = record.approved_at or record.created_at
    if days and told_at + timedelta(days=days) < clock.now():
        raise DisputeClosed
    await service.moved(session, actor, record, A.DISPUTE, granted, reason=reason)
    return record


async def uphold(
    session: AsyncSession, actor: Actor, record_id: UUID, reason: str
) -> ServiceRecord:
    """The community has looked into it, and the record stands.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnRecord: see there.
    """
    record, granted = await service.get_others(session, actor, record_id)
    await service.moved(session, actor, record, A.UPHOLD, granted, reason=reason)
    return record


async def void(session: AsyncSession, actor: Actor, record_id: UUID, reason: str) -> ServiceRecord:
    """The record counts nowhere any more; it stays to be seen. Errors as for `uphold`."""
    record, granted = await service.get_others(session, actor, record_id)
    await service.moved(session, actor, record, A.VOID, granted, reason=reason)
    return record


async def correct(
    session: AsyncSession, actor: Actor, record_id: UUID, body: CorrectIn
) -> ServiceRecord:
    """The record has the right minutes; or, where that takes two, they wait for a second person.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnRecord, CorrectionWaits: see there.
        Stale: the record has changed since it was read.
        Invalid: more minutes than a day may have.
    """
    record, granted = await service.get_others(session, actor, record_id)
    if record.version != body.version:
        raise Stale
    most = await policies.value(session, record.community_id, SMALL)
    # measured against what was first approved: many small steps are a large one
    if abs(body.minutes - record.approved_minutes) <= most:
        await _apply(session, actor, record, granted, body.minutes, body.reason)
        return record
    if A.CORRECT not in RECORD.open_to(record, granted):
        raise BadTransition
    if record.proposed_minutes is not None:
        raise CorrectionWaits
    record.proposed_minutes, record.proposed_by_id = body.minutes, actor.person_id
    await service.set_clock(session, record)
    service.note(session, actor, record, PROPOSED, record.status, reason=body.reason)
    await session.flush()
    return record


async def confirm_correction(
    session: AsyncSession, actor: Actor, record_id: UUID, version: int
) -> ServiceRecord:
    """A second person agrees, and the record has the proposed minutes.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnRecord, NoCorrection, SecondReviewer: see there.
        Stale: the record has changed since it was read.
        Invalid: more minutes than a day may have.
    """
    record, granted = await service.get_others(session, actor, record_id)
    if record.proposed_minutes is None:
        raise NoCorrection
    if record.version != version:
        raise Stale
    if record.proposed_by_id == actor.person_id:
        raise SecondReviewer
    reason = await session.scalar(
        select(ServiceRecordStep.reason)
        .where(
            ServiceRecordStep.service_record_id == record.id, ServiceRecordStep.action == PROPOSED
        )
        .order_by(ServiceRecordStep.id.desc())
        .limit(1)
    )
    await _apply(session, actor, record, granted, record.proposed_minutes, reason)
    return record


async def decline_correction(
    session: AsyncSession, actor: Actor, record_id: UUID, reason: str
) -> ServiceRecord:
    """The proposed minutes are off the table; who proposed them may take them back himself.

    Raises:
        NotFound, Forbidden: as every step.
        OwnRecord, NoCorrection: see there.
    """
    record, _ = await service.get_others(session, actor, record_id)
    if record.proposed_minutes is None:
        raise NoCorrection
    record.proposed_minutes = record.proposed_by_id = None
    await service.set_clock(session, record)
    service.note(session, actor, record, DECLINED, record.status, reason=reason)
    await session.flush()
    return record


async def _apply(
    session: AsyncSession,
    actor: Actor,
    record: ServiceRecord,
    granted: list[str],
    minutes: int,
    reason: str | None,
) -> None:
    # two services of one day are counted one after the other
    await session.get_one(Registration, record.registration_id, with_for_update={"key_share": True})
    before, record.minutes = record.minutes, minutes
    await service.check_day(session, [record])
    await service.moved(session, actor, record, A.CORRECT, granted, reason=reason, before=before)
