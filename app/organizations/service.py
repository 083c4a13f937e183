"""Organizations: the public reading of the tree, and its change one by one.

Hot: the list below a parent.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.types import String

from app import audit
from app.core import clock
from app.core.errors import AppError, Conflict, Invalid, NotFound, Stale
from app.core.ids import new_id
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.core.sheets.cells import credit_code
from app.core.sheets.text import CellRefused
from app.models.organization import NamedOrganization, Organization
from app.organizations import appointments, places, tree, words
from app.organizations.kinds import PLACES, SINGLE, Place
from app.organizations.schemas import ChildIn, CloseReason, OrganizationChange
from app.permissions import Actor, Permission, grants, require

P = Permission


class NameTaken(Conflict):
    """A sister of the same kind has this name already."""

    code, title = "name_taken", "同一上级下已有同名组织"


class CodeTaken(Conflict):
    """A living organization of the same kind carries this code."""

    code, title = "code_taken", "该代码已被使用"


class OnlyOne(Conflict):
    """The parent has its one organization of this kind already."""

    code, title = "only_one", "上级下已有此类组织，只能有一个"


class StillUsed(Conflict):
    """Something that lives stands below it, or names it."""

    code, title = "still_used", "还有下级组织或关联组织，不能撤销"


class DivisionFileOnly(Conflict):
    """Divisions come and go with the division file."""

    code, title = "division_file_only", "行政区划只能通过区划文件变更"


CONSTRAINTS: Mapping[str, type[AppError]] = {
    "uq_organizations_name_under": NameTaken,
    "uq_organizations_code": CodeTaken,
}

Parent = aliased(NamedOrganization)
Below = aliased(NamedOrganization)

SHOW = Prepared(
    select(
        Organization.id,
        Organization.kind,
        Organization.name,
        Organization.code,
        Organization.takes_part,
        Organization.parent_id,
        Parent.name.label("parent_name"),
        Organization.community_kind,
        Organization.compound_id,
        Organization.compound_type,
        Organization.grid_id,
        Organization.unit_kind,
        Organization.version,
    )
    .outerjoin(Parent, Parent.id == Organization.parent_id)
    .where(
        Organization.id == bindparam("organization_id", type_=Uuid()),
        Organization.closed_on.is_(None),
    )
)


async def show(reader: Reader, organization_id: UUID) -> dict[str, Any]:
    """The organization with its parent's name.

    Raises:
        NotFound: there is none, or it was closed.
    """
    row = await SHOW.one(reader, {"organization_id": organization_id})
    if row is None:
        raise NotFound
    return row


async def page(
    reader: Reader, paging: Paging, *, parent_id: UUID, kind: str, only_taking_part: bool
) -> Slice[dict[str, Any]]:
    """The living organizations of one kind directly below a parent, in their official order.

    Raises:
        NotFound: there is no such parent.
    """
    where = scope("organizations", {"p": parent_id, "k": kind, "t": only_taking_part})
    key = after(paging, where, int, UUID)
    binds = {"parent_id": parent_id, "kind": kind, "most": paging.limit + 1}
    if key is not None:
        binds |= {"position": key[0], "id": key[1]}
    rows = await _list(only_taking_part, key is not None).rows(reader, binds)
    if not rows:
        await places.known(reader, parent_id)
    return cut(rows, paging, where, "position", "id")


async def get(
    session: AsyncSession, actor: Actor, organization_id: UUID, *permissions: Permission
) -> tuple[Organization, list[str]]:
    """The living organization, locked, and which of `permissions` the actor has on it.

    Raises:
        NotFound: there is none, or it was closed.
    """
    found = (
        await session.execute(
            select(Organization, grants(*permissions))
            .where(Organization.id == organization_id, Organization.closed_on.is_(None))
            .with_for_update(of=Organization)
            .execution_options(populate_existing=True),
            actor.binds(),
        )
    ).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


async def create(
    session: AsyncSession, actor: Actor, parent_id: UUID, body: ChildIn
) -> Organization:
    """A new organization below the parent.

    Raises:
        NotFound: no such parent. Forbidden: not the actor's to change.
        Invalid: the kind may not stand there, or what it must name is missing.
        OnlyOne, NameTaken, CodeTaken.
    """
    await tree.hold(session)
    parent, granted = await get(session, actor, parent_id, P.ORGANIZATION_EDIT)
    require(granted, P.ORGANIZATION_EDIT)
    place = PLACES.get(body.kind)
    if place is None:
        raise Invalid.field("/kind", "unknown_code", "不在可选范围内")
    if parent.kind not in place.parents:
        raise Invalid.field("/kind", "wrong_parent", "此类组织不能设在该上级之下")
    await _check_beside(session, parent, place, body)
    await _check_own_fields(session, body.kind, body)
    columns = body.model_dump(exclude_none=True)
    if body.code is not None:
        columns["code"] = _credit_code(body.code)
    row = await add(session, parent, **columns)
    _note(session, actor, "organization.created", row, kind=row.kind)
    return row


async def add(
    session: AsyncSession, parent: Organization, *, kind: str, name: str, **columns: Any
) -> Organization:
    """A new row below `parent`; for rooms that have checked all else. Holds no lock of the tree.

    Raises:
        OnlyOne: the kind stands once under a parent.
    """
    if kind in SINGLE and await _has_child(session, parent.id, kind):
        raise OnlyOne
    row_id = new_id()
    row = Organization(
        id=row_id,
        parent_id=parent.id,
        lineage=[*parent.lineage, row_id],
        kind=kind,
        name=name,
        opened_on=clock.today(),
        **columns,
    )
    session.add(row)
    await session.flush()
    return row


async def change(
    session: AsyncSession, actor: Actor, organization_id: UUID, body: OrganizationChange
) -> Organization:
    """The organization as edited; what was left out stays.

    Raises:
        NotFound, Forbidden: as `create`; taking part is decided above the community.
        Stale: edited by somebody else since it was read. Invalid: not a field of this kind.
    """
    row, granted = await get(
        session, actor, organization_id, P.ORGANIZATION_EDIT, P.ORGANIZATION_ADMIT
    )
    require(granted, P.ORGANIZATION_EDIT)
    if row.version != body.version:
        raise Stale
    for field in ("name", "position", "takes_part"):
        if field in body.model_fields_set and getattr(body, field) is None:
            raise Invalid.field(f"/{field}", "missing", "必填")
    await _check_own_fields(session, row.kind, body)
    if body.takes_part is not None and body.takes_part != row.takes_part:
        require(granted, P.ORGANIZATION_ADMIT)
    for name, value in body.model_dump(exclude_unset=True, exclude={"version"}).items():
        setattr(row, name, value)
    if session.is_modified(row):
        _note(session, actor, "organization.changed", row, fields=sorted(body.model_fields_set))
    await session.flush()
    return row


async def close(
    session: AsyncSession, actor: Actor, organization_id: UUID, reason: CloseReason
) -> Organization:
    """The organization has ended today, and with it the posts held in it.

    Raises:
        NotFound, Forbidden: as `create`.
        StillUsed: something lives below it or names it.
        DivisionFileOnly: a division ends by a division file.
    """
    row, granted = await get(session, actor, organization_id, P.ORGANIZATION_EDIT)
    require(granted, P.ORGANIZATION_EDIT)
    if row.kind not in PLACES:
        raise DivisionFileOnly
    if await _is_used(session, row.id):
        raise StillUsed
    row.closed_on = clock.today()
    await appointments.end_all(session, row.id)
    _note(session, actor, "organization.closed", row, reason=reason)
    await session.flush()
    return row


async def _check_beside(
    session: AsyncSession, parent: Organization, place: Place, body: ChildIn
) -> None:
    """Grid and compound are named where they must be, and stand in the parent's community."""
    wanted = (
        ("grid_id", "grid", place.needs_grid),
        ("compound_id", "compound", place.needs_compound),
    )
    for field, kind, is_needed in wanted:
        given: UUID | None = getattr(body, field)
        if given is None and is_needed:
            raise Invalid.field(f"/{field}", "missing", "必填")
        if given is None:
            continue
        if not is_needed:
            raise Invalid.field(f"/{field}", "not_wanted", "此类组织不填写该项")
        found = await session.scalar(
            select(Organization.id).where(
                Organization.id == given,
                Organization.kind == kind,
                Organization.closed_on.is_(None),
                Organization.parent_id.in_(parent.lineage),
            )
        )
        if found is None:
            raise Invalid.field(f"/{field}", "unknown", "不是本社区的网格或小区")


