"""How far the runs of a district or city are."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, func, select

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.house import DeadlineFailure
from app.models.organization import Organization
from app.models.report_run import ReportRun, RunTask
from app.permissions import Actor, Permission, grants, require

AREA = Prepared(
    select(grants(Permission.SUMMARY_COMPILE)).where(
        Organization.id == bindparam("organization_id", type_=Uuid())
    )
)


async def require_office(reader: Reader, actor: Actor, organization_id: UUID) -> None:
    """Nothing, where the actor compiles summaries of this organization.

    Raises:
        NotFound: no such organization. Forbidden: another's.
    """
    row = await AREA.one(reader, actor.binds() | {"organization_id": organization_id})
    if row is None:
        raise NotFound
    require(row["grants"], Permission.SUMMARY_COMPILE)


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """Runs of this organization, newest first, with what is done and what could not be done yet."""
    await require_office(reader, actor, organization_id)
    where = scope("report-runs", {"organization": organization_id})
    key = after(paging, where, UUID)
    binds = {"organization_id": organization_id, "most": paging.limit + 1}
    if key is None:
        rows = await FIRST.rows(reader, binds)
    else:
        rows = await NEXT.rows(reader, binds | {"id": key[0]})
    return cut(rows, paging, where, "id")


def _counted(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(RunTask)
        .where(RunTask.run_id == ReportRun.id)
        .correlate(ReportRun)
    )


failed = (
    _counted(func.count())
    .join(
        DeadlineFailure,
        (DeadlineFailure.row_id == RunTask.id)
        & (DeadlineFailure.table_name == RunTask.__tablename__),
    )
    .scalar_subquery()
)
LIST = (
    select(
        ReportRun.id,
        ReportRun.kind,
        ReportRun.period_from,
        ReportRun.period_to,
        ReportRun.created_at,
        _counted(func.count()).scalar_subquery().label("tasks"),
        _counted(func.count(RunTask.done_at)).scalar_subquery().label("done"),
        failed.label("failed"),
    )
    .where(ReportRun.organization_id == bindparam("organization_id", type_=Uuid()))
    .order_by(ReportRun.id.desc())
    .limit(bindparam("most", type_=Integer()))
)
FIRST = Prepared(LIST)
NEXT = Prepared(LIST.where(ReportRun.id < bindparam("id", type_=Uuid())))
