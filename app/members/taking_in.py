"""The new side takes a member in: the old registration ends, a new one is active and numbered.

Locked in this order: the registration, its transfer, roster lines by their ids, the series of numbers.
Source: domain.md §3.10, practice.md R12.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.core.errors import Conflict, Invalid, NotFound
from app.lifecycle import BadTransition
from app.members import placing, service, transfers
from app.members.lifecycle import REGISTRATION, TRANSFER, RegistrationAction, TransferAction
from app.members.placing import Placed
from app.members.schemas import RegistrationAcceptIn
from app.members.transfer_schemas import TakeInIn
from app.models.member import Member, Registration, RegistrationStatus, Transfer, TransferKind
from app.permissions import Actor

S, A, TA = RegistrationStatus, RegistrationAction, TransferAction
CARRIED = ("person_id", "skills", "availability")


class LineGone(Conflict):
    """The new employer's line is no longer there, or is somebody else's."""

    code, title = "line_gone", "单位名册中已没有这名党员，请退回后由本人重新申请"


async def take_in(
    session: AsyncSession, actor: Actor, transfer_id: UUID, body: TakeInIn
) -> Transfer:
    """From today the member is registered on the new side, with certificate, receipt and codes.

    Raises:
        NotFound: no such transfer to see.
        Forbidden: not of the new side; a protected member is the secretary's alone.
        BadTransition: it does not wait for the new side, or the registration is not active any more.
        Invalid: grid, branch or group are not the community's, or the branch not the employer's.
        LineGone: the employer's line has left, or is somebody else's.
    """
    found = await _get_with_lines(session, actor, transfer_id, body.branch_id)
    row, old = found.row, found.old
    left = TRANSFER.move(row, TA.TAKE_IN, found.grants)
    if old.status != S.ACTIVE:
        raise BadTransition
    with session.no_autoflush:  # all that changes is written together
        if row.kind is TransferKind.COMMUNITY:
            new = await _into_community(session, actor, found, body)
        else:
            new = await _into_employer(session, actor, found, body)
    row.new_registration_id = new.id
    await transfers.moved(session, actor, row, old.person_id, TA.TAKE_IN, left)
    return row


class Found(NamedTuple):
    """A transfer, the registration it leaves and the roster lines of both sides by id, all locked.

    `is_branch`: the branch that was named is the new employer's.
    """

    row: Transfer
    old: Registration
    lines: Mapping[UUID | None, Member]
    grants: list[str]
    is_branch: bool


async def _get_with_lines(
    session: AsyncSession, actor: Actor, transfer_id: UUID, branch_id: UUID | None
) -> Found:
    """As `get`, with the lines; one statement."""
    rows = await session.execute(
        transfers.FOUND.add_columns(
            Member, placing.is_branch(Transfer.to_id, branch_id).label("is_branch")
        )
        .join(Member, or_(Member.id == Registration.member_id, Member.id == Transfer.new_member_id))
        .where(Transfer.id == transfer_id)
        .order_by(Member.id)
        .with_for_update(of=[Registration, Transfer, Member])
        .execution_options(populate_existing=True),
        actor.binds(),
    )
    found = rows.all()
    if not found:
        raise NotFound
    lines = {each.Member.id: each.Member for each in found}
    first = found[0]
    return Found(first.Transfer, first.Registration, lines, first.grants, first.is_branch)


async def _into_community(
    session: AsyncSession, actor: Actor, found: Found, body: TakeInIn
) -> Registration:
    row, old = found.row, found.old
    if body.branch_id is not None:
        raise Invalid.field("/branch_id", "not_yours", "名册中的党支部由单位更正")
    chosen = RegistrationAcceptIn.model_validate(body.model_dump(exclude={"branch_id"}))
    placed = await placing.place(session, row.to_id, row.building_id, chosen)
    line = found.lines[old.member_id]
    there = {"employer_id": old.employer_id, "community_id": row.to_id}
    there |= {name: getattr(row, name) for name in transfers.PLACED}
    return await _renew(session, actor, found, (service.MOVED, line, placed), there)


async def _into_employer(
    session: AsyncSession, actor: Actor, found: Found, body: TakeInIn
) -> Registration:
    """The same place in the same community; the line of the new employer is the person's."""
    row, old = found.row, found.old
    for name in placing.KINDS:
        if getattr(body, name) is not None:
            raise Invalid.field(f"/{name}", "not_yours", "编组由社区办理")
    if body.branch_id is not None and not found.is_branch:
        raise placing.not_of_employer("/branch_id")
    line = await _change_lines(session, found)
    line.branch_id = body.branch_id or line.branch_id
    there = {"employer_id": row.to_id, "community_id": old.community_id}
    there |= {name: getattr(old, name) for name in transfers.PLACED}
    placed = Placed(old.grid_id, old.functional_branch_id, old.functional_group_id)
    return await _renew(session, actor, found, (service.CHANGED_EMPLOYER, line, placed), there)


async def _change_lines(session: AsyncSession, found: Found) -> Member:
    """The old line has left; it is written first, for a person has one living line."""
    former, line = found.lines[found.old.member_id], found.lines[found.row.new_member_id]
    if line.left_on is not None or line.person_id not in (None, found.old.person_id):
        raise LineGone
    await session.execute(
        update(Member)
        .where(Member.id == former.id, Member.left_on.is_(None))
        .values(left_on=clock.today(), version=Member.version + 1)
    )
    line.person_id = found.old.person_id
    return line


async def _renew(
    session: AsyncSession,
    actor: Actor,
    found: Found,
    taken: tuple[str, Member, Placed],
    there: Mapping[str, Any],
) -> Registration:
    """The old registration ended for its reason, the new one active and numbered.

    A flush writes what has changed before what is new, so a person and a line have one living
    registration at a time.
    """
    old, (reason, line, placed) = found.old, taken
    service.confirm_line(line)
    left = REGISTRATION.advance(old, A.END, reason=reason)
    old.ended_on, old.reason_code = clock.today(), reason
    service.set_clock(old)
    service.note(session, actor, old, A.END, left, reason=reason)
    new = Registration(
        id=ids.new_id(),
        member_id=line.id,
        channel="online",
        status=S.ACTIVE,
        submitted_at=found.row.created_at,
        **{name: getattr(old, name) for name in CARRIED},
        **there,
    )
    await service.enter(session, [(new, placed)], replaces=old.id)
    session.add(new)
    service.note(session, actor, new, "transfer", None)
    return new
