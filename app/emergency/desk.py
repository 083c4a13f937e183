"""Where somebody begins in an emergency: what lives now, at a place and around it, and what he may do.

A place sees its own call-ups, those below it, and those above that call its members.
"""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, any_, bindparam, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.emergency import reading
from app.emergency.drafts import CALLED, CALLS
from app.emergency.lists import AFTER, MOST
from app.emergency.plans import PLANS
from app.models.emergency import CallUp, CallUpStatus, Reply, Shift
from app.models.organization import NamedOrganization, Organization
from app.models.shift_team import ShiftTeam, TeamStatus
from app.permissions import Actor, Permission, grants, may, require

P = Permission
# With which somebody still has to do.
LIVE = (CallUpStatus.DRAFT, CallUpStatus.ACTIVE, CallUpStatus.STOOD_DOWN)
MOST_AREAS = 120
PLACE_ID = bindparam("organization_id", type_=Uuid())
Place, Area = aliased(NamedOrganization), aliased(NamedOrganization)
PLACE = Prepared(
    select(
        Organization.id,
        Organization.name,
        Organization.kind,
        grants(P.COMMUNITY_CALL_UP),
    ).where(Organization.id == PLACE_ID)
)


async def place(reader: Reader, actor: Actor, organization_id: UUID) -> dict[str, Any]:
    """The place, and whether it calls people up and keeps plans; one statement.

    Raises:
        NotFound, Forbidden: as for the organization.
    """
    row = await PLACE.one(reader, actor.binds() | {"organization_id": organization_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.COMMUNITY_CALL_UP)
    return row | {"may_draft": row["kind"] in CALLS, "may_keep": row["kind"] in PLANS}


async def page_of_live(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID | None = None
) -> Slice[dict[str, Any]]:
    """Call-ups that are drafted, run or wait for their review, the latest first, as far as the actor
    sees them; `organization_id`: of this place, those below it and those above."""
    where = scope("live-call-ups", {"at": organization_id, "by": actor.person_id})
    key = after(paging, where, UUID)
    binds = actor.binds() | {"most": paging.limit + 1, "organization_id": organization_id}
    if key is not None:
        binds["id"] = key[0]
    statement = _live(organization_id is not None, key is not None)
    made = cut(await statement.rows(reader, binds), paging, where, "id")
    for row in made.items:
        row["may_approve"] = reading.may_approve(row)
        row["may_call"] = P.CALL_UP_PHONE in row["grants"] and row["status"] == CallUpStatus.ACTIVE
    return made


async def areas(reader: Reader, organization_id: UUID) -> list[dict[str, Any]]:
    """Whom a place may call, part by part, kind by kind in their order: of a subdistrict its
    communities, of a community its grids, branches and groups. One statement; public."""
    asked = {"organization_id": organization_id, "under": [organization_id]}
    return await AREAS.rows(reader, asked)


def _shifts(what: Any) -> Any:
    """Over the shifts that are open: a figure of theirs, 0 where there are none."""
    return (
        select(func.coalesce(func.sum(what), 0))
        .where(Shift.call_up_id == CallUp.id, Shift.is_open)
        .scalar_subquery()
    )


def _replies(*where: Any) -> Any:
    return (
        select(func.count(Reply.id)).where(Reply.call_up_id == CallUp.id, *where).scalar_subquery()
    )


_is_around = (
    select(Place.id)
    .where(
        Place.id == PLACE_ID,
        or_(CallUp.organization_id == any_(Place.lineage), Place.id == any_(Organization.lineage)),
    )
    .exists()
)
_listed: Select[*tuple[Any, ...]] = (
    select(
        *reading.BRIEF,
        CallUp.organization_id,
        Organization.name.label("organization_name"),
        reading.approvals_of().label("approvals"),
        reading.approvals_of(by_reader=True).label("own_approvals"),
        CallUp.approvals_needed,
        CallUp.due_at.label("approve_until"),
        _replies().label("called"),
        _replies(Reply.reply.is_(None)).label("not_reached"),
        _replies(Reply.reply == literal_column("'can_come'")).label("can_come"),
        _shifts(Shift.seats).label("seats"),
        _shifts(Shift.taken).label("taken"),
        select(func.count(ShiftTeam.id))
        .join(Shift, Shift.id == ShiftTeam.shift_id)
        .where(
            Shift.call_up_id == CallUp.id,
            ShiftTeam.status == literal_column(f"'{TeamStatus.FORMING}'"),
        )
        .scalar_subquery()
        .label("forming"),
        grants(P.CALL_UP_APPROVE, P.CALL_UP_PHONE),
    )
    .join(Organization, Organization.id == CallUp.organization_id)
    .where(
        or_(*(CallUp.status == literal_column(f"'{status}'") for status in LIVE)),
        may(P.CALL_UP_READ),
    )
    .order_by(CallUp.id.desc())
    .limit(MOST)
)


@cache
def _live(is_placed: bool, is_continued: bool) -> Prepared:
    statement = _listed
    if is_placed:
        statement = statement.where(_is_around)
    if is_continued:
        statement = statement.where(CallUp.id < AFTER)
    return Prepared(statement)


AREAS = Prepared(
    select(Area.id, Area.kind, Area.name)
    .join(Place, Place.id == any_(Area.lineage))
    .where(
        Place.id == PLACE_ID,
        Area.lineage.overlap(bindparam("under", type_=ARRAY(Uuid()))),
        Area.id != Place.id,
        or_(*(Area.kind == kind for kind in CALLED)),
        or_(Place.kind == "community", Area.kind == "community"),
        Area.closed_on.is_(None),
    )
    .order_by(Area.kind, Area.position, Area.name, Area.id)
    .limit(MOST_AREAS)
)
