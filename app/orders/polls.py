"""Ask first, then name (谁能来): a question to the members of a branch, a group or the community.

An answer promises nothing. Who is named afterwards is asked by the same road as everybody, and may
still decline. Locked in this order: the order, then the poll.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.core.db import made_id
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.deadlines import Deadline
from app.models.member import Registration
from app.models.order import Order
from app.models.organization import Organization
from app.models.poll import Poll, PollAnswer, PollChoice, PollStatus, PollStep
from app.orders import branches, dispatch, eligibility, offers, service
from app.orders.branch_schemas import BranchTakeIn
from app.orders.events import PollMoved
from app.orders.flags import DispatchOnly
from app.orders.lifecycle import ASKED, POLL, PollAction
from app.orders.poll_schemas import PollIn
from app.orders.seats import Closed
from app.organizations import units
from app.permissions import Actor, Permission, grants, may, require
from app.policies import service as policies
from app.rows import get_row

P = Permission
HOURS = "orders.poll_hours"
COMMUNITY = "community"


class AlreadyAsked(Conflict):
    """One open question at a time to the same people about the same service."""

    code, title = "already_asked", "已在询问中，请等待答复或先结束询问"


class NobodyToAsk(Conflict):
    """None of them could come."""

    code, title = "nobody_to_ask", "没有可以询问的党员"


class PollOver(Conflict):
    """The time to answer is over."""

    code, title = "poll_over", "询问已结束"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_polls_open": AlreadyAsked}


async def ask(session: AsyncSession, actor: Actor, order_id: UUID, body: PollIn) -> Poll:
    """Everybody of the unit who could come is asked, until the poll is closed.

    The organiser asks the community or any unit of it; who speaks for a unit asks its members.

    Raises:
        NotFound: no such order for the actor. Forbidden: neither of both.
        NotOfCommunity, Closed, DispatchOnly, AlreadyAsked, NobodyToAsk: see there.
        Invalid: no unit whose members can be asked; an end that is past or after the begin.
    """
    order, granted = await service.get(session, actor, order_id)
    unit = await _unit(session, actor, order, granted, body.organization_id)
    if not offers.is_open(order):
        raise Closed
    if order.is_confidential:
        raise DispatchOnly
    row = Poll(
        order_id=order.id,
        organization_id=unit.id,
        asked_by_id=actor.person_id,
        asked=0,
        closes_at=await _end(session, order, body),
    )
    row.due_at = row.closes_at
    session.add(row)
    await session.flush()
    row.asked = await _call(session, order, unit, row)
    if not row.asked:
        raise NobodyToAsk
    _tell(session, actor, row, ASKED, None)
    await session.flush()
    return row


async def answer(
    session: AsyncSession, actor: Actor, poll_id: UUID, said: PollChoice
) -> PollAnswer:
    """The actor's answer so far; it may change until the poll is closed.

    Raises:
        NotFound: no such poll for the actor. Forbidden: he was not asked.
        PollOver: it is closed, or the service does not take place any more.
    """
    row = (
        await session.execute(
            select(Poll, Order, grants(P.POLL_ANSWER))
            .join(Order, Order.id == Poll.order_id)
            .where(Poll.id == poll_id, may(P.POLL_READ))
            .with_for_update(of=Poll, read=True),  # nobody closes it meanwhile
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, P.POLL_ANSWER)
    poll: Poll = row.Poll
    is_over = poll.status is PollStatus.CLOSED or poll.closes_at <= clock.now()
    if is_over or not offers.is_open(row.Order):
        raise PollOver
    found = await session.scalars(
        update(PollAnswer)
        .where(PollAnswer.poll_id == poll.id, PollAnswer.person_id == actor.person_id)
        .values(answer=said, answered_at=clock.now())
        .returning(PollAnswer)
    )
    return found.one()


async def close(session: AsyncSession, actor: Actor, poll_id: UUID) -> Poll:
    """Nobody answers any more; who asked is told how many can come.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
    """
    poll, granted = await get_row(session, actor, Poll, poll_id, seen=P.POLL_READ, asked=P.POLL_RUN)
    left = POLL.move(poll, PollAction.CLOSE, granted)
    poll.due_at = None
    _tell(session, actor, poll, PollAction.CLOSE, left)
    await session.flush()
    return poll


async def lapse(session: AsyncSession, row: Poll) -> None:
    """The time to answer is over; one that was closed meanwhile is left alone."""
    if row.status is PollStatus.OPEN:
        left = POLL.advance(row, PollAction.CLOSE)
        _tell(session, Actor.system(), row, PollAction.CLOSE, left)


async def name(
    session: AsyncSession, actor: Actor, poll_id: UUID, registration_ids: list[UUID]
) -> list[UUID]:
    """Seats offered to these, who said that they can come: each may accept or decline.

    By the organiser they are invited; by who speaks for the unit they come in its name.

    Raises:
        NotFound, Forbidden: as for the poll.
        Invalid: somebody who has not said yes.
        Closed, Full, NotOfCommunity, CannotCome: as for an invitation, or a branch that takes.
    """
    row = (
        await session.execute(
            select(Order, Poll, grants(P.POLL_RUN), grants(P.ORDER_RUN).label("of_order"))
            .join(Poll, Poll.order_id == Order.id)
            .where(Poll.id == poll_id, may(P.POLL_READ))
            .with_for_update(of=Order),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    order, poll = row.Order, row.Poll
    require(row.grants, P.POLL_RUN)
    willing = await session.scalars(
        select(PollAnswer.registration_id).where(
            PollAnswer.poll_id == poll.id,
            PollAnswer.registration_id.in_(registration_ids),
            PollAnswer.answer == PollChoice.YES,
        )
    )
    able = set(willing)
    for place, one in enumerate(registration_ids):
        if one not in able:
            raise Invalid.field(f"/registration_ids/{place}", "not_yes", "这位党员没有答复能来")
    if P.ORDER_RUN in row.of_order:
        wanted = {f"/registration_ids/{place}": one for place, one in enumerate(registration_ids)}
        return [seat.id for seat in await dispatch.invite(session, actor, order, wanted)]
    body = BranchTakeIn(
        organization_id=poll.organization_id,
        places=len(able),
        registration_ids=registration_ids,
    )
    _, seats = await branches.take_on(session, actor, order, body)
    return [seat.id for seat in seats]


async def _unit(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    granted: list[str],
    organization_id: UUID,
) -> Organization:
    """Whose members are asked: for the organiser also of the whole community."""
    if organization_id == order.community_id:
        require(granted, P.ORDER_RUN)
        return await session.get_one(Organization, organization_id)
    return await units.get(session, actor, order.community_id, organization_id, granted)


async def _end(session: AsyncSession, order: Order, body: PollIn) -> datetime:
    if body.closes_at is None:
        hours = await policies.value(session, order.community_id, HOURS)
        return min(clock.now() + timedelta(hours=hours), order.starts_at)
    if not clock.now() < body.closes_at <= order.starts_at:
        raise Invalid.field("/closes_at", "bad_time", "截止时间须在现在之后、服务开始之前")
    return body.closes_at


async def _call(session: AsyncSession, order: Order, unit: Organization, poll: Poll) -> int:
    """A row for everybody who is asked, in one statement; how many they are."""
    of_unit: ColumnElement[bool] = Registration.community_id == Order.community_id
    if unit.kind != COMMUNITY:
        of_unit = branches.MEMBERS[unit.kind]
    people = (
        select(
            made_id(clock.now()), literal(poll.id, Uuid()), Registration.id, Registration.person_id
        )
        .select_from(Registration)
        .join(Order, Order.id == order.id)
        .join(branches.Unit, branches.Unit.id == unit.id)
        .where(of_unit, branches.NAMEABLE, eligibility.may_be_asked(Registration.person_id))
    )
    columns = ["id", "poll_id", "registration_id", "person_id"]
    made = (
        insert(PollAnswer)
        .from_select(columns, people, include_defaults=False)
        .returning(PollAnswer.id)
        .cte("made")
    )
    return await session.scalar(select(func.count()).select_from(made)) or 0


def _tell(
    session: AsyncSession, actor: Actor, row: Poll, action: str, left: PollStatus | None
) -> None:
    session.add(
        PollStep(
            poll_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
        )
    )
    events.record(
        session,
        PollMoved(poll_id=row.id, order_id=row.order_id, action=action, status=row.status),
    )


DEADLINES = (Deadline(Poll, lapse),)
