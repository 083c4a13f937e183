"""What a community's own people enter: registrations at the counter and on paper, buildings named.

All channels are equal in every figure and right. Source: practice.md R12.
"""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app import audit
from app.core import clock, fields, ids
from app.core.errors import Invalid, NotFound
from app.members import applications, placing, service
from app.members.schemas import CounterIn, Ground, PaperIn, RegistrationAcceptIn
from app.models.member import Member, MemberSource, Registration, RegistrationStatus
from app.models.organization import NamedOrganization, Organization
from app.permissions import Actor, Permission, grants, require

P, S = Permission, RegistrationStatus
OVER = (S.WITHDRAWN, S.ENDED)
AT_COUNTER, PAPER_ONLY = "at_counter", "paper_only"

Building = aliased(NamedOrganization)


async def register(
    session: AsyncSession, actor: Actor, community_id: UUID, body: CounterIn
) -> Registration:
    """Entered from the employer's certificate: active at once, with its receipt to be printed.

    Raises:
        NotFound, Forbidden: no such community; not its clerk.
        Invalid: place, skills, employer or branch are wrong; the phone is another one's.
        AlreadyRegistered: the line has a living registration (by the database).
    """
    granted = await _require_register(session, actor, community_id)
    if body.community_id != community_id:
        raise Invalid.field("/community_id", "other_community", "只能办理本社区的报到")
    found = await placing.named(
        session,
        body.employer_id,
        body.branch_id,
        body.community_id,
        body.compound_id,
        body.building_id,
    )
    placing.require_employer(found, body.employer_id, pointer="/employer_id")
    placing.require_branch(found, body.branch_id, pointer="/branch_id")
    await applications.check_codes(session, body.skills, body.availability)
    placing.check(found, body)
    member = await _line_by_phone(session, body)
    _require_sight(member, granted)
    row = _registration(member, community_id, AT_COUNTER, body.ground)
    row.skills, row.availability = body.skills, body.availability
    applications.put(row, body)
    placed = await placing.place(session, community_id, body.building_id, RegistrationAcceptIn())
    return await _enter(session, actor, row, member, placed)


async def register_on_paper(
    session: AsyncSession, actor: Actor, community_id: UUID, body: PaperIn
) -> Registration:
    """Name, employer and receipt number: no phone, no address, and on no list.

    Raises:
        NotFound, Forbidden: no such community; not its clerk.
        Invalid: no such employer; one of this name is registered, and nobody said it is another.
    """
    granted = await _require_register(session, actor, community_id)
    found = await placing.named(session, body.employer_id)
    placing.require_employer(found, body.employer_id, pointer="/employer_id")
    member = await _line_by_name(session, body)
    _require_sight(member, granted)
    row = _registration(member, community_id, PAPER_ONLY, Ground.RESIDENCE)
    return await _enter(session, actor, row, member, placing.Placed(None, None, None))


async def map_buildings(
    session: AsyncSession, actor: Actor, community_id: UUID, *, text: str, building_id: UUID
) -> int:
    """All registrations of the community that wrote `text` live in the building; how many.

    Their grid and group stay as they were accepted.

    Raises:
        NotFound, Forbidden: no such community; not its clerk.
        Invalid: the building is not the community's.
    """
    await _require_register(session, actor, community_id)
    compound = (
        await session.execute(
            select(Building.id, Building.compound_id).where(
                Building.id == building_id,
                Building.kind == "building",
                Building.lineage.contains([community_id]),
                Building.closed_on.is_(None),
            )
        )
    ).one_or_none()
    if compound is None:
        raise Invalid.field("/building_id", "not_of_community", "不属于本社区，请重新选择")
    changed = await session.execute(
        update(Registration)
        .where(
            Registration.community_id == community_id,
            Registration.building_text == text,
            Registration.building_id.is_(None),
        )
        .values(
            building_id=building_id,
            compound_id=compound.compound_id,
            building_text=None,
            version=Registration.version + 1,
        )
        .returning(Registration.id)
        .execution_options(synchronize_session=False)
    )
    count = len(changed.all())
    audit.operated(
        session,
        actor,
        "registrations.building_mapped",
        subject=("organization", building_id),
        organization_id=community_id,
        changed=count,
    )
    await session.flush()
    return count


