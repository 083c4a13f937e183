"""An employer confirms a page of its members at once. Source: domain.md §3.1, practice.md R12."""

from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import AppError, Forbidden, NotFound
from app.members import service
from app.members.lifecycle import REGISTRATION, RegistrationAction
from app.models.member import Member, Registration
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, may
from app.policies.service import value_at

P, A = Permission, RegistrationAction


async def confirm_many(
    session: AsyncSession, actor: Actor, organization_id: UUID, ids: list[UUID]
) -> dict[UUID, str | None]:
    """Each of `ids` is the employer's own, in the branch that its member has named; now its community
    decides. Or the code of why not.

    All are locked in the order of their ids.

    Raises:
        NotFound, Forbidden: no such organization; neither the employer's people nor its district's.
    """
    await _require_mine(session, actor, organization_id)
    rows = await session.execute(
        select(
            Registration,
            Member,
            value_at(Registration.community_id, service.COMMUNITY_DAYS).label("waits"),
            grants(P.REGISTRATION_CONFIRM),
        )
        .join(Member, Member.id == Registration.member_id)
        .join(Organization, Organization.id == Registration.employer_id)
        .where(
            Registration.id.in_(ids),
            any_(Organization.lineage) == organization_id,
            may(P.REGISTRATION_READ),
        )
        .order_by(Registration.id)
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True),
        actor.binds() | {"today": clock.today()},
    )
    answers: dict[UUID, str | None] = dict.fromkeys(ids, NotFound.code)
    for row, member, waits, granted in rows:
        try:
            left = REGISTRATION.move(row, A.CONFIRM, granted)
        except AppError as refused:
            answers[row.id] = refused.code
            continue
        member.service_state, row.handed_up_at = service.IN_SERVICE, None
        service.set_clock(row, waits)
        service.note(session, actor, row, A.CONFIRM, left)
        answers[row.id] = None
    await session.flush()
    return answers


async def _require_mine(session: AsyncSession, actor: Actor, organization_id: UUID) -> None:
    granted = await session.scalar(
        select(grants(P.EMPLOYER_ROSTER, P.EMPLOYER_CHECKS)).where(
            Organization.id == organization_id
        ),
        actor.binds(),
    )
    if granted is None:
        raise NotFound
    if not granted:
        raise Forbidden
