"""The random check (抽查): each month chance draws a share of what every community has recorded, and
somebody who did not approve it looks into each. What is wrong is held back until it is decided.

Source: domain.md §7 "fake hours".
"""

import secrets
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, workdays
from app.core.db import made_id
from app.core.errors import Conflict, NotFound
from app.deadlines import Deadline
from app.lifecycle import ReasonRequired
from app.models.house import JobRun
from app.models.record import (
    RecordDraw,
    RecordSample,
    RecordSampleStep,
    RecordStatus,
    SampleStatus,
    ServiceRecord,
)
from app.permissions import Actor, Permission, grants, may
from app.policies import service as policies
from app.records import service
from app.records.events import RecordsDrawn
from app.records.lifecycle import SAMPLE, RecordAction, SampleAction

P = Permission
JOB, SHARE = "records.draw", "records.random_check_percent"


class OwnApproval(Conflict):
    """Who approved a record, or served, does not check it."""

    code, title = "own_approval", "本人服务或本人确认的记录，须由他人核对"


async def draw_last_month(session: AsyncSession) -> None:
    """Of what was approved last month every community has its share drawn; once a month."""
    today = clock.today()
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    begun = await session.scalar(
        insert_once(JobRun)
        .values(job=JOB, period=f"{month:%Y-%m}", done_at=clock.now())
        .on_conflict_do_nothing()
        .returning(JobRun.job)
    )
    if begun is None:
        return
    first, last = clock.day_starts(month), clock.day_starts(today.replace(day=1))
    found = await session.execute(
        select(ServiceRecord.community_id, func.count())
        .where(*_of_month(first, last))
        .group_by(ServiceRecord.community_id)
        .order_by(ServiceRecord.community_id)
    )
    for community_id, records in found.all():
        await _draw(session, community_id, month, (first, last), records)


async def _draw(
    session: AsyncSession,
    community_id: UUID,
    month: date,
    between: tuple[datetime, datetime],
    records: int,
) -> None:
    said = await policies.values(session, community_id, SHARE, service.ANSWER)
    drawn = -(-records * said[SHARE] // 100)  # at least one of a few
    if not drawn:
        return
    draw = RecordDraw(
        community_id=community_id,
        month=month,
        seed=secrets.token_hex(16),
        percent=said[SHARE],
        records=records,
        drawn=drawn,
        remind_at=workdays.after(clock.now(), said[service.ANSWER]),
    )
    session.add(draw)
    await session.flush()
    by_chance = func.sha256(
        func.convert_to(literal(draw.seed, String()) + cast(ServiceRecord.id, String), "UTF8")
    )
    chosen = (
        select(ServiceRecord.id)
        .where(ServiceRecord.community_id == community_id, *_of_month(*between))
        .order_by(by_chance)
        .limit(drawn)
        .subquery()
    )
    await session.execute(
        insert(RecordSample).from_select(
            ["id", "draw_id", "record_id", "community_id", "status"],
            select(
                made_id(clock.now()),
                literal(draw.id),
                chosen.c.id,
                literal(community_id),
                literal(SampleStatus.WAITING, RecordSample.status.type),
            ),
        )
    )
    _tell(session, draw, drawn)


def _of_month(first: datetime, last: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        ServiceRecord.status == RecordStatus.APPROVED,
        ServiceRecord.approved_at >= first,
        ServiceRecord.approved_at < last,
    )


async def remind(session: AsyncSession, draw: RecordDraw) -> None:
    """Who looks into what was drawn is reminded as long as some is left."""
    left = await session.scalar(
        select(func.count()).where(
            RecordSample.draw_id == draw.id, RecordSample.status == SampleStatus.WAITING
        )
    )
    if left:
        days = await policies.value(session, draw.community_id, service.ANSWER)
        draw.remind_at = workdays.after(clock.now(), days)
        _tell(session, draw, left)


async def audit(
    session: AsyncSession, actor: Actor, sample_id: UUID, action: SampleAction, note: str | None
) -> RecordSample:
    """What somebody else found stands with the sample; a wrong record is held back and decided.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnApproval: see there.
        ReasonRequired: what is wrong is said.
    """
    row = (
        await session.execute(
            select(RecordSample, ServiceRecord, grants(P.SAMPLE_AUDIT))
            .join(ServiceRecord, ServiceRecord.id == RecordSample.record_id)
            .where(RecordSample.id == sample_id, may(P.SAMPLE_AUDIT))
            .with_for_update(),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    sample: RecordSample = row.RecordSample
    record: ServiceRecord = row.ServiceRecord
    if actor.person_id in (record.person_id, record.approved_by_id):
        raise OwnApproval
    if SAMPLE.steps[action].reason and not note:
        raise ReasonRequired.field("/note", "reason_required", "请说明问题")
    left = SAMPLE.move(sample, action, row.grants, reason=note)
    sample.note = note
    session.add(
        RecordSampleStep(
            record_sample_id=sample.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=sample.status,
            reason=note,
        )
    )
    if action is SampleAction.FIND_WRONG and record.status is RecordStatus.APPROVED:
        await service.moved(session, actor, record, RecordAction.QUESTION, None, reason=note)
    await session.flush()
    return sample


def _tell(session: AsyncSession, draw: RecordDraw, waiting: int) -> None:
    events.record(
        session,
        RecordsDrawn(draw_id=draw.id, community_id=draw.community_id, waiting=waiting),
    )


DEADLINES = (Deadline(RecordDraw, remind, "remind_at"),)
