"""Questions who rated, without the answer, as the named roles read them."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, bindparam, cast, select
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import aliased

from app.appraisals.lifecycle import OPENING, OpeningAction
from app.core.errors import NotFound
from app.core.masking import mask_name
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.appraisal import OpeningStatus, RaterOpening
from app.models.member import Member, Registration
from app.models.organization import NamedOrganization, Organization
from app.permissions import Actor, Permission, grants, may, require

P = Permission
PLACE = bindparam("organization_id", type_=Uuid())
Community = aliased(NamedOrganization)
COLUMNS = (
    RaterOpening.id,
    RaterOpening.registration_id,
    RaterOpening.source,
    RaterOpening.source_id,
    RaterOpening.status,
    RaterOpening.reason,
    RaterOpening.asked_by_id,
    RaterOpening.agreed_by_id,
    RaterOpening.created_at,
    RaterOpening.due_at,
    Community.name.label("community_name"),
    Member.name.label("member_name"),
)
CONTAINER = Prepared(select(grants(P.RATERS_ASK)).where(Organization.id == PLACE))


def _named(*more: Any) -> Select[*tuple[Any, ...]]:
    """Questions with their community and whose raters are asked for."""
    return (
        select(*COLUMNS, *more)
        .select_from(RaterOpening)
        .join(Community, Community.id == RaterOpening.community_id)
        .join(Registration, Registration.id == RaterOpening.registration_id)
        .join(Member, Member.id == Registration.member_id)
    )


SHOW = Prepared(
    _named(grants(P.RATERS_OPEN)).where(
        RaterOpening.id == bindparam("opening_id", type_=Uuid()), may(P.RATERS_OPEN)
    )
)


async def show(reader: Reader, actor: Actor, opening_id: UUID) -> dict[str, Any]:
    """One question with its buttons; `may_look`: the raters are open to the actor now. One statement.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"opening_id": opening_id})
    if row is None:
        raise NotFound
    line = _line(row, actor)
    steps = OPENING.open_in(row["status"], row["grants"])
    is_of_the_two = actor.person_id in (row["asked_by_id"], row["agreed_by_id"])
    return line | {
        "may_look": is_of_the_two and row["status"] is OpeningStatus.OPEN,
        "open_to": [
            each for each in steps if not (line["is_mine"] and each is OpeningAction.AGREE)
        ],
    }


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """What was asked about members of a community, or of all below a place, the latest first; two
    statements.

    Raises:
        NotFound, Forbidden: as for the organization.
    """
    binds: dict[str, Any] = {"organization_id": organization_id}
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
    return row | {
        "is_mine": row["asked_by_id"] == actor.person_id,
        "member_name": mask_name(row["member_name"]),
    }


@cache
def _latest(is_continued: bool) -> Prepared:
    statement = (
        _named()
        .where(Community.lineage.contains(cast(array([PLACE]), ARRAY(Uuid()))))
        .order_by(RaterOpening.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(RaterOpening.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)
