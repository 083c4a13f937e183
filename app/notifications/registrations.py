"""Who is told of the steps of a registration."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.members.events import RegistrationMoved
from app.models.member import Registration
from app.models.organization import Organization
from app.models.person import Role
from app.notifications import service

# status entered → message for those who must act now, and their roles
WAITING = {
    "pending_community": (
        "registration_waiting",
        (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK),
    ),
    "pending_employer": (
        "roster_member_waiting",
        (Role.EMPLOYER_SECRETARY, Role.EMPLOYER_CLERK),
    ),
}
RETURNED = {"returned_by_employer", "returned_by_community"}


async def on_registration_moved(session: AsyncSession, fact: int, event: RegistrationMoved) -> None:
    """The member learns what became of it; community or employer, that somebody waits."""
    row = await _read(session, event)
    subject = ("registration", event.registration_id)
    if event.status in WAITING:
        message, roles = WAITING[event.status]
        place = row.community_id if event.status == "pending_community" else row.employer_id
        people = await service.holders(session, place, *roles)
        await service.tell(session, fact, message, people, subject, count=1)
    elif event.action == "accept":
        await service.tell(
            session,
            fact,
            "registration_accepted",
            [event.person_id],
            subject,
            community=row.community_name,
            group=row.group_name,
            receipt_number=row.receipt_number,
        )
    elif event.status in RETURNED:
        by_employer = event.status == "returned_by_employer"
        await service.tell(
            session,
            fact,
            "registration_returned",
            [event.person_id],
            subject,
            organization=row.employer_name if by_employer else row.community_name,
            reason=row.reason_code,
        )


async def _read(session: AsyncSession, event: RegistrationMoved) -> Any:
    community, employer, branch, group = (aliased(Organization) for _ in range(4))
    found = await session.execute(
        select(
            Registration.community_id,
            Registration.employer_id,
            Registration.receipt_number,
            Registration.reason_code,
            community.name.label("community_name"),
            employer.name.label("employer_name"),
            func.coalesce(group.name, branch.name).label("group_name"),
        )
        .join(community, community.id == Registration.community_id)
        .join(employer, employer.id == Registration.employer_id)
        .outerjoin(branch, branch.id == Registration.functional_branch_id)
        .outerjoin(group, group.id == Registration.functional_group_id)
        .where(Registration.id == event.registration_id)
    )
    return found.one()
