"""Questions who rated, without the answer, as the named roles read them."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select

from app.appraisals.lifecycle import OPENING, OpeningAction
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.appraisal import RaterOpening
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, may, require

P = Permission
COMMUNITY = bindparam("community_id", type_=Uuid())
COLUMNS = (
    RaterOpening.id,
    RaterOpening.registration_id,
    RaterOpening.source,
    RaterOpening.source_id,
    RaterOpening.status,
    RaterOpening.reason,
    RaterOpening.asked_by_id,
    RaterOpening.created_at,
    RaterOpening.due_at,
)
CONTAINER = Prepared(select(grants(P.RATERS_ASK)).where(Organization.id == COMMUNITY))
SHOW = Prepared(
    select(*COLUMNS, grants(P.RATERS_OPEN)).where(
        RaterOpening.id == bindparam("opening_id", type_=Uuid()), may(P.RATERS_OPEN)
    )
)


async def show(reader: Reader, actor: Actor, opening_id: UUID) -> dict[str, Any]:
    """One question with its buttons; one statement.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"opening_id": opening_id})
    if row is None:
        raise NotFound
    line = _line(row, actor)
    steps = OPENING.open_in(row["status"], row["grants"])
    return line | {
        "open_to": [each for each in steps if not (line["is_mine"] and each is OpeningAction.AGREE)]
    }


async def page(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID
) -> Slice[dict[str, Any]]:
    """What was asked about members of a community, the latest first; two statements.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    binds: dict[str, Any] = {"community_id": community_id}
    row = await CONTAINER.one(reader, actor.binds() | binds)
    if row is None:
        raise NotFound
    require(row["grants"], P.RATERS_ASK)
    where = scope("rater-openings", binds)
    key = after(paging, where, UUID)
    more = {} if key is None else {"id": key[0]}
    rows = await _latest(bool(more)).rows(reader, binds | more | {"most": paging.limit + 1})
    return cut([_line(row, actor) for row in rows], paging, where, "id")


def _line(row: dict[str, Any], actor: Actor) -> dict[str, Any]:
    return row | {"is_mine": row["asked_by_id"] == actor.person_id}


@cache
def _latest(is_continued: bool) -> Prepared:
    statement = (
        select(*COLUMNS)
        .where(RaterOpening.community_id == COMMUNITY)
        .order_by(RaterOpening.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(RaterOpening.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)
