"""Who is told of a record of service, of a random check, of a certificate."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Member, Registration
from app.models.organization import Organization
from app.models.person import Role
from app.models.record import (
    Certificate,
    CertificateStatus,
    CertificateStep,
    RecordDraw,
    RecordStatus,
    ServiceRecord,
    ServiceRecordStep,
)
from app.notifications import service
from app.records.events import CertificateMoved, RecordMoved, RecordsDrawn
from app.records.lifecycle import (
    ADDED,
    DECLARED,
    DECLINED,
    OUTDATED,
    PROPOSED,
    REMINDED,
    REQUESTED,
    CertificateAction,
    RecordAction,
)

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
CHECKERS_ABOVE = (Role.SUBDISTRICT_ADMIN, Role.AUDITOR)
A = RecordAction
# action → message: to the member, to the community
FOR_MEMBER: Mapping[str, str] = {
    ADDED: "record_added",
    A.APPROVE: "record_added",
    A.REJECT: "record_rejected",
    A.QUESTION: "record_in_review",
    A.UPHOLD: "objection_result",
    A.CORRECT: "record_corrected",
    A.VOID: "record_corrected",
}
FOR_STAFF: Mapping[str, str] = {
    DECLARED: "record_waiting",
    A.DISPUTE: "record_disputed",
    A.QUESTION: "record_disputed",
    PROPOSED: "correction_waiting",
}
STILL: Mapping[str, str] = {
    RecordStatus.PENDING_APPROVAL: "record_waiting",
    RecordStatus.DISPUTED: "record_disputed",
}


async def on_record_moved(session: AsyncSession, fact: int, event: RecordMoved) -> None:
    """A member sees each record in his name, may say that it was not he, and what was decided; the
    community learns what waits for it, and who proposed a correction that it was declined."""
    record = await session.get_one(ServiceRecord, event.record_id)
    subject = ("record", record.id)
    said = await _last(session, record, event.action)
    words = {
        "order": record.title,
        "hours": _hours(event.minutes),
        "before": _hours(event.minutes_before),
        "after": _hours(0 if event.action == A.VOID else event.minutes),
        "reason": said and said.reason,
        "outcome": f"{record.title}维持原记录：{said and said.reason}",
    }
    if message := FOR_MEMBER.get(event.action):
        await service.tell(session, fact, message, [event.person_id], subject, **words)
    if event.action == DECLINED:
        proposed = await _last(session, record, PROPOSED)
        people = {proposed.actor_id} if proposed else set()
        await service.tell(session, fact, "correction_declined", people, subject, **words)
    waiting = FOR_STAFF.get(event.action)
    if event.action == REMINDED:
        waiting = STILL.get(event.status, "correction_waiting")
    if waiting:
        words["reason"] = words["reason"] or await _why(session, record)
        people = await _staff(session, record)
        await service.tell(session, fact, waiting, people, subject, **words)


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}"


async def _staff(session: AsyncSession, record: ServiceRecord) -> Any:
    """Of a protected member the secretary is told alone."""
    is_protected = await session.scalar(
        select(Member.is_protected).where(Member.id == record.member_id)
    )
    roles = STAFF[:1] if is_protected else STAFF
    return await service.holders(session, record.community_id, *roles)


async def _last(
    session: AsyncSession, record: ServiceRecord, action: str
) -> ServiceRecordStep | None:
    """The last step of this kind."""
    return await session.scalar(
        select(ServiceRecordStep)
        .where(ServiceRecordStep.service_record_id == record.id, ServiceRecordStep.action == action)
        .order_by(ServiceRecordStep.id.desc())
        .limit(1)
    )


async def _why(session: AsyncSession, record: ServiceRecord) -> str | None:
    """Why it waits: the last reason that anybody gave."""
    return await session.scalar(
        select(ServiceRecordStep.reason)
        .where(
            ServiceRecordStep.service_record_id == record.id,
            ServiceRecordStep.reason.is_not(None),
        )
        .order_by(ServiceRecordStep.id.desc())
        .limit(1)
    )


async def on_records_drawn(session: AsyncSession, fact: int, event: RecordsDrawn) -> None:
    """Who may look into what chance has drawn learns that something waits."""
    draw = await session.get_one(RecordDraw, event.draw_id)
    community = await session.get_one(Organization, event.community_id)
    people = await service.holders(session, community.id, Role.COMMUNITY_SECRETARY)
    people |= await service.holders_above(session, community.id, *CHECKERS_ABOVE)
    await service.tell(
        session,
        fact,
        "records_drawn",
        people,
        ("record_draw", draw.id),
        community=community.name,
        month=f"{draw.month.year}年{draw.month.month}月",
        count=event.waiting,
    )


B = CertificateAction
OF_CERTIFICATE: Mapping[str, str] = {
    B.ISSUE: "certificate_issued",
    B.REFUSE: "certificate_refused",
    B.REVOKE: "certificate_revoked",
}
WAITS: Mapping[str, str] = {
    REQUESTED: "certificate_waiting",
    B.CHECK: "certificate_waiting",
    REMINDED: "certificate_waiting",
    OUTDATED: "certificate_outdated",
}


async def on_certificate_moved(session: AsyncSession, fact: int, event: CertificateMoved) -> None:
    """The member has his answer; the community learns what waits, or no longer agrees.

    A checked one waits for the secretary, and a protected member's is the secretary's alone.
    """
    row, is_protected = (
        await session.execute(
            select(Certificate, Member.is_protected)
            .join(Registration, Registration.id == Certificate.registration_id)
            .join(Member, Member.id == Registration.member_id)
            .where(Certificate.id == event.certificate_id)
        )
    ).one()
    subject = ("certificate", row.id)
    if message := OF_CERTIFICATE.get(event.action):
        reason = await session.scalar(
            select(CertificateStep.reason)
            .where(CertificateStep.certificate_id == row.id, CertificateStep.reason.is_not(None))
            .order_by(CertificateStep.id.desc())
            .limit(1)
        )
        words = {"number": row.number, "reason": reason}
        await service.tell(session, fact, message, [event.person_id], subject, **words)
    if message := WAITS.get(event.action):
        is_secretarys = is_protected or event.status != CertificateStatus.REQUESTED
        people = await service.holders(
            session, row.community_id, *(STAFF[:1] if is_secretarys else STAFF)
        )
        await service.tell(session, fact, message, people, subject, number=row.number)
