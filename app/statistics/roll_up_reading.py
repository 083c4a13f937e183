"""Frozen days, weeks and months as the community and the levels above it read them."""

from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, select, tuple_

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.organization import Organization
from app.models.statistic import Rhythm, RollUp
from app.permissions import Actor, Permission, grants, may, require
from app.statistics import presence

P = Permission
BRIEF = (
    RollUp.id,
    RollUp.organization_id,
    RollUp.rhythm,
    RollUp.first_on,
    RollUp.text,
    RollUp.frozen_at,
    RollUp.sent_at,
)
CONTAINER = Prepared(
    select(grants(P.STATISTICS_READ)).where(
        Organization.id == bindparam("organization_id", type_=Uuid())
    )
)
ONE = Prepared(
    select(*BRIEF, RollUp.content, RollUp.decisions, grants(P.ROLL_UP_SEND)).where(
        RollUp.id == bindparam("roll_up_id", type_=Uuid()), may(P.ROLL_UP_READ)
    )
)


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID, rhythm: Rhythm
) -> Slice[dict[str, Any]]:
    """The organization's days, weeks or months, the latest first.

    Raises:
        NotFound, Forbidden: as for the organization's figures.
    """
    asked = {"organization_id": organization_id}
    row = await CONTAINER.one(reader, actor.binds() | asked)
    if row is None:
        raise NotFound
    require(row["grants"], P.STATISTICS_READ)
    binds: dict[str, Any] = asked | {"rhythm": rhythm}
    where = scope("roll-ups", binds)
    key = after(paging, where, date, UUID)
    more = {} if key is None else {"first_on": key[0], "id": key[1]}
    rows = await _list(bool(more)).rows(reader, binds | more | {"most": paging.limit + 1})
    return cut(rows, paging, where, "first_on", "id")


async def get(reader: Reader, actor: Actor, roll_up_id: UUID) -> dict[str, Any]:
    """All that it holds. `may_send`: its text may go to members and residents now.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await ONE.one(reader, actor.binds() | {"roll_up_id": roll_up_id})
    if row is None:
        raise NotFound
    is_new = row["rhythm"] is Rhythm.MONTH and row["sent_at"] is None
    return row | {
        "may_send": is_new and P.ROLL_UP_SEND in row["grants"],
        "present": await presence.kept(reader, roll_up_id),
    }


@cache
def _list(is_continued: bool) -> Prepared:
    statement = (
        select(*BRIEF)
        .where(
            RollUp.organization_id == bindparam("organization_id", type_=Uuid()),
            RollUp.rhythm == bindparam("rhythm", type_=RollUp.rhythm.type),
        )
        .order_by(RollUp.first_on.desc(), RollUp.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        last = tuple_(bindparam("first_on", type_=Date()), bindparam("id", type_=Uuid()))
        statement = statement.where(tuple_(RollUp.first_on, RollUp.id) < last)
    return Prepared(statement)
