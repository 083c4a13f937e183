"""Who is told of the steps of a transfer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.members.events import TransferMoved
from app.models.member import Member, Registration, Transfer, TransferKind, TransferStep
from app.models.organization import NamedOrganization
from app.models.person import Role
from app.notifications import service
from app.policies import content

# status entered → the side that must act now; its roles by the kind of transfer
WAITING = {"requested": "from", "out_confirmed": "to"}
ROLES: Mapping[TransferKind, tuple[Role, ...]] = {
    TransferKind.COMMUNITY: (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK),
    TransferKind.EMPLOYER: (Role.EMPLOYER_SECRETARY, Role.EMPLOYER_CLERK),
}
# action → message for the member, and the side that took it
FOR_MEMBER = {
    "take_in": ("transfer_done", "to"),
    "keep": ("registration_returned", "from"),
    "turn_down": ("registration_returned", "to"),
}


async def on_transfer_moved(session: AsyncSession, fact: int, event: TransferMoved) -> None:
    """The side whose turn it is learns that somebody waits; the member, what became of it.

    Of a protected member a community's secretary is told alone.
    """
    if event.status in WAITING:
        await tell_side(session, fact, event.transfer_id, event.status, "registration_waiting")
    elif event.action in FOR_MEMBER:
        row = await _read(session, event.transfer_id)
        message, side = FOR_MEMBER[event.action]
        name = getattr(row, f"{side}_name")
        await service.tell(
            session,
            fact,
            message,
            [event.person_id],
            ("transfer", event.transfer_id),
            community=name,
            organization=name,
            reason=await _why(session, event),
        )


async def tell_side(
    session: AsyncSession, fact: int, transfer_id: UUID, status: str, message: str
) -> None:
    """The side whose turn it is in `status` has the message."""
    row = await _read(session, transfer_id)
    place, roles = getattr(row, f"{WAITING[status]}_id"), ROLES[row.kind]
    if row.is_protected and row.kind is TransferKind.COMMUNITY:
        roles = roles[:1]
    people = await service.holders(session, place, *roles)
    await service.tell(session, fact, message, people, ("transfer", transfer_id), count=1)


Old, New = aliased(NamedOrganization), aliased(NamedOrganization)


async def _read(session: AsyncSession, transfer_id: UUID) -> Any:
    found = await session.execute(
        select(
            Transfer.kind,
            Transfer.from_id,
            Transfer.to_id,
            Old.name.label("from_name"),
            New.name.label("to_name"),
            Member.is_protected,
        )
        .join(Registration, Registration.id == Transfer.registration_id)
        .join(Member, Member.id == Registration.member_id)
        .join(Old, Old.id == Transfer.from_id)
        .join(New, New.id == Transfer.to_id)
        .where(Transfer.id == transfer_id)
    )
    return found.one()


async def _why(session: AsyncSession, event: TransferMoved) -> str | None:
    """The reason in words: the member's own where they were added, else those of the content."""
    reason = await session.scalar(
        select(TransferStep.reason)
        .where(TransferStep.transfer_id == event.transfer_id, TransferStep.action == event.action)
        .limit(1)
    )
    code, _, words = (reason or "").partition(" ")
    entry = await content.find(session, "registration.return_reasons", code) or {}
    return words or entry.get("name")
