"""Roles given by hand, beside those that follow from appointments. Source: design.md §5."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock, fields
from app.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.core.masking import mask_name, mask_phone
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.identity.levels import BELOW, KINDS
from app.identity.schemas import RoleIn
from app.models.organization import Appointment, ContentItem, Organization
from app.models.person import Person, Role, RoleGrant, WechatAccount
from app.organizations import service as organizations
from app.permissions import Actor, Permission, grants, may, require

P = Permission
DAY = timedelta(days=1)


class RoleAbove(Forbidden):
    """The role is above what the actor may give or take."""

    code, title = "role_above", "不能授予或收回高于自己的角色"


class OwnRole(Forbidden):
    """Nobody gives a role to himself."""

    code, title = "own_role", "不能给自己授予角色"


class RoleHeld(Conflict):
    """The person has this role here on some of these days already."""

    code, title = "role_held", "此人在该组织已有此角色"


CONSTRAINTS: Mapping[str, type[AppError]] = {
    "uq_role_grants_person_id_role_organization_id_valid_from": RoleHeld
}


async def give(
    session: AsyncSession, actor: Actor, organization_id: UUID, body: RoleIn
) -> RoleGrant:
    """The person has the role on the organization and below, from and to local days.

    A phone that nobody has yet stands for a person who is prepared until its owner signs in.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to staff.
        RoleAbove, OwnRole. RoleHeld: on some of these days he has it already.
        Invalid: no such person, a kind of organization that the role does not fit, wrong days.
    """
    place, granted = await organizations.get(session, actor, organization_id, P.ORGANIZATION_STAFF)
    require(granted, P.ORGANIZATION_STAFF)
    first, last = _days(body)
    _check_level(actor, place, body.role, last)
    if place.kind not in KINDS[body.role]:
        raise Invalid.field("/role", "wrong_kind", "此角色不能设在该类组织")
    person = await _person(session, body)
    if person.id == actor.person_id:
        raise OwnRole
    row = await _held(session, person.id, place.id, body.role, first, last)
    if row is None:
        row = RoleGrant(
            person_id=person.id, role=body.role, organization_id=place.id, valid_from=first
        )
        session.add(row)
    row.valid_to, row.granted_by_id, row.appointment_id = last, actor.person_id, None
    await session.flush()
    _note(session, actor, "role.given", row)
    await session.flush()
    return row


async def end(session: AsyncSession, actor: Actor, role_id: UUID) -> RoleGrant:
    """The role was last held yesterday: it is gone within seconds.

    Raises:
        NotFound: no living role, or not the actor's to see. RoleAbove.
    """
    found = (
        await session.execute(
            select(RoleGrant, Organization)
            .join(Organization, Organization.id == RoleGrant.organization_id)
            .where(
                RoleGrant.id == role_id,
                or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= clock.today()),
                may(P.ORGANIZATION_STAFF),
            )
            .with_for_update(of=RoleGrant),
            actor.binds(),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    row, place = found
    below, own = _levels(actor, place.lineage)
    is_his_own_gift = row.role in own and row.granted_by_id == actor.person_id
    if row.role not in below and not is_his_own_gift:
        raise RoleAbove
    row.valid_to = clock.today() - DAY
    await session.flush()
    _note(session, actor, "role.ended", row)
    await session.flush()
    return row


def offered(actor: Actor, kind: str, lineage: Collection[UUID]) -> tuple[list[Role], list[Role]]:
    """Of the roles that fit a place of this kind: which the actor may give there without end, and
    which, being his own, for stated days only; in the order of the roles."""
    below, own = _levels(actor, lineage)
    fitting = [role for role in Role if kind in KINDS[role]]
    acting = [role for role in fitting if role in own and role not in below]
    return [role for role in fitting if role in below], acting


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """Who holds which role in the organization, now or in days to come; the first given first.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to staff.
    """
    binds = {"organization_id": organization_id}
    container = await CONTAINER.one(reader, actor.binds() | binds)
    if container is None:
        raise NotFound
    require(container["grants"], P.ORGANIZATION_STAFF)
    where = scope("roles", {"o": organization_id})
    key = after(paging, where, UUID)
    rows = await LIST.rows(
        reader,
        binds
        | {"today": clock.today(), "after": key[0] if key else None, "most": paging.limit + 1},
    )
    found = cut(rows, paging, where, "id")
    for row in found.items:
        row["name"] = row["name"] and mask_name(row["name"])
        row["phone"] = row["phone"] and mask_phone(row["phone"])
    return found


def _days(body: RoleIn) -> tuple[date, date | None]:
    today = clock.today()
    first = body.valid_from or today
    if first < today:
        raise Invalid.field("/valid_from", "in_the_past", "起始日期不能早于今天")
    if body.valid_to is not None and body.valid_to < first:
        raise Invalid.field("/valid_to", "before_start", "截止日期不能早于起始日期")
    return first, body.valid_to


def _levels(actor: Actor, lineage: Collection[UUID]) -> tuple[Collection[Role], Collection[Role]]:
    """The roles that the actor may give here without end, and for stated days (his own)."""
    if actor.is_system:
        return frozenset(Role), ()
    above = set(lineage)
    own = {role for role, where in actor.held.items() if role in BELOW and above & set(where)}
    return frozenset[Role]().union(*(BELOW[role] for role in own)), own


def _check_level(actor: Actor, place: Organization, role: Role, last: date | None) -> None:
    below, own = _levels(actor, place.lineage)
    if role in below:
        return
    if role not in own:
        raise RoleAbove
    if last is None:
        raise Invalid.field("/valid_to", "missing", "请他人代理时须填写截止日期")


async def _person(session: AsyncSession, body: RoleIn) -> Person:
    if (body.person_id is None) == (body.phone is None):
        raise Invalid.field("/phone", "one_of_two", "请填写手机号或选择人员，二者取一")
    if body.phone is not None:
        return await _owner(session, body.phone, body.name)
    person = await session.scalar(
        select(Person).where(Person.id == body.person_id, Person.closed_at.is_(None))
    )
    if person is None:
        raise Invalid.field("/person_id", "unknown", "没有此人")
    return person


async def _owner(session: AsyncSession, phone: str, name: str | None) -> Person:
    """Whoever has the phone; else somebody prepared, whom its owner takes over on signing in."""
    if name is None:
        raise Invalid.field("/name", "missing", "必填")
    hashed = fields.find_by(phone)
    person = await session.scalar(select(Person).where(Person.phone_hash == hashed))
    if person is None:
        person = Person(name=name, phone=phone, phone_hash=hashed)
        session.add(person)
        await session.flush()
    return person


async def _held(
    session: AsyncSession,
    person_id: UUID,
    organization_id: UUID,
    role: Role,
    first: date,
    last: date | None,
) -> RoleGrant | None:
    """The row of the same days that was ended early, to be given again; None where there is none.

    Raises:
        RoleHeld: some of these days are given already.
    """
    rows = await session.scalars(
        select(RoleGrant)
        .where(
            RoleGrant.person_id == person_id,
            RoleGrant.organization_id == organization_id,
            RoleGrant.role == role,
        )
        .with_for_update()
    )
    ended = None
    for row in rows:
        begins_in_time = last is None or row.valid_from <= last
        if begins_in_time and (row.valid_to is None or row.valid_to >= first):
            raise RoleHeld
        if row.valid_from == first:
            ended = row
    return ended


def _note(session: AsyncSession, actor: Actor, action: str, row: RoleGrant) -> None:
    audit.operated(
        session,
        actor,
        action,
        subject=("role_grant", row.id),
        organization_id=row.organization_id,
        person_id=str(row.person_id),
        role=row.role.value,
        valid_to=row.valid_to and row.valid_to.isoformat(),
    )


CONTAINER = Prepared(
    select(grants(P.ORGANIZATION_STAFF)).where(
        Organization.id == bindparam("organization_id", type_=Uuid()),
        Organization.closed_on.is_(None),
    )
)
_after = bindparam("after", type_=Uuid())
LIST = Prepared(
    select(
        RoleGrant.id,
        RoleGrant.role,
        RoleGrant.person_id,
        Person.name,
        Person.phone,
        select(WechatAccount.openid)
        .where(WechatAccount.person_id == Person.id)
        .exists()
        .label("has_signed_in"),
        Appointment.post,
        ContentItem.data["name"].astext.label("post_name"),
        RoleGrant.valid_from,
        RoleGrant.valid_to,
    )
    .join(Person, Person.id == RoleGrant.person_id)
    .outerjoin(Appointment, Appointment.id == RoleGrant.appointment_id)
    .outerjoin(
        ContentItem,
        and_(ContentItem.section == "appointments", ContentItem.code == Appointment.post),
    )
    .where(
        RoleGrant.organization_id == bindparam("organization_id", type_=Uuid()),
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= bindparam("today", type_=Date())),
        or_(_after.is_(None), RoleGrant.id > _after),
    )
    .order_by(RoleGrant.id)
    .limit(bindparam("most", type_=Integer()))
)
