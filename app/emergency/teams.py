"""Teams for a shift: one starts, others join or leave, the team stands when its number is reached.

Then all its places are taken in one transaction, and every member is checked like a person who
claims. Who does not fit any more is left out and told; the team forms on. The shift is locked
before its teams, and these before the people. Source: practice.md R4, defaults.yaml
`emergency.claim_forms`.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.emergency import forming, limits, seats, waiting
from app.emergency.lifecycle import (
    CLAIMED,
    DROPPED,
    JOINED,
    LEFT,
    SHIFT_TEAM,
    STARTED,
    ShiftTeamAction,
)
from app.emergency.waiting import Waiting
from app.lifecycle import BadTransition
from app.models.emergency import CallUp, Reply, Shift
from app.models.member import Registration, RegistrationStatus
from app.models.shift_team import ShiftTeam, TeamMember, TeamStatus
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content

P, A = Permission, ShiftTeamAction
ENDED = "not_registered"  # why somebody was left out, beside the codes of `limits`


class InTeam(Conflict):
    """Nobody waits in two teams of one shift."""

    code, title = "in_team", "您已在该班次的一个组团中"


class NotInTeam(Conflict):
    """Only who is in a team leaves it."""

    code, title = "not_in_team", "您不在该组团中"


async def start(session: AsyncSession, actor: Actor, shift_id: UUID, wanted: int) -> ShiftTeam:
    """The actor waits for `wanted` - 1 others; no place is kept until they are enough.

    Raises:
        NotFound: no such shift for the actor.
        NotCalled, Closed, Held, Full: as for who claims alone, for so many places.
        InTeam: by the constraint.
        AlreadyThere, Tired, LiveLimit, WeekLimit, Overlaps: as for who claims alone.
    """
    row = await _enter(
        session, actor, _entering(actor).where(Shift.id == shift_id).with_for_update(of=Shift)
    )
    shift, registration = row.Shift, row.Registration
    if shift.taken + wanted > shift.seats:
        raise seats.Full
    await limits.check(session, row.CallUp, shift, [registration.person_id])
    found = await content.section(session, "emergency")
    due_at = shift.starts_at - timedelta(minutes=found["team_up_minutes_before"]["value"])
    team = ShiftTeam(
        id=ids.new_id(),
        shift_id=shift.id,
        leader_id=registration.person_id,
        wanted=wanted,
        members=1,
        status=TeamStatus.FORMING,
        due_at=due_at if due_at > clock.now() else shift.starts_at,
    )
    session.add_all([team, _member(team, registration)])
    forming.tell(session, actor, team, STARTED, None)
    await session.flush()
    return team


async def join(session: AsyncSession, actor: Actor, team_id: UUID) -> ShiftTeam:
    """The actor is in the team; with the last one wanted it stands. A second tap changes nothing.

    Raises:
        NotFound: no such team for the actor. BadTransition: it forms no more.
        NotCalled, Closed, Held, InTeam, AlreadyThere, Tired, LiveLimit, WeekLimit, Overlaps: as
            for who starts one.
        Full: it would stand now, and the shift has not so many places left.
    """
    row = await _enter(
        session,
        actor,
        _entering(actor)
        .add_columns(ShiftTeam)
        .join(ShiftTeam, ShiftTeam.shift_id == Shift.id)
        .where(ShiftTeam.id == team_id)
        .with_for_update(of=[Shift, ShiftTeam]),
    )
    team: ShiftTeam = row.ShiftTeam
    if team.status is not TeamStatus.FORMING:
        raise BadTransition
    there = await waiting.of(session, team)
    if any(one.member.person_id == row.Registration.person_id for one in there):
        return team
    own = _member(team, row.Registration)
    session.add(own)
    await session.flush()
    team.members += 1
    forming.tell(session, actor, team, JOINED, team.status)
    with session.no_autoflush:  # every row is written once
        if team.members < team.wanted:
            await limits.check(session, row.CallUp, row.Shift, [own.person_id])
        else:
            there.append(Waiting(own, row.Registration))
            await _stand(session, actor, row.CallUp, row.Shift, team, there)
    await session.flush()
    return team


async def leave(session: AsyncSession, actor: Actor, team_id: UUID) -> ShiftTeam:
    """The actor waits no more; who was there longest leads then, and of nobody's team nothing is.

    Raises:
        NotFound: no such team for the actor. BadTransition: it forms no more. NotInTeam: see there.
    """
    await seats.lock_shift(session, actor, _shift_of(team_id))
    team = await session.get_one(ShiftTeam, team_id, with_for_update=True)
    if team.status is not TeamStatus.FORMING:
        raise BadTransition
    rows = [one.member for one in await waiting.of(session, team)]
    own = next((row for row in rows if row.person_id == actor.person_id), None)
    if own is None:
        raise NotInTeam
    await _let_go(session, actor, team, rows, own, LEFT)
    await session.flush()
    return team


async def merge(session: AsyncSession, actor: Actor, team_id: UUID, into_id: UUID) -> ShiftTeam:
    """All of the actor's team are in the other one, which stands if they are enough; that other one.

    Who is too many for its number makes the number greater. Everybody in either may still leave.

    Raises:
        NotFound: no such team for the actor. Forbidden: he does not lead it.
        Invalid: a team of another shift, or itself. BadTransition: one of the two forms no more.
        Closed, Held: as for who joins. Full: together they are more than there are places.
        WeekLimit, Overlaps: as for a block.
    """
    found = await session.execute(
        select(Shift, CallUp, ShiftTeam, grants(P.SHIFT_TEAM_LEAD))
        .join(CallUp, CallUp.id == Shift.call_up_id)
        .join(ShiftTeam, ShiftTeam.shift_id == Shift.id)
        .where(
            Shift.id == _shift_of(team_id),
            ShiftTeam.id.in_([team_id, into_id]),
            may(P.CALL_UP_READ),
        )
        .order_by(ShiftTeam.id)
        .with_for_update(of=[Shift, ShiftTeam]),
        actor.binds(),
    )
    teams = {row.ShiftTeam.id: row for row in found}
    if team_id not in teams:
        raise NotFound
    require(teams[team_id].grants, P.SHIFT_TEAM_LEAD)
    shift: Shift = teams[team_id].Shift
    _check_open(shift)
    if team_id == into_id or into_id not in teams:
        raise Invalid.field("/into_id", "not_of_shift", "不是同一班次的另一组团")
    team: ShiftTeam = teams[team_id].ShiftTeam
    into: ShiftTeam = teams[into_id].ShiftTeam
    left = SHIFT_TEAM.move(team, A.MERGE, teams[team_id].grants)
    if into.status is not TeamStatus.FORMING:
        raise BadTransition
    together = into.members + team.members
    if shift.taken + max(together, into.wanted) > shift.seats:
        raise seats.Full
    into.wanted, into.members = max(together, into.wanted), together
    team.merged_into_id, team.members, team.due_at = into.id, 0, None
    forming.tell(session, actor, team, A.MERGE, left)
    with session.no_autoflush:  # every row is written once
        there = await waiting.of(session, team, into)
        if together < into.wanted:
            await waiting.put(session, there, into, is_open=True)
        else:
            await _stand(session, actor, teams[team_id].CallUp, shift, into, there)
    await session.flush()
    return into


async def _stand(
    session: AsyncSession,
    actor: Actor,
    call_up: CallUp,
    shift: Shift,
    team: ShiftTeam,
    there: Sequence[Waiting],
) -> None:
    """The team has its places, or is without those who do not fit any more."""
    rows = [one.member for one in there]
    unfit = await limits.unfit(session, call_up, shift, [row.person_id for row in rows])
    if actor.person_id in unfit:
        raise unfit[actor.person_id]
    out = [one.member for one in there if one.registration is None or one.member.person_id in unfit]
    if out:
        await waiting.put(session, there, team, is_open=True)
        for row in out:
            reason = unfit[row.person_id].code if row.person_id in unfit else ENDED
            await _let_go(session, actor, team, rows, row, DROPPED, reason=reason)
            rows.remove(row)
        return
    if shift.taken + team.members > shift.seats:
        raise seats.Full
    shift.taken += team.members
    team.due_at = None
    forming.tell(session, actor, team, A.STAND, SHIFT_TEAM.advance(team, A.STAND))
    await waiting.put(session, there, team, is_open=False)
    coming = sorted(
        (one.registration for one in there if one.registration is not None),
        key=lambda registration: str(registration.person_id),
    )
    await seats.hold(session, actor, call_up, shift, coming, CLAIMED)


async def _let_go(
    session: AsyncSession,
    actor: Actor,
    team: ShiftTeam,
    rows: list[TeamMember],
    gone: TeamMember,
    action: str,
    *,
    reason: str | None = None,
) -> None:
    gone.is_open, gone.left_at = False, clock.now()
    team.members -= 1
    staying = [row for row in rows if row is not gone]
    if gone.person_id == team.leader_id and staying:
        team.leader_id = staying[0].person_id
    forming.tell(session, actor, team, action, team.status, person_id=gone.person_id, reason=reason)
    if not staying:
        team.due_at = None
        forming.tell(session, actor, team, A.DISSOLVE, SHIFT_TEAM.advance(team, A.DISSOLVE))


def _entering(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Shifts that the actor may see, with their call-ups and as whom he was called."""
    return (
        select(Shift, CallUp, Registration)
        .join(CallUp, CallUp.id == Shift.call_up_id)
        .outerjoin(Reply, and_(Reply.call_up_id == CallUp.id, Reply.person_id == actor.person_id))
        .outerjoin(
            Registration,
            and_(
                Registration.id == Reply.registration_id,
                Registration.status == RegistrationStatus.ACTIVE,
            ),
        )
        .where(may(P.CALL_UP_READ))
    )


async def _enter(session: AsyncSession, actor: Actor, wanted: Select[*tuple[Any, ...]]) -> Any:
    """The shift that is wanted (one of `_entering`), if it is open to teams and the actor called."""
    row = (await session.execute(wanted, actor.binds())).first()
    if row is None:
        raise NotFound
    if row.Registration is None:
        raise seats.NotCalled
    _check_open(row.Shift)
    return row


def _check_open(shift: Shift) -> None:
    if not shift.is_open or shift.starts_at <= clock.now():
        raise seats.Closed
    if shift.holder_id is not None:
        raise seats.Held


def _shift_of(team_id: UUID) -> ScalarSelect[UUID]:
    return select(ShiftTeam.shift_id).where(ShiftTeam.id == team_id).scalar_subquery()


def _member(team: ShiftTeam, registration: Registration) -> TeamMember:
    return TeamMember(
        shift_team_id=team.id,
        shift_id=team.shift_id,
        person_id=registration.person_id,
        registration_id=registration.id,
    )


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_shift_team_members_open": InTeam}
