"""Certificates as members and the community read them."""

import json
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Uuid,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Member, Registration
from app.models.organization import Organization
from app.models.person import Person
from app.models.record import Certificate, CertificateStatus, CertificateStep, ServiceRecord
from app.permissions import Actor, Permission, grants, may
from app.records import certificate_content, reading
from app.records.lifecycle import CERTIFICATE

P = Permission
COMMUNITY = bindparam("community_id", type_=Uuid())
MOST = bindparam("most", type_=Integer())
COLUMNS = (
    Certificate.id,
    Certificate.registration_id,
    Certificate.period_from,
    Certificate.period_to,
    Certificate.purpose,
    Certificate.status,
    Certificate.number,
    Certificate.issued_on,
)


async def page_of_mine(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's certificates, the latest first; one statement."""
    where = scope("my-certificates", {"p": actor.person_id})
    found = await _page(reader, paging, where, _mine, {"owner": actor.person_id})
    for row in found.items:
        row["open_to"] = CERTIFICATE.open_in(row["status"], [P.CERTIFICATE_OWN])
    return found


async def page_of_community(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID, status: CertificateStatus
) -> Slice[dict[str, Any]]:
    """The community's certificates in one state, the latest first, with what is on record now.

    A protected member's are the secretary's alone. Source: practice.md R12.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    granted = await reading.allowed(reader, actor, community_id, P.RECORD_KEEP)
    binds = {"community_id": community_id, "status": status}
    found = await _page(reader, paging, scope("certificates", binds), _of_community, binds)
    held = [P.CERTIFICATE_CHECK]
    if P.COMMUNITY_PROTECTED in granted:  # the secretary, who issues
        held.append(P.CERTIFICATE_ISSUE)
    for row in found.items:
        reading.hide(row, granted)
        row["open_to"] = [] if row["is_hidden"] else CERTIFICATE.open_in(row["status"], held)
    return found


async def show(reader: Reader, actor: Actor, certificate_id: UUID) -> dict[str, Any]:
    """One certificate: what is on record of its days now, and, once issued, what stands on the paper.

    Nobody has a step to take on his own but to withdraw it.

    Raises:
        NotFound: not the actor's to see.
    """
    row = await SHOWN.one(reader, actor.binds() | {"certificate_id": certificate_id})
    if row is None:
        raise NotFound
    content, owner, held = row.pop("content"), row.pop("person_id"), row.pop("grants")
    if owner == actor.person_id:
        held = [P.CERTIFICATE_OWN]
    days = {name: row[name] for name in ("registration_id", "period_from", "period_to")}
    return row | {
        "records": await SERVICES.rows(reader, days),
        "printed": None if content is None else json.loads(content),
        "open_to": CERTIFICATE.open_in(row["status"], held),
    }


async def _page(
    reader: Reader, paging: Paging, where: str, statement: Any, binds: dict[str, Any]
) -> Slice[dict[str, Any]]:
    key = after(paging, where, UUID)
    more = {} if key is None else {"id": key[0]}
    rows = await statement(bool(more)).rows(reader, binds | more | {"most": paging.limit + 1})
    return cut(rows, paging, where, "id")


def _latest(statement: Select[*tuple[Any, ...]], is_continued: bool) -> Prepared:
    statement = statement.order_by(Certificate.id.desc()).limit(MOST)
    if is_continued:
        statement = statement.where(Certificate.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)


LAST_REASON = (
    select(CertificateStep.reason)
    .where(CertificateStep.certificate_id == Certificate.id, CertificateStep.reason.is_not(None))
    .order_by(CertificateStep.id.desc())
    .limit(1)
    .scalar_subquery()
)


@cache
def _mine(is_continued: bool) -> Prepared:
    statement = (
        select(
            *COLUMNS,
            Certificate.code,
            Organization.name.label("community_name"),
            LAST_REASON.label("reason"),
        )
        .join(Organization, Organization.id == Certificate.community_id)
        .where(Certificate.person_id == bindparam("owner", type_=Uuid()))
    )
    return _latest(statement, is_continued)


def _on_record(figure: Any, status: ColumnElement[bool] = reading.IS_APPROVED) -> Any:
    return (
        select(func.coalesce(figure, 0))
        .select_from(ServiceRecord)
        .where(
            ServiceRecord.registration_id == Certificate.registration_id,
            status,
            ServiceRecord.served_on.between(Certificate.period_from, Certificate.period_to),
        )
        .scalar_subquery()
    )


@cache
def _of_community(is_continued: bool) -> Prepared:
    volunteered = func.sum(ServiceRecord.minutes).filter(~ServiceRecord.is_work_time)
    statement = (
        select(
            *COLUMNS,
            Member.name,
            Member.is_protected,
            _on_record(func.count()).label("services"),
            _on_record(volunteered).label("minutes"),
            Certificate.created_at.label("asked_at"),
        )
        .join(Registration, Registration.id == Certificate.registration_id)
        .join(Member, Member.id == Registration.member_id)
        .where(
            Certificate.community_id == COMMUNITY,
            Certificate.status == bindparam("status", type_=Certificate.status.type),
        )
    )
    return _latest(statement, is_continued)


UNDECIDED = or_(
    ServiceRecord.status == literal_column("'pending_approval'"),
    ServiceRecord.status == literal_column("'disputed'"),
)
SERVICES = Prepared(certificate_content.SERVICES)
SHOWN = Prepared(
    select(
        *COLUMNS,
        Certificate.person_id,
        Certificate.community_id,
        Certificate.content,
        Certificate.created_at.label("asked_at"),
        Organization.name.label("community_name"),
        Member.name,
        Person.name.label("checked_by"),
        _on_record(func.count(), UNDECIDED).label("undecided"),
        LAST_REASON.label("reason"),
        grants(P.CERTIFICATE_OWN, P.CERTIFICATE_CHECK, P.CERTIFICATE_ISSUE),
    )
    .join(Organization, Organization.id == Certificate.community_id)
    .join(Registration, Registration.id == Certificate.registration_id)
    .join(Member, Member.id == Registration.member_id)
    .outerjoin(Person, Person.id == Certificate.checked_by_id)
    .where(Certificate.id == bindparam("certificate_id", type_=Uuid()), may(P.CERTIFICATE_READ))
)
