"""Reports that are printed: who printed which is noted, and the bytes are known again."""

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import String, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock
from app.core.errors import Conflict
from app.core.prepared import Prepared, Reader
from app.models.house import DocumentDigest
from app.models.organization import ContentItem
from app.permissions import Actor
from app.reports import reading
from app.reports.exports import sees_votes

MOST_LINES = 500
FORM = Prepared(
    select(ContentItem.data).where(
        ContentItem.section == "report_forms",
        ContentItem.code == bindparam("kind", type_=String()),
    )
)


class NotIssued(Conflict):
    """A draft is no document."""

    code, title = "not_issued", "尚未出具，不能打印"


class TooLong(Conflict):
    """More lines than anybody reads on paper; a workbook holds them."""

    code, title = "too_long_for_paper", "明细过多，请导出表格"


class Printable(NamedTuple):
    """What `printing.report` sets."""

    row: dict[str, Any]
    form: dict[str, Any]
    lines: list[dict[str, Any]]
    sees_votes: bool


async def printable(reader: Reader, actor: Actor, report_id: UUID) -> Printable:
    """The report as the actor may read it.

    Raises:
        NotFound: none, or not the actor's to see.
        NotIssued, TooLong: see there.
    """
    row, lines = await reading.open_report(reader, actor, report_id)
    if row["number"] is None:
        raise NotIssued
    form = await FORM.one(reader, {"kind": row["kind"]}) or {}
    return Printable(row, form["data"], _few(lines), sees_votes(row))


async def note(session: AsyncSession, actor: Actor, row: dict[str, Any], pdf: bytes) -> None:
    """These bytes verify from now on; that somebody else's report was printed is noted."""
    digest = hashlib.sha256(pdf).hexdigest()
    await session.execute(
        insert(DocumentDigest)
        .values(subject_id=row["id"], digest=digest, printed_at=clock.now())
        .on_conflict_do_nothing()
    )
    if actor.person_id != row["person_id"]:
        audit.looked(
            session, actor, "report", subject=("report", row["id"]), owner_id=row["person_id"]
        )
    await session.flush()


def _few(lines: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for line in lines:
        found.append(line)
        if len(found) > MOST_LINES:
            raise TooLong
    return found
