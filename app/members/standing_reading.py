"""How many of an employer's members are registered, altogether and in each Party branch.

In the official order of the branches; by no figure can it be sorted. Source: practice.md R6, R25.
"""

from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, and_, bindparam, func, select, tuple_

from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.members import standing
from app.members.standing import IS_MEMBER, LIVING, STANDS, Branch, Standing
from app.models.member import Member, Registration
from app.permissions import Actor

ONLINE = Registration.channel == "online"
REGISTERED = STANDS[Standing.REGISTERED]
FIGURES = (
    func.count().label("members"),
    func.count().filter(and_(REGISTERED, ONLINE)).label("registered_online"),
    func.count().filter(and_(REGISTERED, ~ONLINE)).label("registered_offline"),
    *(
        func.count().filter(STANDS[each]).label(each.value)
        for each in (Standing.SUSPENDED, Standing.UNDER_WAY, Standing.NOT_REGISTERED)
    ),
)


class Figures(NamedTuple):
    """`whole`: of the place, with what its employer has stated; `branches`: a page of those below it."""

    whole: dict[str, Any]
    branches: Slice[dict[str, Any]]


async def show(reader: Reader, actor: Actor, paging: Paging, place_id: UUID) -> Figures:
    """The figures of an employer, or of a branch of it, and of each branch below that has members, in
    the order of the branches.

    Raises:
        NotFound, Forbidden: no such organization; not its employer's people.
    """
    found = await standing.place(reader, actor, place_id)
    where = scope("standing", {"p": place_id})
    key = after(paging, where, int, UUID)
    binds = actor.binds() | {"place_id": place_id, "employer_id": found.employer_id}
    whole = (await _whole(found.is_employer).rows(reader, binds))[0]
    binds["most"] = paging.limit + 1
    if key is not None:
        binds |= {"position": key[0], "id": key[1]}
    rows = await _branches(found.is_employer, key is not None).rows(reader, binds)
    return Figures(
        whole | {"stated_headcount": found.stated_headcount},
        cut(rows, paging, where, "position", "branch_id"),
    )


@cache
def _whole(is_employer: bool) -> Prepared:
    return Prepared(
        select(*FIGURES, func.count().filter(Member.branch_id.is_(None)).label("without_branch"))
        .select_from(Member)
        .outerjoin(Branch, Branch.id == Member.branch_id)
        .outerjoin(Registration, LIVING)
        .where(standing.of_place(is_employer=is_employer), IS_MEMBER)
    )


@cache
def _branches(is_employer: bool, is_continued: bool) -> Prepared:
    """Position and id are the key of the order."""
    statement = (
        select(
            Branch.id.label("branch_id"),
            Branch.name.label("branch_name"),
            Branch.position,
            *FIGURES,
        )
        .select_from(Member)
        .join(Branch, Branch.id == Member.branch_id)
        .outerjoin(Registration, LIVING)
        .where(standing.of_place(is_employer=is_employer), IS_MEMBER)
        .group_by(Branch.id)
        .order_by(Branch.position, Branch.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(
            tuple_(Branch.position, Branch.id)
            > tuple_(bindparam("position", type_=Integer()), bindparam("id", type_=Uuid()))
        )
    return Prepared(statement)