# Fields that only some kinds have.
OWN_FIELDS: Mapping[str, tuple[str, ...]] = {
    "takes_part": ("community",),
    "compound_type": ("compound",),
    "households": ("compound", "building", "grid", "community"),
    "code": ("employer", "resident_unit", "paired_unit"),
    "unit_kind": ("employer", "resident_unit", "paired_unit"),
    "stated_headcount": ("employer",),
    "paired_community_id": ("employer",),
}


async def _check_own_fields(
    session: AsyncSession, kind: str, body: ChildIn | OrganizationChange
) -> None:
    for field, kinds in OWN_FIELDS.items():
        if getattr(body, field, None) is not None and kind not in kinds:
            raise Invalid.field(f"/{field}", "not_wanted", "此类组织不填写该项")
    if body.compound_type is not None:
        await words.require(
            session, words.COMPOUND_TYPES, body.compound_type, pointer="/compound_type"
        )
    if body.paired_community_id is not None:
        community = await session.get(Organization, body.paired_community_id)
        if community is None or community.kind != "community" or not community.takes_part:
            raise Invalid.field("/paired_community_id", "unknown", "不是参加双报到的社区")


def _credit_code(text: str) -> str:
    try:
        return credit_code(text)
    except CellRefused as refused:
        raise Invalid.field("/code", refused.code, refused.reason) from None


