"""The summaries that a district's or city's office has sent, and which employers have acknowledged."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, literal_column, or_, select

from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus
from app.permissions import Actor
from app.reports.run_reading import require_office

S = ReportStatus


class Receipt(StrEnum):
    """What has become of a summary."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    GONE = "gone"


STATUSES: Mapping[Receipt, tuple[S, ...]] = {
    Receipt.WAITING: (S.ISSUED, S.DELIVERED),
    Receipt.ACKNOWLEDGED: (S.ACKNOWLEDGED,),
    Receipt.GONE: (S.SUPERSEDED, S.VOID),
}


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID, receipt: Receipt
) -> Slice[dict[str, Any]]:
    """Summaries that this office has issued, newest first, with their employers; two statements.

    Raises:
        NotFound: no such organization. Forbidden: another's.
    """
    await require_office(reader, actor, organization_id)
    where = scope("sent-summaries", {"organization": organization_id, "receipt": receipt})
    key = after(paging, where, UUID)
    more = {} if key is None else {"id": key[0]}
    binds = {"organization_id": organization_id, "most": paging.limit + 1}
    rows = await _list(receipt, bool(more)).rows(reader, binds | more)
    return cut(rows, paging, where, "id")


@cache
def _list(receipt: Receipt, is_continued: bool) -> Prepared:
    statement = (
        select(
            Report.id,
            Report.number,
            Report.edition,
            Report.status,
            Report.period_from,
            Report.period_to,
            Report.delivered_at,
            Report.read_at,
            Report.acknowledged_at,
            Report.uses_made,
            Organization.name.label("employer_name"),
        )
        .join(Organization, Organization.id == Report.employer_id)
        .where(
            Report.issuer_id == bindparam("organization_id", type_=Uuid()),
            Report.kind == literal_column(f"'{ReportKind.EMPLOYER_SUMMARY}'"),
            or_(*(Report.status == each for each in STATUSES[receipt])),
        )
        .order_by(Report.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(Report.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)
