"""A member declares what he did (补录); somebody else of the community approves it, or does not.

What cannot have been so is refused at once: a time that has not come, before he was registered, or
in which he has served elsewhere. Source: domain.md §3.11, §7 "fake hours".
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.core.errors import Conflict, Invalid
from app.core.ids import new_id
from app.models.member import Registration, RegistrationStatus
from app.models.order import Commitment
from app.models.record import RecordStatus, ServiceRecord
from app.permissions import Actor
from app.policies import content
from app.policies import service as policies
from app.records import service
from app.records.lifecycle import DECLARED, RecordAction
from app.records.schemas import DeclareIn

A = RecordAction
SOURCE = "declared"
WITHIN = "records.declare_within_days"
LONGEST = timedelta(hours=24)
STANDING = (*service.COUNTED, RecordStatus.PENDING_APPROVAL)


class NotRegistered(Conflict):
    """Only a registered member has a record of service."""

    code, title = "not_registered", "报到后才能补录服务"


class ServedElsewhere(Conflict):
    """The member has another service at this time, on record or promised."""

    code, title = "served_elsewhere", "与其他服务的时间重叠"


async def declare(session: AsyncSession, actor: Actor, body: DeclareIn) -> ServiceRecord:
    """What the member did waits for the approval of his community.

    Raises:
        NotRegistered, ServedElsewhere: see there.
        Invalid: an unknown category; an end before the begin, or later than now; a day before he
            was registered, or too long ago; more minutes than the time or a day has.
    """
    registration = await session.scalar(
        select(Registration)
        .where(
            Registration.person_id == actor.person_id,
            Registration.status == RegistrationStatus.ACTIVE,
        )
        .with_for_update(key_share=True)  # what he declares is looked at one after the other
    )
    if registration is None:
        raise NotRegistered
    await content.require(session, "post_categories", body.category, pointer="/category")
    said = await policies.values(session, registration.community_id, WITHIN, service.ANSWER)
    _check_times(body, registration, said[WITHIN])
    made_id = new_id()
    record = service.form(
        registration,
        service.Service(
            source=(SOURCE, made_id),
            community_id=registration.community_id,
            category=body.category,
            title=body.title,
            place=body.place,
            served_on=clock.local_day(body.starts_at),
            starts_at=body.starts_at,
            ends_at=body.ends_at,
        ),
        body.minutes,
        is_work_time=body.is_work_time,
    )
    record.id, record.status = made_id, RecordStatus.PENDING_APPROVAL
    record.remind_at = workdays.after(clock.now(), said[service.ANSWER])
    await _check_free(session, record)
    await service.check_day(session, [record])
    session.add(record)
    await session.flush()
    service.note(session, actor, record, DECLARED, None)
    await session.flush()
    return record


async def approve(
    session: AsyncSession, actor: Actor, record_id: UUID, minutes: int | None
) -> ServiceRecord:
    """The record counts, with these minutes or those declared.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnRecord, ServedElsewhere: see there.
        Invalid: more minutes than declared, or than a day may have.
    """
    record, granted = await service.get_others(session, actor, record_id)
    before = record.minutes
    if minutes is not None and minutes > before:
        raise Invalid.field("/minutes", "more_than_declared", "不能超过本人申报的时长")
    # two services of one day are counted one after the other
    await session.get_one(Registration, record.registration_id, with_for_update={"key_share": True})
    if record.status is RecordStatus.PENDING_APPROVAL:
        record.minutes = record.approved_minutes = before if minutes is None else minutes
        record.approved_by_id, record.approved_at = actor.person_id, clock.now()
        await _check_free(session, record)
        await service.check_day(session, [record])
    await service.moved(session, actor, record, A.APPROVE, granted, before=before)
    return record


async def reject(
    session: AsyncSession, actor: Actor, record_id: UUID, reason: str
) -> ServiceRecord:
    """The record does not count, and the member is told why. Errors as every step; OwnRecord."""
    record, granted = await service.get_others(session, actor, record_id)
    await service.moved(session, actor, record, A.REJECT, granted, reason=reason)
    return record


def _check_times(body: DeclareIn, registration: Registration, within_days: int) -> None:
    if not timedelta() < body.ends_at - body.starts_at <= LONGEST:
        raise Invalid.field("/ends_at", "impossible_time", "结束时间须晚于开始时间，且不超过24小时")
    if body.ends_at > clock.now():
        raise Invalid.field("/ends_at", "in_the_future", "服务结束后才能补录")
    if timedelta(minutes=body.minutes) > body.ends_at - body.starts_at:
        raise Invalid.field("/minutes", "longer_than_the_time", "时长不能超过起止时间")
    day = clock.local_day(body.starts_at)
    if registration.registered_on is None or day < registration.registered_on:
        raise Invalid.field("/starts_at", "before_registration", "不能补录报到之前的服务")
    if day < clock.today() - timedelta(days=within_days):
        raise Invalid.field("/starts_at", "too_long_ago", "已过补录期限")


async def _check_free(session: AsyncSession, record: ServiceRecord) -> None:
    """Nothing that is promised or on record has this time; what waits for approval counts too."""
    promised = (
        select(Commitment.id)
        .where(
            Commitment.person_id == record.person_id,
            Commitment.during.op("&&")(Range(record.starts_at, record.ends_at)),
        )
        .exists()
    )
    served = (
        select(ServiceRecord.id)
        .where(
            ServiceRecord.person_id == record.person_id,
            ServiceRecord.id != record.id,
            ServiceRecord.status.in_(STANDING),
            ServiceRecord.starts_at < record.ends_at,
            ServiceRecord.ends_at > record.starts_at,
        )
        .exists()
    )
    with session.no_autoflush:
        if await session.scalar(select(promised | served)):
            raise ServedElsewhere
