"""Certificates of service (服务证明): who recorded certifies (谁记录谁证明), free, at the member's wish.

What is printed is frozen at the issue; a document number is typed at the printing and kept nowhere.
Source: domain.md §3.11, §5.4; practice.md R30.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit, events, numbers
from app.core import clock, workdays
from app.core.errors import AppError, Conflict, Invalid
from app.deadlines import Deadline
from app.identity.events import AccountClosed
from app.models.house import CodeStatus
from app.models.member import Registration
from app.models.record import Certificate, CertificateStatus, CertificateStep, ServiceRecord
from app.permissions import Actor, Permission, require
from app.policies import service as policies
from app.records import certificate_content, service
from app.records.certificate_schemas import CertificateIn, PrintIn
from app.records.events import CertificateMoved, RecordMoved
from app.records.lifecycle import (
    ASKED,
    CERTIFICATE,
    OUTDATED,
    REMINDED,
    REQUESTED,
    CertificateAction,
    RecordAction,
)
from app.rows import get_row

P, B = Permission, CertificateAction
KIND = "service_certificate"
ID_NUMBER = "records.certificate_id_number"
# what a record may become that a certificate has told otherwise
CHANGES = (RecordAction.CORRECT, RecordAction.VOID)


class NothingServed(Conflict):
    """There is nothing to certify in this time."""

    code, title = "nothing_served", "该时段没有已确认的服务记录"


class AlreadyAsked(Conflict):
    """One certificate of a registration is asked for at a time."""

    code, title = "already_asked", "已有一份服务证明正在办理"


class OwnCertificate(Conflict):
    """Nobody certifies his own service."""

    code, title = "own_certificate", "本人的服务证明，须由他人办理"


class NotIssued(Conflict):
    """Only what is issued and stands is printed."""

    code, title = "not_issued", "该服务证明尚未开具或已失效"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_certificates_asked": AlreadyAsked}


async def request(session: AsyncSession, actor: Actor, body: CertificateIn) -> Certificate:
    """The member's wish waits for his community.

    Raises:
        Invalid: a registration that is not his, or a time that has not passed.
        NothingServed, AlreadyAsked: see there.
    """
    registration = await session.scalar(
        select(Registration).where(
            Registration.id == body.registration_id,
            Registration.person_id == actor.person_id,
            Registration.registered_on.is_not(None),
        )
    )
    if registration is None or actor.person_id is None:
        raise Invalid.field("/registration_id", "unknown", "没有这份报到")
    if not body.period_from <= body.period_to <= clock.today():
        raise Invalid.field("/period_to", "impossible_period", "起止日期有误，截止日期不能晚于今天")
    row = Certificate(
        registration_id=registration.id,
        person_id=actor.person_id,
        community_id=registration.community_id,
        period_from=body.period_from,
        period_to=body.period_to,
        purpose=body.purpose,
    )
    if not await certificate_content.services(session, row):
        raise NothingServed
    session.add(row)
    await session.flush()
    await _set_clock(session, row)
    _note(session, actor, row, REQUESTED, None)
    await session.flush()
    return row


async def check(session: AsyncSession, actor: Actor, certificate_id: UUID) -> Certificate:
    """Somebody of the community has looked at the records behind it.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnCertificate: see there.
    """
    row, granted = await _get_others(session, actor, certificate_id)
    await _moved(session, actor, row, B.CHECK, granted)
    row.checked_by_id = actor.person_id
    await session.flush()
    return row


async def issue(session: AsyncSession, actor: Actor, certificate_id: UUID) -> Certificate:
    """The certificate is numbered, frozen and verifiable; one of the same days before is superseded.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnCertificate, NothingServed: see there.
    """
    row, granted = await _get_others(session, actor, certificate_id)
    require(granted, P.CERTIFICATE_ISSUE)
    lines = await certificate_content.services(session, row)
    if not lines:
        raise NothingServed
    older = await session.scalars(
        select(Certificate)
        .where(
            Certificate.registration_id == row.registration_id,
            Certificate.period_from == row.period_from,
            Certificate.period_to == row.period_to,
            Certificate.status == CertificateStatus.ISSUED,
        )
        .with_for_update()
    )
    with session.no_autoflush:  # each row is written once
        old = older.first()
        if old is not None:
            await _moved(session, actor, old, B.SUPERSEDE, None, is_flushed=False)
        await _moved(session, actor, row, B.ISSUE, granted, is_flushed=False)
        document = numbers.Document(KIND, row.community_id, row.id)
        ((row.number, row.code),) = await numbers.issue(
            session, [document], replaces=None if old is None else old.id
        )
        row.issued_on = clock.today()
        content = await certificate_content.compiled(session, actor, row, lines)
    row.content = json.dumps(content, ensure_ascii=False)
    await session.flush()
    return row


async def refuse(
    session: AsyncSession, actor: Actor, certificate_id: UUID, reason: str
) -> Certificate:
    """The member learns why he has none. Errors as for `check`."""
    row, granted = await _get_others(session, actor, certificate_id)
    await _moved(session, actor, row, B.REFUSE, granted, reason=reason)
    return row


async def withdraw(session: AsyncSession, actor: Actor, certificate_id: UUID) -> Certificate:
    """The member needs it no more. Errors as every step."""
    row, granted = await _get(session, actor, certificate_id)
    await _moved(session, actor, row, B.WITHDRAW, granted)
    return row


async def revoke(
    session: AsyncSession, actor: Actor, certificate_id: UUID, reason: str
) -> Certificate:
    """The certificate holds no more, and its code says so. Errors as for `check`."""
    row, granted = await _get_others(session, actor, certificate_id)
    await _moved(session, actor, row, B.REVOKE, granted, reason=reason)
    await numbers.mark(session, row.id, KIND, CodeStatus.VOID)
    return row


async def printable(
    session: AsyncSession, actor: Actor, certificate_id: UUID, body: PrintIn
) -> dict[str, Any]:
    """What stands on the paper, with the document number as it was typed just now.

    Who prints another's is noted, with nothing of what was typed.

    Raises:
        NotFound: not the actor's to see.
        NotIssued: see there.
        Invalid: a document number where the city prints none.
    """
    row, _ = await _get(session, actor, certificate_id)
    if row.status is not CertificateStatus.ISSUED or row.content is None:
        raise NotIssued
    if body.id_number is not None:
        said = await policies.value(session, row.community_id, ID_NUMBER)
        if said == "never":
            raise Invalid.field("/id_number", "never_printed", "本市证明不印证件号码")
    if actor.person_id != row.person_id:
        audit.looked(
            session,
            actor,
            "name",
            subject=("certificate", row.id),
            owner_id=row.person_id,
            capacity="issuer",
        )
    content: dict[str, Any] = json.loads(row.content)
    return content | {
        "code": row.code,
        "id_kind": body.id_kind or "",
        "id_number": body.id_number or "",
    }


async def remind(session: AsyncSession, row: Certificate) -> None:
    """The community is reminded of a wish without an answer, again after as many workdays."""
    await _set_clock(session, row)
    _note(session, Actor.system(), row, REMINDED, row.status)


async def on_record_moved(session: AsyncSession, _: int, event: RecordMoved) -> None:
    """Of a certificate that tells a record as it was, its community is told that it is outdated; once."""
    if event.action not in CHANGES:
        return
    told = (
        select(CertificateStep.id)
        .where(CertificateStep.certificate_id == Certificate.id, CertificateStep.action == OUTDATED)
        .exists()
    )
    found = await session.scalars(
        select(Certificate)
        .join(ServiceRecord, ServiceRecord.registration_id == Certificate.registration_id)
        .where(
            ServiceRecord.id == event.record_id,
            ServiceRecord.served_on.between(Certificate.period_from, Certificate.period_to),
            Certificate.status == CertificateStatus.ISSUED,
            ~told,
        )
    )
    for row in found.all():
        _note(session, Actor.system(), row, OUTDATED, row.status)


async def on_account_closed(session: AsyncSession, _: int, event: AccountClosed) -> None:
    """Nobody certifies any more for who has left."""
    rows = await session.scalars(
        select(Certificate)
        .where(Certificate.person_id == event.person_id, Certificate.status.in_(ASKED))
        .with_for_update()
    )
    for row in rows.all():
        await _moved(session, Actor.system(), row, B.WITHDRAW, None)


async def _get(
    session: AsyncSession, actor: Actor, certificate_id: UUID
) -> tuple[Certificate, list[str]]:
    asked = (P.CERTIFICATE_OWN, P.CERTIFICATE_CHECK, P.CERTIFICATE_ISSUE)
    return await get_row(
        session, actor, Certificate, certificate_id, seen=P.CERTIFICATE_READ, asked=asked
    )


async def _get_others(
    session: AsyncSession, actor: Actor, certificate_id: UUID
) -> tuple[Certificate, list[str]]:
    row, granted = await _get(session, actor, certificate_id)
    require(granted, P.CERTIFICATE_CHECK)
    if row.person_id == actor.person_id:
        raise OwnCertificate
    return row, granted


async def _set_clock(session: AsyncSession, row: Certificate) -> None:
    row.remind_at = None
    if row.status in ASKED:
        days = await policies.value(session, row.community_id, service.ANSWER)
        row.remind_at = workdays.after(clock.now(), days)


async def _moved(
    session: AsyncSession,
    actor: Actor,
    row: Certificate,
    action: CertificateAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
    is_flushed: bool = True,
) -> None:
    if granted is None:
        left = CERTIFICATE.advance(row, action)
    else:
        left = CERTIFICATE.move(row, action, granted, reason=reason)
    await _set_clock(session, row)
    _note(session, actor, row, action, left, reason=reason)
    if is_flushed:
        await session.flush()


def _note(
    session: AsyncSession,
    actor: Actor,
    row: Certificate,
    action: str,
    left: CertificateStatus | None,
    *,
    reason: str | None = None,
) -> None:
    session.add(
        CertificateStep(
            certificate_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
            reason=reason,
        )
    )
    events.record(
        session,
        CertificateMoved(
            certificate_id=row.id, person_id=row.person_id, action=action, status=row.status
        ),
    )


DEADLINES = (Deadline(Certificate, remind, "remind_at"),)
