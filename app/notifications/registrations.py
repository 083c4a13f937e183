"""Who is told of the steps of a registration."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.members.events import RegistrationMoved, RegistrationReminded
from app.models.member import Member, Registration, RegistrationStep
from app.models.organization import NamedOrganization
from app.models.person import Role
from app.notifications import service
from app.policies import content

# for whom it waits → the message, and the roles of those who must act now
WAITING = {
    "community": ("registration_waiting", (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)),
    "employer": ("roster_member_waiting", (Role.EMPLOYER_SECRETARY, Role.EMPLOYER_CLERK)),
    "district": ("employer_silent", (Role.DISTRICT_ADMIN,)),
}
WAITS_FOR = {"pending_community": "community", "pending_employer": "employer"}
RETURNED = {"returned_by_employer", "returned_by_community"}


async def on_registration_moved(session: AsyncSession, fact: int, event: RegistrationMoved) -> None:
    """The member learns what became of it; community or employer, that somebody waits."""
    row = await _read(session, event.registration_id)
    subject = ("registration", event.registration_id)
    if event.status in WAITS_FOR:
        await _tell_waiting(session, fact, event.registration_id, row, WAITS_FOR[event.status])
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
            reason=await _reason(session, event),
        )


async def on_registration_reminded(
    session: AsyncSession, fact: int, event: RegistrationReminded
) -> None:
    """Whoever it waits for is told again; when the employer stays silent, the district."""
    row = await _read(session, event.registration_id)
    await _tell_waiting(session, fact, event.registration_id, row, event.waits_for)


async def _tell_waiting(
    session: AsyncSession, fact: int, registration_id: UUID, row: Any, waits_for: str
) -> None:
    """Those who must act; of a protected member a community's secretary alone."""
    message, roles = WAITING[waits_for]
    if waits_for == "district":
        people = await service.holders_above(session, row.employer_id, *roles)
    elif waits_for == "employer":
        people = await service.holders(session, row.employer_id, *roles)
    else:
        roles = roles[:1] if row.is_protected else roles
        people = await service.holders(session, row.community_id, *roles)
    subject = ("registration", registration_id)
    await service.tell(session, fact, message, people, subject, count=1, employer=row.employer_name)


async def _reason(session: AsyncSession, event: RegistrationMoved) -> str | None:
    """Why it was returned: in the words that were added, else those of the content."""
    said = await session.scalar(
        select(RegistrationStep.reason)
        .where(
            RegistrationStep.registration_id == event.registration_id,
            RegistrationStep.action == event.action,
        )
        .order_by(RegistrationStep.at.desc())
        .limit(1)
    )
    code, _, words = (said or "").partition(" ")
    entry = await content.find(session, "registration.return_reasons", code) or {}
    return words or entry.get("name")


Community, Employer, Branch, Group = (aliased(NamedOrganization) for _ in range(4))


async def _read(session: AsyncSession, registration_id: UUID) -> Any:
    found = await session.execute(
        select(
            Registration.community_id,
            Registration.employer_id,
            Registration.receipt_number,
            Member.is_protected,
            Community.name.label("community_name"),
            Employer.name.label("employer_name"),
            func.coalesce(Group.name, Branch.name).label("group_name"),
        )
        .join(Member, Member.id == Registration.member_id)
        .join(Community, Community.id == Registration.community_id)
        .join(Employer, Employer.id == Registration.employer_id)
        .outerjoin(Branch, Branch.id == Registration.functional_branch_id)
        .outerjoin(Group, Group.id == Registration.functional_group_id)
        .where(Registration.id == registration_id)
    )
    return found.one()