async def _require_register(session: AsyncSession, actor: Actor, community_id: UUID) -> list[str]:
    granted: list[str] | None = await session.scalar(
        select(grants(P.COMMUNITY_REGISTER, P.COMMUNITY_PROTECTED)).where(
            Organization.id == community_id,
            Organization.kind == "community",
            Organization.takes_part,
            Organization.closed_on.is_(None),
        ),
        actor.binds(),
    )
    if granted is None:
        raise NotFound
    require(granted, P.COMMUNITY_REGISTER)
    return granted


def _require_sight(member: Member, granted: list[str]) -> None:
    """A protected member is entered by the secretary."""
    if member.is_protected:
        require(granted, P.COMMUNITY_PROTECTED)


def _registration(member: Member, community_id: UUID, channel: str, ground: str) -> Registration:
    return Registration(
        id=ids.new_id(),
        member_id=member.id,
        person_id=None if channel == PAPER_ONLY else member.person_id,
        employer_id=member.employer_id,
        community_id=community_id,
        channel=channel,
        ground=ground,
        status=S.ACTIVE,
        submitted_at=clock.now(),
    )


async def _enter(
    session: AsyncSession,
    actor: Actor,
    row: Registration,
    member: Member,
    placed: placing.Placed,
) -> Registration:
    service.confirm_line(member)
    with session.no_autoflush:  # row and line are written once
        await service.enter(session, [(row, placed)], certified=row.channel != PAPER_ONLY)
    session.add(row)
    await service.moved(session, actor, row, "enter", None)
    return row


async def _line_by_phone(session: AsyncSession, body: CounterIn) -> Member:
    """The employer's line with this phone, or a new one."""
    name = applications.plain_name(body.name)
    member = await session.scalar(
        select(Member)
        .where(
            Member.employer_id == body.employer_id,
            Member.phone_hash == fields.find_by(body.phone),
            Member.left_on.is_(None),
        )
        .with_for_update()
    )
    if member is None:
        return await _new_line(session, body.employer_id, name, body.phone, body.branch_id)
    if member.name_hash != fields.find_by(name):
        raise Invalid.field("/phone", "phone_of_another", "该手机号在单位名册中是另一人，请核对")
    return member


async def _line_by_name(session: AsyncSession, body: PaperIn) -> Member:
    """The employer's only line of this name that is not registered, or a new one."""
    name = applications.plain_name(body.name)
    is_registered = (
        select(Registration.id)
        .where(Registration.member_id == Member.id, Registration.status.not_in(OVER))
        .exists()
    )
    rows = (
        await session.execute(
            select(Member, is_registered.label("is_registered"))
            .where(
                Member.employer_id == body.employer_id,
                Member.name_hash == fields.find_by(name),
                Member.left_on.is_(None),
            )
            .order_by(Member.id)
            .with_for_update(of=Member)
        )
    ).all()
    if any(row.is_registered for row in rows) and not body.is_another:
        raise Invalid.field("/is_another", "same_name", "该单位已有同名党员报到，确属另一人请确认")
    free: list[Member] = [row.Member for row in rows if not row.is_registered]
    if len(free) == 1:
        return free[0]
    return await _new_line(session, body.employer_id, name, None, None)


async def _new_line(
    session: AsyncSession,
    employer_id: UUID,
    name: str,
    phone: str | None,
    branch_id: UUID | None,
) -> Member:
    member = Member(
        employer_id=employer_id,
        branch_id=branch_id,
        source=MemberSource.PAPER if phone is None else MemberSource.COUNTER,
        name=name,
        name_hash=fields.find_by(name),
        phone=phone,
        phone_hash=None if phone is None else fields.find_by(phone),
    )
    session.add(member)
    await session.flush()
    return member
