"""Where an employer's members are registered: the cross table of employers and communities.

The employer reads every cell of its own row: that is the purpose. A level above reads those that
cannot be computed back from any sum; what is hidden is not listed, like what is empty. Source:
practice.md R6.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Integer,
    String,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.members.lifecycle import REGISTERED
from app.models.member import Registration
from app.models.organization import NamedOrganization, Organization
from app.permissions import Actor, Permission
from app.rules.words import UUIDS
from app.statistics import reading
from app.statistics.hiding import LEAST
from app.statistics.period import Period
from app.statistics.suppression import hidden_in_table

P = Permission
Employer = aliased(NamedOrganization)
COUNT = func.count().label("registered")
CODE = func.coalesce(Organization.code, "").label("code")
# as literals: the index of registrations by employer and status is used
is_registered = Registration.status.in_(
    [literal_column(f"'{status}'") for status in sorted(REGISTERED)]
)
TABLE = Prepared(
    select(Registration.employer_id, Registration.community_id, COUNT)
    .join(Employer, Employer.id == Registration.employer_id)
    .where(is_registered, Employer.lineage.contains(bindparam("roots", type_=UUIDS)))
    .group_by(Registration.employer_id, Registration.community_id)
)


async def page(
    reader: Reader, actor: Actor, paging: Paging, employer_id: UUID
) -> Slice[dict[str, Any]]:
    """The communities in the order of codes, with how many are registered there now.

    Raises:
        NotFound: no such employer. Forbidden: not the actor's to read.
    """
    asked = await reading.asked_of(reader, actor, employer_id, Period.of(None, None, "month"))
    if asked["kind"] != "employer":
        raise NotFound
    is_own = P.STATISTICS_OWN in asked["grants"]
    shown = [] if is_own else await _shown(reader, asked)
    where = scope("statistics-communities", {"e": employer_id})
    key = after(paging, where, str, UUID)
    binds = {"employer_id": employer_id, "is_own": is_own, "shown": shown}
    binds |= {} if key is None else {"code": key[0], "id": key[1]}
    rows = await _list(key is not None).rows(reader, binds | {"most": paging.limit + 1})
    return cut(rows, paging, where, "code", "community_id")


async def _shown(reader: Reader, asked: Mapping[str, Any]) -> list[UUID]:
    """Of the whole city's table: so every employer's row hides the same."""
    rows = await TABLE.rows(reader, {"roots": [asked["lineage"][0]]})
    people = {(row["employer_id"], row["community_id"]): row["registered"] for row in rows}
    hidden = hidden_in_table(people, asked["said"][LEAST])
    return [cell[1] for cell in people if cell[0] == asked["id"] and cell not in hidden]


@cache
def _list(is_continued: bool) -> Prepared:
    statement = (
        select(
            Organization.id.label("community_id"),
            Organization.name.label("community_name"),
            CODE,
            COUNT,
        )
        .join(Registration, Registration.community_id == Organization.id)
        .where(
            is_registered,
            Registration.employer_id == bindparam("employer_id", type_=Uuid()),
            or_(
                bindparam("is_own", type_=Boolean()),
                Organization.id == any_(bindparam("shown", type_=UUIDS)),
            ),
        )
        .group_by(Organization.id)
        .order_by(CODE, Organization.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        last = tuple_(bindparam("code", type_=String()), bindparam("id", type_=Uuid()))
        statement = statement.where(tuple_(CODE, Organization.id) > last)
    return Prepared(statement)
