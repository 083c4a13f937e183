"""One organization as who runs it sees it: its own figures, the way up, and what stands below."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by
from sqlalchemy.orm import aliased
from sqlalchemy.types import String

from app.core import clock
from app.core.errors import NotFound
from app.core.masking import mask_name, mask_phone
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.organization import (
    Appointment,
    ContentItem,
    Import,
    NamedOrganization,
    Organization,
)
from app.organizations import words
from app.organizations.kinds import PLACES
from app.permissions import Actor, Permission, grants, may, require

P = Permission
ASKED = (
    P.ORGANIZATION_EDIT,
    P.ORGANIZATION_ADMIT,
    P.ORGANIZATION_STAFF,
    P.ORGANIZATION_POLICY,
    P.TENANT_RUN,
    P.COMMUNITY_IMPORT,
    P.EMPLOYERS_IMPORT,
    P.SUMMARY_COMPILE,
    P.EVALUATION_PLAN,
    P.AUDIT_READ,
)
MOST_BESIDE, MOST_IMPORTS = 200, 10


async def show(
    reader: Reader, actor: Actor, organization_id: UUID, needed: Permission
) -> dict[str, Any]:
    """The organization with `path` (all above it, root first), `below` (how many stand directly below
    it, by kind), and of `ASKED` what the actor may do; one statement.

    Raises:
        NotFound: there is none, or it was closed. Forbidden: `needed` is not the actor's here.
    """
    row = await SHOW.one(reader, {"organization_id": organization_id} | actor.binds())
    if row is None:
        raise NotFound
    require(row["grants"], needed)
    return row


def made_below(kind: str) -> list[str]:
    """The kinds that may be set up by hand below one of this kind; divisions come from their file."""
    return [code for code, place in PLACES.items() if kind in place.parents]


async def beside(reader: Reader, lineage: Sequence[UUID], kind: str) -> list[dict[str, Any]]:
    """The grids or compounds of the community in this lineage, in their order; 200 at most."""
    return await BESIDE.rows(reader, {"lineage": list(lineage), "kind": kind})


async def imports(reader: Reader, actor: Actor, organization_id: UUID) -> list[dict[str, Any]]:
    """The last files of an organization that the actor might apply, or might have; newest first."""
    return await IMPORTS.rows(reader, {"organization_id": organization_id} | actor.binds())


async def appointments(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """Posts that are held in this very organization or will be, whether their people have signed in or
    not; the first made first; names and phones masked.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to staff.
    """
    await show(reader, actor, organization_id, P.ORGANIZATION_STAFF)
    where = scope("appointments", {"o": organization_id})
    key = after(paging, where, UUID)
    binds = {"organization_id": organization_id, "today": clock.today(), "most": paging.limit + 1}
    rows = await APPOINTMENTS.rows(reader, binds | {"after": key[0] if key else None})
    found = cut(rows, paging, where, "id")
    for row in found.items:
        row["name"] = mask_name(row["name"])
        row["phone"] = row["phone"] and mask_phone(row["phone"])
    return found


Above, Below = aliased(NamedOrganization), aliased(NamedOrganization)
_one = Organization.id == bindparam("organization_id", type_=Uuid())
_path = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object("id", Above.id, "name", Above.name, "kind", Above.kind),
                func.array_position(Organization.lineage, Above.id),
            ),
            type_=JSONB(),
        )
    )
    .where(Above.id == any_(Organization.lineage))
    .correlate(Organization)
    .scalar_subquery()
)
_counted = (
    select(Below.kind.label("kind"), func.count().label("number"))
    .where(Below.parent_id == Organization.id, Below.closed_on.is_(None))
    .group_by(Below.kind)
    .correlate(Organization)
    .subquery()
    .lateral()
)
_below = select(
    func.coalesce(
        func.jsonb_object_agg(_counted.c.kind, _counted.c.number),
        func.jsonb_build_object(),
        type_=JSONB(),
    )
).scalar_subquery()
SHOW = Prepared(
    select(
        Organization.id,
        Organization.kind,
        Organization.name,
        Organization.code,
        Organization.parent_id,
        Organization.lineage,
        Organization.position,
        Organization.takes_part,
        Organization.compound_type,
        Organization.unit_kind,
        Organization.stated_headcount,
        Organization.households,
        Organization.opened_on,
        Organization.version,
        _path.label("path"),
        _below.label("below"),
        grants(*ASKED),
    ).where(_one, Organization.closed_on.is_(None))
)
BESIDE = Prepared(
    select(Organization.id, Organization.name)
    .where(
        Organization.parent_id == any_(bindparam("lineage", type_=ARRAY(Uuid()))),
        Organization.kind == bindparam("kind", type_=String()),
        Organization.closed_on.is_(None),
    )
    .order_by(Organization.position, Organization.id)
    .limit(bindparam("most", MOST_BESIDE, type_=Integer()))
)
IMPORTS = Prepared(
    select(
        Import.id,
        Import.kind,
        Import.status,
        Import.counts,
        Import.created_at,
        Import.due_at,
    )
    .where(
        Import.organization_id == bindparam("organization_id", type_=Uuid()),
        may(P.IMPORT_APPLY),
    )
    .order_by(Import.id.desc())
    .limit(bindparam("most", MOST_IMPORTS, type_=Integer()))
)
_after = bindparam("after", type_=Uuid())
APPOINTMENTS = Prepared(
    select(
        Appointment.id,
        Appointment.post,
        ContentItem.data["name"].astext.label("post_name"),
        Appointment.name,
        Appointment.phone,
        Appointment.person_id.is_not(None).label("has_signed_in"),
        Appointment.from_on,
        Appointment.to_on,
    )
    .outerjoin(
        ContentItem,
        and_(ContentItem.section == words.POSTS, ContentItem.code == Appointment.post),
    )
    .where(
        Appointment.organization_id == bindparam("organization_id", type_=Uuid()),
        or_(Appointment.to_on.is_(None), Appointment.to_on >= bindparam("today", type_=Date())),
        or_(_after.is_(None), Appointment.id > _after),
    )
    .order_by(Appointment.id)
    .limit(bindparam("most", type_=Integer()))
)
