"""The steps of a registration, by the employer, the community and the member.

Source: domain.md §3.1, practice.md R12.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock
from app.core.errors import Invalid, NotFound
from app.members import service
from app.members.lifecycle import REGISTRATION, RegistrationAction
from app.members.schemas import ConfirmIn, EndIn, ReturnIn, SuspendIn
from app.models.member import Member, Registration
from app.models.organization import Organization
from app.models.person import Person
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content

P, A = Permission, RegistrationAction


async def confirm(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: ConfirmIn
) -> Registration:
    """The employer says that the member is one of its own; now the community decides.

    Raises:
        NotFound: no such registration to see.
        Forbidden: not of this employer, nor of the district it was handed to.
        BadTransition: it waits for nobody's confirmation.
        Invalid: the branch is not the employer's.
    """
    row, granted = await service.get(session, actor, registration_id, P.REGISTRATION_CONFIRM)
    left = REGISTRATION.move(row, A.CONFIRM, granted)
    values: dict[str, Any] = {"service_state": service.IN_SERVICE}
    if body.branch_id is not None:
        await service.require_branch(session, row.employer_id, body.branch_id)
        values["branch_id"] = body.branch_id
    await _change_line(session, row, **values)
    row.handed_up_at = None
    await service.moved(session, actor, row, A.CONFIRM, left)
    return row


async def return_to_member(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: ReturnIn
) -> Registration:
    """The employer does not confirm, and says why; the member may mend and apply again.

    Raises:
        NotFound, Forbidden, BadTransition: as `confirm`.
        Invalid: no reason of an employer, or its words are missing.
    """
    row, granted = await service.get(session, actor, registration_id, P.REGISTRATION_CONFIRM)
    require(granted, P.REGISTRATION_CONFIRM)
    reason = await return_reason(session, "employer", body.reason_code, body.reason_text)
    left = REGISTRATION.move(row, A.RETURN_TO_MEMBER, granted, reason=reason)
    row.reason_code, row.handed_up_at = body.reason_code, None
    await service.moved(session, actor, row, A.RETURN_TO_MEMBER, left, reason=reason)
    return row


async def return_from_community(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: ReturnIn
) -> Registration:
    """The community sends it back, says why, and may name the right community.

    Raises:
        NotFound, Forbidden, BadTransition: as `accept`.
        Invalid: no reason of a community, its words are missing, or the other one takes no part.
    """
    row, granted = await service.get(session, actor, registration_id, P.REGISTRATION_ACCEPT)
    require(granted, P.REGISTRATION_ACCEPT)
    reason = await return_reason(session, "community", body.reason_code, body.reason_text)
    if body.suggested_community_id is not None:
        await _require_taking_part(session, body.suggested_community_id)
    left = REGISTRATION.move(row, A.RETURN_FROM_COMMUNITY, granted, reason=reason)
    row.reason_code = body.reason_code
    row.suggested_community_id = body.suggested_community_id
    await service.moved(session, actor, row, A.RETURN_FROM_COMMUNITY, left, reason=reason)
    return row


async def withdraw(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """The member takes it back before it was accepted; his line is the employer's again.

    Raises:
        NotFound: no such registration to see.
        Forbidden: somebody else's.
        BadTransition: it was accepted, or is over.
    """
    row, granted = await service.get(session, actor, registration_id, P.REGISTRATION_OWN)
    left = REGISTRATION.move(row, A.WITHDRAW, granted)
    await service.release_line(session, row)
    await service.moved(session, actor, row, A.WITHDRAW, left)
    return row


async def suspend(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: SuspendIn
) -> Registration:
    """A pause that counts for nothing and against nobody; with a last day it ends by itself.

    Raises:
        NotFound, Forbidden, BadTransition: not to be seen; not his to suspend; not active.
        Invalid: no such reason, its words are missing, or the last day is before the first.
    """
    row, granted = await service.get(session, actor, registration_id, P.REGISTRATION_SUSPEND)
    require(granted, P.REGISTRATION_SUSPEND)
    reason = await _reason(
        session, "registration.suspension_reasons", body.reason_code, body.reason_text
    )
    first = body.from_on or clock.today()
    if body.to_on is not None and body.to_on < max(first, clock.today()):
        raise Invalid.field("/to_on", "before_start", "结束日期不能早于开始日期或今天")
    left = REGISTRATION.move(row, A.SUSPEND, granted, reason=reason)
    row.reason_code, row.suspended_from, row.suspended_to = body.reason_code, first, body.to_on
    await service.moved(session, actor, row, A.SUSPEND, left, reason=reason)
    return row


async def resume(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """The pause is over.

    Raises:
        NotFound, Forbidden, BadTransition: not to be seen; not his to resume; not suspended.
    """
    row, granted = await service.get(session, actor, registration_id, P.REGISTRATION_SUSPEND)
    left = REGISTRATION.move(row, A.RESUME, granted)
    row.suspended_to = clock.today()
    await service.moved(session, actor, row, A.RESUME, left)
    return row


async def end(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: EndIn
) -> Registration:
    """The registration is over; its history stays, its documents are void.

    Raises:
        NotFound, Forbidden, BadTransition: not to be seen; not his to end; not registered.
        Invalid: no such reason for this person, or its words are missing.
    """
    row, granted = await service.get(
        session, actor, registration_id, P.REGISTRATION_SUSPEND, P.REGISTRATION_REASON
    )
    require(granted, P.REGISTRATION_SUSPEND)
    section = "registration.end_reasons"
    entry = await content.require(session, section, body.reason_code, pointer="/reason_code")
    is_hidden = "visible_to" in entry and P.REGISTRATION_REASON not in granted
    if is_hidden or body.reason_code == service.WITHDREW_CONSENT:
        raise Invalid.field("/reason_code", "unknown_code", "不在可选范围内")
    reason = _worded(entry, body.reason_code, body.reason_text)
    left = REGISTRATION.move(row, A.END, granted, reason=reason)
    await service.finish(session, row, body.reason_code)
    await service.moved(session, actor, row, A.END, left, reason=reason)
    return row


async def contact(
    session: AsyncSession, actor: Actor, registration_id: UUID, *, reason: str | None
) -> dict[str, str | None]:
    """Name and phone in clear; the look is logged, and shown to the person.

    The community and the leader of the member's group need no reason, his employer does.
    Source: defaults.yaml `unmasking`.

    Raises:
        NotFound: none that the actor may see or call.
        Forbidden: seen, but not to be called.
        Invalid: a reason is needed.
    """
    found = (
        await session.execute(
            select(
                Registration.person_id,
                Member.name,
                Person.phone.label("own_phone"),
                Member.phone.label("roster_phone"),
                grants(P.REGISTRATION_UNMASK, P.REGISTRATION_CONFIRM),
            )
            .join(Member, Member.id == Registration.member_id)
            .outerjoin(Person, Person.id == Registration.person_id)
            .where(
                Registration.id == registration_id,
                or_(may(P.REGISTRATION_READ), may(P.REGISTRATION_UNMASK)),
            ),
            actor.binds(),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    if P.REGISTRATION_UNMASK not in found.grants:
        require(found.grants, P.REGISTRATION_CONFIRM)
        if reason is None:
            raise Invalid.field("/reason", "reason_required", "请说明查看原因")
    audit.looked(
        session,
        actor,
        "name,phone",
        subject=("registration", registration_id),
        owner_id=found.person_id,
        reason=reason,
    )
    await session.flush()
    return {"name": found.name, "phone": found.own_phone or found.roster_phone}


async def _change_line(session: AsyncSession, row: Registration, **values: Any) -> None:
    member = await session.get_one(Member, row.member_id)
    for name, value in values.items():
        setattr(member, name, value)


async def _require_taking_part(session: AsyncSession, community_id: UUID) -> None:
    found = await session.scalar(
        select(Organization.id).where(
            Organization.id == community_id,
            Organization.kind == "community",
            Organization.takes_part,
            Organization.closed_on.is_(None),
        )
    )
    if found is None:
        raise Invalid.field("/suggested_community_id", "not_taking_part", "该社区未参加双报到")


async def return_reason(session: AsyncSession, side: str, code: str, text: str | None) -> str:
    """The reason as the history keeps it; `side`: employer or community.

    Raises:
        Invalid: no reason of this side, or its words are missing.
    """
    entry = await content.require(
        session, "registration.return_reasons", code, pointer="/reason_code"
    )
    if entry["by"] not in (side, "any"):
        raise Invalid.field("/reason_code", "unknown_code", "不在可选范围内")
    return _worded(entry, code, text)


async def _reason(session: AsyncSession, section: str, code: str, text: str | None) -> str:
    entry = await content.require(session, section, code, pointer="/reason_code")
    return _worded(entry, code, text)


def _worded(entry: dict[str, Any], code: str, text: str | None) -> str:
    """The code, and behind a space the words that were added to it."""
    if entry.get("text_required") and text is None:
        raise Invalid.field("/reason_text", "text_required", "请写明原因")
    return code if text is None else f"{code} {text}"
