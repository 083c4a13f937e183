"""Records as members and the community read them. Hot: a member's own records."""

from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    null,
    select,
    tuple_,
)

from app.core.errors import NotFound
from app.core.paging import Lines, Paging, Slice, after, cut, cut_lines, scope
from app.core.prepared import Prepared, PreparedPage, Reader
from app.core.sorting import SORT_KEYS, Sort, WorkSort, behind, by_time, sorted_by
from app.models.member import Member
from app.models.organization import Organization
from app.models.record import RecordStatus, ServiceRecord, ServiceRecordStep
from app.permissions import Actor, Permission, grants, require
from app.records.lifecycle import RECORD

P = Permission
PROTECTED = "党员"
COMMUNITY = bindparam("community_id", type_=Uuid())
MOST = bindparam("most", type_=Integer())
IS_APPROVED = ServiceRecord.status == literal_column("'approved'")

MINE = ServiceRecord.person_id == bindparam("owner", type_=Uuid())
# One line, of the person `owner`.
TOTALLED = select(
    func.count().label("services"),
    func.coalesce(func.sum(ServiceRecord.minutes).filter(~ServiceRecord.is_work_time), 0).label(
        "minutes"
    ),
    func.coalesce(func.sum(ServiceRecord.minutes).filter(ServiceRecord.is_work_time), 0).label(
        "work_time_minutes"
    ),
).where(MINE, IS_APPROVED)
TOTALS = Prepared(TOTALLED)
LAST_REASON = (
    select(ServiceRecordStep.reason)
    .where(
        ServiceRecordStep.service_record_id == ServiceRecord.id,
        ServiceRecordStep.reason.is_not(None),
    )
    .order_by(ServiceRecordStep.id.desc())
    .limit(1)
    .scalar_subquery()
)
COLUMNS = (
    ServiceRecord.id,
    ServiceRecord.title,
    ServiceRecord.category,
    ServiceRecord.place,
    ServiceRecord.served_on,
    ServiceRecord.minutes,
    ServiceRecord.is_work_time,
    ServiceRecord.status,
    case((IS_APPROVED, null().cast(Text)), else_=LAST_REASON).label("reason"),
)


async def totals(reader: Reader, actor: Actor) -> dict[str, Any]:
    """The actor's services together, without what waits, is disputed, refused or voided."""
    (row,) = await TOTALS.rows(reader, {"owner": actor.person_id})
    return row


async def page(reader: Reader, actor: Actor, paging: Paging) -> Lines:
    """The actor's records, the latest service first; one statement."""
    where = scope("my-records", {"p": actor.person_id})
    key = after(paging, where, date, UUID)
    binds: dict[str, Any] = {"owner": actor.person_id, "most": paging.limit + 1}
    if key is not None:
        binds |= {"day": key[0], "id": key[1]}
    statement = _mine(key is not None)
    return cut_lines(await statement.page(reader, binds), statement.fields, paging, where)


@cache
def _mine(is_continued: bool) -> PreparedPage:
    statement = (
        select(*COLUMNS)
        .where(MINE)
        .order_by(ServiceRecord.served_on.desc(), ServiceRecord.id.desc())
        .limit(MOST)
    )
    if is_continued:
        statement = statement.where(
            tuple_(ServiceRecord.served_on, ServiceRecord.id)
            < tuple_(bindparam("day", type_=Date()), bindparam("id", type_=Uuid()))
        )
    return PreparedPage(statement, "served_on", "id")


CONTAINER = Prepared(
    select(grants(P.RECORD_KEEP, P.RECORD_DRAWN, P.COMMUNITY_PROTECTED)).where(
        Organization.id == COMMUNITY
    )
)


async def allowed(
    reader: Reader, actor: Actor, community_id: UUID, permission: Permission
) -> list[str]:
    """What the actor may there; `permission` is among it.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"community_id": community_id})
    if row is None:
        raise NotFound
    granted: list[str] = row["grants"]
    require(granted, permission)
    return granted


async def page_of_community(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    community_id: UUID,
    status: RecordStatus | None,
    sort: WorkSort | None,
) -> Slice[dict[str, Any]]:
    """The community's records in one state, in the order wanted, or the latest entry first; with
    `status` None those whose correction waits for a second person.

    A protected member's are the secretary's alone. Source: practice.md R12.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    granted = await allowed(reader, actor, community_id, P.RECORD_KEEP)
    binds: dict[str, Any] = {"community_id": community_id, "status": status}
    where = scope("records", binds | {"sort": sort})
    if sort is None:
        key = after(paging, where, UUID)
        more = {} if key is None else {"id": key[0]}
    else:
        more = behind(paging, where, SORTS[sort])
    statement = _of_community(bool(more), status is None, sort)
    rows = await statement.rows(reader, binds | more | {"most": paging.limit + 1})
    for row in rows:
        hide(row, granted)
        row["open_to"] = (
            [] if row["is_hidden"] else RECORD.open_in(row["status"], [P.RECORD_CORRECT])
        )
    return cut(rows, paging, where, *("id",) if sort is None else SORT_KEYS)


def hide(row: dict[str, Any], granted: list[str]) -> None:
    """Who a protected member is and what he declared are the secretary's alone: `is_hidden`."""
    row["is_hidden"] = row["is_protected"] and P.COMMUNITY_PROTECTED not in granted
    if row["is_hidden"]:
        row |= {"name": PROTECTED, "reason": None}


LINE = (
    *COLUMNS,
    Member.name,
    Member.is_protected,
    ServiceRecord.source_kind,
    ServiceRecord.starts_at,
    ServiceRecord.ends_at,
    ServiceRecord.proposed_minutes,
    ServiceRecord.version,
)


SORTS = {
    WorkSort.AGE: by_time(ServiceRecord.created_at),
    WorkSort.KIND: Sort(ServiceRecord.category, str),
}


@cache
def _of_community(is_continued: bool, is_proposed: bool, sort: WorkSort | None) -> Prepared:
    wanted = (
        ServiceRecord.proposed_minutes.is_not(None)
        if is_proposed
        else ServiceRecord.status == bindparam("status", type_=ServiceRecord.status.type)
    )
    statement: Select[*tuple[Any, ...]] = (
        select(*LINE)
        .join(Member, Member.id == ServiceRecord.member_id)
        .where(ServiceRecord.community_id == COMMUNITY, wanted)
        .limit(MOST)
    )
    if sort is not None:
        return Prepared(
            sorted_by(statement, SORTS[sort], ServiceRecord.id, is_continued=is_continued)
        )
    statement = statement.order_by(ServiceRecord.id.desc())
    if is_continued:
        statement = statement.where(ServiceRecord.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)
