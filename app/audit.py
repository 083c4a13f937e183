"""The operation log and the access log: written with the change or the look they speak of."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, String, Uuid, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.core.terms import Term
from app.models.house import AccessLog, OperationLog
from app.permissions import Actor

# Source: domain.md §5.8 and docs/data-protection.md. What was operated is kept for good.
TERMS = (Term(AccessLog.at, timedelta(days=3 * 366)),)


def operated(
    session: AsyncSession,
    actor: Actor,
    action: str,
    *,
    subject: tuple[str, UUID | None],
    organization_id: UUID | None = None,
    **detail: Any,
) -> None:
    """Note an act of administration; `subject` is (kind, id), `detail` holds no personal data."""
    session.add(
        OperationLog(
            actor_id=actor.person_id,
            action=action,
            organization_id=organization_id,
            subject_kind=subject[0],
            subject_id=subject[1],
            detail=detail,
        )
    )


def looked(
    session: AsyncSession,
    actor: Actor,
    fields: str,
    *,
    subject: tuple[str, UUID],
    owner_id: UUID | None,
    capacity: str | None = None,
    reason: str | None = None,
) -> None:
    """Note that `actor` saw personal `fields` of `subject` in clear; shown to `owner_id`.

    `capacity`: as what he could see them, a role held there or the holder of a seat.
    """
    session.add(
        AccessLog(
            actor_id=actor.person_id,
            subject_kind=subject[0],
            subject_id=subject[1],
            owner_id=owner_id,
            capacity=capacity,
            fields=fields,
            reason=reason,
        )
    )


async def page_of_looks(
    reader: Reader, paging: Paging, kind: str, subject_id: UUID
) -> Slice[dict[str, Any]]:
    """Who looked at the personal fields of a subject, newest first; in which capacity, no names.

    The caller has made sure that the reader is its owner.
    """
    where = scope(f"{kind}-looks", {kind: subject_id})
    key = after(paging, where, datetime, UUID)
    binds: dict[str, Any] = {"kind": kind, "subject_id": subject_id, "most": paging.limit + 1}
    if key is not None:
        binds |= {"at": key[0], "id": key[1]}
    return cut(await _looks(key is not None).rows(reader, binds), paging, where, "at", "id")


@cache
def _looks(is_continued: bool) -> Prepared:
    statement = (
        select(
            AccessLog.id,
            AccessLog.at,
            AccessLog.fields,
            AccessLog.reason,
            AccessLog.capacity.label("by_role"),
        )
        .where(
            AccessLog.subject_kind == bindparam("kind", type_=String()),
            AccessLog.subject_id == bindparam("subject_id", type_=Uuid()),
        )
        .order_by(AccessLog.at.desc(), AccessLog.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(
            tuple_(AccessLog.at, AccessLog.id)
            < tuple_(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid()))
        )
    return Prepared(statement)