async def _has_child(session: AsyncSession, parent_id: UUID, kind: str) -> bool:
    return bool(
        await session.scalar(
            select(Below.id)
            .where(Below.parent_id == parent_id, Below.kind == kind, Below.closed_on.is_(None))
            .limit(1)
        )
    )


async def _is_used(session: AsyncSession, organization_id: UUID) -> bool:
    names = (Below.parent_id, Below.compound_id, Below.grid_id)
    return bool(
        await session.scalar(
            select(Below.id)
            .where(or_(*(name == organization_id for name in names)), Below.closed_on.is_(None))
            .limit(1)
        )
    )


def _note(
    session: AsyncSession, actor: Actor, action: str, row: Organization, **detail: Any
) -> None:
    audit.operated(
        session,
        actor,
        action,
        subject=("organization", row.id),
        organization_id=row.id,
        **detail,
    )


@cache
def _list(only_taking_part: bool, is_continued: bool) -> Prepared:
    statement = (
        select(
            Organization.id,
            Organization.kind,
            Organization.name,
            Organization.code,
            Organization.takes_part,
            Organization.position,
        )
        .where(
            Organization.parent_id == bindparam("parent_id", type_=Uuid()),
            Organization.kind == bindparam("kind", type_=String()),
            Organization.closed_on.is_(None),
        )
        .order_by(Organization.position, Organization.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if only_taking_part:
        statement = statement.where(Organization.takes_part)
    if is_continued:
        statement = statement.where(
            tuple_(Organization.position, Organization.id)
            > tuple_(bindparam("position", type_=Integer()), bindparam("id", type_=Uuid()))
        )
    return Prepared(statement)
