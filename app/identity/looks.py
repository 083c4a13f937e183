"""For the auditor of a place: who looked at personal fields in clear, and who changed what."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.errors import NotFound
from app.core.masking import mask_name
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.appraisal import RaterOpening
from app.models.emergency import ShiftSeat
from app.models.house import AccessLog, OperationLog
from app.models.member import Registration
from app.models.need import Need
from app.models.order import Order
from app.models.organization import Appointment, ContentItem, NamedOrganization, Organization
from app.models.person import Person
from app.models.record import Certificate
from app.models.report import Report
from app.models.wish import Wish
from app.permissions import Actor, Permission, grants, require

UNSAID = "未填姓名"


class Sought(NamedTuple):
    """What is looked for: local days, both with their whole length; a person on either side; a kind
    of subject, or an action."""

    first: date
    last: date
    person_id: UUID | None = None
    kind: str | None = None


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID, sought: Sought
) -> Slice[dict[str, Any]]:
    """Looks at what belongs to the place or to what is below, newest first, all names masked.

    At the root also those whose subject is gone.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to audit.
    """
    rows, where = await _read("looks", _looks, reader, actor, paging, organization_id, sought)
    found = cut(rows, paging, where, "at", "id")
    for row in found.items:
        row["actor_name"] = _masked(row["actor_id"], row["actor_name"])
        row["owner_name"] = _masked(row["owner_id"], row["owner_name"])
    return found


async def operations(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID, sought: Sought
) -> Slice[dict[str, Any]]:
    """Acts of administration at the place and below, newest first, names masked; no actor: the house.

    At the root also those of no organization.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to audit.
    """
    rows, where = await _read("acts", _operations, reader, actor, paging, organization_id, sought)
    found = cut(rows, paging, where, "at", "id")
    for row in found.items:
        row["actor_name"] = _masked(row["actor_id"], row["actor_name"])
    return found


async def _read(
    name: str,
    statement: Any,
    reader: Reader,
    actor: Actor,
    paging: Paging,
    organization_id: UUID,
    sought: Sought,
) -> tuple[list[dict[str, Any]], str]:
    place = {"organization_id": organization_id}
    container = await CONTAINER.one(reader, place | actor.binds())
    if container is None:
        raise NotFound
    require(container["grants"], Permission.AUDIT_READ)
    where = scope(name, place | {key: str(value) for key, value in sought._asdict().items()})
    key = after(paging, where, datetime, UUID)
    binds: dict[str, Any] = place | {
        "first": clock.day_starts(sought.first),
        "end": clock.day_after(sought.last),
        "person_id": sought.person_id,
        "kind": sought.kind,
        "most": paging.limit + 1,
    }
    if key is not None:
        binds |= {"at": key[0], "id": key[1]}
    return await statement(key is not None).rows(reader, binds), where


def _masked(person_id: UUID | None, name: str | None) -> str | None:
    """None where there is nobody."""
    if person_id is None:
        return None
    return mask_name(name) if name else UNSAID


Place, Under, Who, Owner = (
    aliased(NamedOrganization),
    aliased(NamedOrganization),
    aliased(Person),
    aliased(Person),
)
_place = bindparam("organization_id", type_=Uuid())
CONTAINER = Prepared(
    select(grants(Permission.AUDIT_READ)).where(
        Organization.id == _place, Organization.closed_on.is_(None)
    )
)
_is_root = select(Place.parent_id.is_(None)).where(Place.id == _place).scalar_subquery()
_person = bindparam("person_id", type_=Uuid())
_kind = bindparam("kind", type_=String())

# Where the subject of a look belongs, by its kind.
BELONGS: Mapping[str, Select[Any]] = {
    "need": select(Need.community_id).where(Need.id == AccessLog.subject_id),
    "order": select(Order.community_id).where(Order.id == AccessLog.subject_id),
    "registration": select(Registration.community_id).where(
        Registration.id == AccessLog.subject_id
    ),
    "wish": select(Wish.community_id).where(Wish.id == AccessLog.subject_id),
    "report": select(Report.issuer_id).where(Report.id == AccessLog.subject_id),
    "certificate": select(Certificate.community_id).where(Certificate.id == AccessLog.subject_id),
    "appointment": select(Appointment.organization_id).where(
        Appointment.id == AccessLog.subject_id
    ),
    "rater_opening": select(RaterOpening.community_id).where(
        RaterOpening.id == AccessLog.subject_id
    ),
    "shift_seat": select(Registration.community_id)
    .join(ShiftSeat, ShiftSeat.registration_id == Registration.id)
    .where(ShiftSeat.id == AccessLog.subject_id),
}
_belongs = case(
    *(
        (AccessLog.subject_kind == kind, found.correlate(AccessLog).scalar_subquery())
        for kind, found in BELONGS.items()
    )
)


def _bounded(
    statement: Select[*tuple[Any, ...]], log: Any, organization: Any, is_continued: bool
) -> Prepared:
    """Of these days, at the place or below, from where the page begins."""
    statement = (
        statement.outerjoin(Who, Who.id == log.actor_id)
        .outerjoin(Under, Under.id == organization)
        .where(
            log.at >= bindparam("first", type_=DateTime(timezone=True)),
            log.at < bindparam("end", type_=DateTime(timezone=True)),
            or_(_place == any_(Under.lineage), Under.id.is_(None) & _is_root),
        )
        .order_by(log.at.desc(), log.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(
            tuple_(log.at, log.id)
            < tuple_(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid()))
        )
    return Prepared(statement)


@cache
def _looks(is_continued: bool) -> Prepared:
    statement = (
        select(
            AccessLog.id,
            AccessLog.at,
            AccessLog.actor_id,
            Who.name.label("actor_name"),
            AccessLog.capacity,
            AccessLog.subject_kind,
            AccessLog.fields,
            AccessLog.reason,
            AccessLog.owner_id,
            Owner.name.label("owner_name"),
            Under.name.label("organization_name"),
        )
        .select_from(AccessLog)
        .outerjoin(Owner, Owner.id == AccessLog.owner_id)
        .where(
            or_(_person.is_(None), AccessLog.actor_id == _person, AccessLog.owner_id == _person),
            or_(_kind.is_(None), AccessLog.subject_kind == _kind),
        )
    )
    return _bounded(statement, AccessLog, _belongs, is_continued)


@cache
def _operations(is_continued: bool) -> Prepared:
    statement = (
        select(
            OperationLog.id,
            OperationLog.at,
            OperationLog.actor_id,
            Who.name.label("actor_name"),
            OperationLog.action,
            OperationLog.detail,
            ContentItem.data["name"].astext.label("policy_name"),
            Under.name.label("organization_name"),
        )
        .select_from(OperationLog)
        .outerjoin(
            ContentItem,
            and_(
                OperationLog.action == "policy.set",
                ContentItem.section == "policies",
                ContentItem.code == OperationLog.detail["key"].astext,
            ),
        )
        .where(
            or_(_person.is_(None), OperationLog.actor_id == _person),
            or_(_kind.is_(None), OperationLog.action == _kind),
        )
    )
    return _bounded(statement, OperationLog, OperationLog.organization_id, is_continued)
