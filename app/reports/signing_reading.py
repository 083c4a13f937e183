"""A community's sheets as its secretary signs them: whose, what the facts propose, what the branch says."""

import json
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, literal_column, select

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, Statement
from app.permissions import Actor, Permission, grants, require
from app.reports.contents import BRANCH_OPINION

COMMUNITY = bindparam("community_id", type_=Uuid())
PLACE = Prepared(select(grants(Permission.COMMUNITY_REPORT)).where(Organization.id == COMMUNITY))
IS_DRAFT = Report.status == literal_column(f"'{ReportStatus.DRAFT}'")


async def page(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID, *, is_signed: bool
) -> Slice[dict[str, Any]]:
    """Those that wait for a signature, the oldest first, or all others, the latest first; two
    statements.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    binds: dict[str, Any] = {"community_id": community_id}
    row = await PLACE.one(reader, actor.binds() | binds)
    if row is None:
        raise NotFound
    require(row["grants"], Permission.COMMUNITY_REPORT)
    where = scope("sheets-signed" if is_signed else "sheets-to-sign", binds)
    key = after(paging, where, UUID)
    more = {} if key is None else {"id": key[0]}
    rows = await _list(is_signed, bool(more)).rows(
        reader, binds | more | {"most": paging.limit + 1}
    )
    return cut([_line(each) for each in rows], paging, where, "id")


@cache
def _list(is_signed: bool, is_continued: bool) -> Prepared:
    statement = select(
        Report.id,
        Report.status,
        Report.number,
        Report.edition,
        Report.issued_at,
        Report.content,
        select(Statement.id).where(Statement.report_id == Report.id).exists().label("has_words"),
    ).where(
        Report.issuer_id == COMMUNITY,
        Report.kind == literal_column(f"'{ReportKind.MEMBER_SHEET}'"),
        ~IS_DRAFT if is_signed else IS_DRAFT,
    )
    statement = statement.order_by(Report.id.desc() if is_signed else Report.id)
    if is_continued:
        last = bindparam("id", type_=Uuid())
        statement = statement.where(Report.id < last if is_signed else Report.id > last)
    return Prepared(statement.limit(bindparam("most", type_=Integer())))


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """With what its content says of whose it is, and the sentences on it."""
    said = json.loads(row.pop("content"))
    opinions = said["opinions"]
    proposed = opinions.get("proposed") or [{"text": opinions["community_opinion"]}]
    return row | {
        "name": said["basics"]["name"],
        "employer": said["basics"]["employer"],
        "opinion": proposed[0]["text"],
        "branch_opinion": opinions.get(BRANCH_OPINION),
        "proposes": len(opinions.get("proposed") or ()),
    }
