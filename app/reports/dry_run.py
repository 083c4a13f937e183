"""Before the day: what of a period's reports is still missing, community by community, employer by
employer, in the order of their codes. Nothing is made and nobody is named. Source: practice.md F.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, String, Uuid, and_, any_, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.appraisals.shortages import panels_short
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Member, Registration
from app.models.organization import Organization
from app.models.person import Role, RoleGrant
from app.models.record import RecordStatus, ServiceRecord
from app.models.report import Report, ReportKind, ReportStatus
from app.permissions import Actor
from app.reports.consents import agreed
from app.reports.facts import LIVING
from app.reports.periods import Period
from app.reports.run_reading import require_office

AREA = bindparam("organization_id", type_=Uuid())
FIRST, LAST = bindparam("first", type_=Date()), bindparam("last", type_=Date())
CODE = func.coalesce(Organization.code, "").label("code")
Sheet = aliased(Report)
UNDECIDED = (RecordStatus.PENDING_APPROVAL, RecordStatus.DISPUTED)


async def page(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    organization_id: UUID,
    kind: str,
    period: Period,
) -> Slice[dict[str, Any]]:
    """Communities, or employers, below a district or city, with what they lack.

    Raises:
        NotFound: no such organization. Forbidden: another's.
    """
    await require_office(reader, actor, organization_id)
    filters = {"area": organization_id, "first": period.first, "last": period.last}
    where = scope(f"dry-run-{kind}", filters)
    key = after(paging, where, str, UUID)
    binds: dict[str, Any] = {
        "organization_id": organization_id,
        "first": period.first,
        "last": period.last,
        "most": paging.limit + 1,
    }
    if key is not None:
        binds |= {"code": key[0], "id": key[1]}
    rows = await LISTS[kind, key is not None].rows(reader, binds)
    if kind == "community":
        short = await panels_short(reader, [row["id"] for row in rows], period.last)
        rows = [row | {"panels_short": short.get(row["id"])} for row in rows]
    return cut(rows, paging, where, "code", "id")


def _count(*where: Any, of: Any = Registration) -> Any:
    return (
        select(func.count()).select_from(of).where(*where).correlate(Organization).scalar_subquery()
    )


def _registered(place: Any) -> tuple[Any, ...]:
    return (
        place == Organization.id,
        Registration.registered_on <= LAST,
        or_(_is_living(), Registration.ended_on >= FIRST),
    )


def _is_living() -> Any:
    return or_(*(Registration.status == each for each in LIVING))


def _sheet(*where: Any) -> Any:
    return (
        select(Sheet.id)
        .where(
            Sheet.registration_id == Registration.id,
            Sheet.kind == ReportKind.MEMBER_SHEET,
            Sheet.period_from == FIRST,
            Sheet.period_to == LAST,
            *where,
        )
        .exists()
    )


def _has(role: Role) -> Any:
    return (
        select(RoleGrant.id)
        .where(
            RoleGrant.organization_id == Organization.id,
            RoleGrant.role == role,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= LAST),
        )
        .exists()
    )


def _list(kind: str, is_continued: bool, *columns: Any) -> Prepared:
    statement = (
        select(Organization.id, CODE, Organization.name, *columns)
        .where(
            any_(Organization.lineage) == AREA,
            Organization.kind == kind,
            Organization.closed_on.is_(None),
            Organization.takes_part | (Organization.kind != "community"),
        )
        .order_by(CODE, Organization.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        behind = tuple_(bindparam("code", type_=String()), bindparam("id", type_=Uuid()))
        statement = statement.where(tuple_(CODE, Organization.id) > behind)
    return Prepared(statement)


here, ours = _registered(Registration.community_id), _registered(Registration.employer_id)
signed = or_(Sheet.status == ReportStatus.ISSUED, Sheet.status == ReportStatus.DELIVERED)
COMMUNITY = (
    _has(Role.COMMUNITY_SECRETARY).label("has_secretary"),
    _count(*here).label("members"),
    _count(*here, ~agreed(Registration.person_id)).label("without_consent"),
    _count(*here, agreed(Registration.person_id), ~_sheet()).label("without_draft"),
    _count(*here, agreed(Registration.person_id), ~_sheet(signed)).label("unsigned"),
    _count(
        ServiceRecord.community_id == Organization.id,
        ServiceRecord.served_on.between(FIRST, LAST),
        or_(*(ServiceRecord.status == each for each in UNDECIDED)),
        of=ServiceRecord,
    ).label("records_undecided"),
)
EMPLOYER = (
    _has(Role.EMPLOYER_SECRETARY).label("has_secretary"),
    Organization.stated_headcount.label("stated_headcount"),
    _count(*ours).label("members"),
    _count(*ours, ~agreed(Registration.person_id)).label("without_consent"),
    _count(*ours, agreed(Registration.person_id), ~_sheet(signed)).label("unsigned"),
    _count(
        and_(
            Member.employer_id == Organization.id,
            Member.left_on.is_(None),
            Member.service_state == "in_service",
            ~select(Registration.id)
            .where(Registration.member_id == Member.id, _is_living())
            .exists(),
        ),
        of=Member,
    ).label("not_registered"),
)
LISTS = {
    (kind, is_continued): _list(kind, is_continued, *columns)
    for kind, columns in (("community", COMMUNITY), ("employer", EMPLOYER))
    for is_continued in (False, True)
}
