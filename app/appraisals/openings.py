"""Who rated, opened by two people of the named roles together, for a short time and with a reason.

One asks, another agrees; each look is in the access log of every rater, and each rater is told.
Ballots on paper have no rater. Source: practice.md R24; policy `evaluation.rater_identity_opened_by`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit, events
from app.appraisals.events import OpeningMoved
from app.appraisals.lifecycle import ASKED, LOOKED, OPENING, OpeningAction
from app.appraisals.opening_schemas import OpeningIn
from app.core import clock
from app.core.errors import AppError, Conflict, Forbidden, Invalid
from app.deadlines import Deadline
from app.identity import people
from app.models.appraisal import (
    AppraisalAnswer,
    AppraisalBallot,
    AppraisalRater,
    OpeningSource,
    OpeningStatus,
    RaterOpening,
    RaterOpeningStep,
)
from app.models.evaluation import EvaluationCycle
from app.models.member import Registration
from app.models.person import Person
from app.models.record import ServiceRecord
from app.models.report import Rating
from app.organizations.rights import require_in
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.rows import get_row

P, B, S = Permission, OpeningAction, OpeningStatus
ASK_DAYS, OPEN_HOURS = "evaluation.rater_ask_days", "evaluation.rater_open_hours"
FIELDS = "rater"
VOTES = (AppraisalAnswer.SATISFIED, AppraisalAnswer.FAIR, AppraisalAnswer.UNSATISFIED)


class OpeningLives(Conflict):
    """The same is asked or open already."""

    code, title = "opening_lives", "同一事项已在申请或查看中"


class TwoNeeded(Conflict):
    """Who asks does not agree himself, and nobody opens who rated himself."""

    code, title = "two_needed", "须由另一人同意，且不得查看对本人的评价"


class NotOfTheTwo(Forbidden):
    """Only who asked and who agreed look."""

    code, title = "not_of_the_two", "只有申请人和同意人可以查看"


class NotOpen(Conflict):
    """Nobody has agreed yet, or the time is over."""

    code, title = "not_open", "未经同意或已超过查看时限"


class BallotsErased(Conflict):
    """The months for which single ballots are kept are over: nobody can be told who rated."""

    code, title = "ballots_erased", "单张评议票已按期限删除，只保留汇总"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_rater_openings_living": OpeningLives}


class Opened(NamedTuple):
    """One rater, by name."""

    rater_id: UUID
    name: str
    answer: str
    given_at: datetime


async def ask(
    session: AsyncSession, actor: Actor, community_id: UUID, body: OpeningIn
) -> RaterOpening:
    """It waits for another's agreement, `evaluation.rater_ask_days` long.

    Raises:
        NotFound: no such community. Forbidden: neither auditor nor discipline contact there.
        TwoNeeded: the actor himself was rated. OpeningLives, BallotsErased: see there.
        Invalid: no registration of the community; nothing of it that was rated, or its window is
            open yet.
    """
    await require_in(session, actor, community_id, P.RATERS_ASK)
    registration = await session.get(Registration, body.registration_id)
    if registration is None or registration.community_id != community_id:
        raise Invalid.field("/registration_id", "unknown_registration", "不是本社区的报到")
    if registration.person_id == actor.person_id:
        raise TwoNeeded
    await _require_source(session, body)
    days = await policies.value(session, community_id, ASK_DAYS)
    opening = RaterOpening(
        community_id=community_id,
        registration_id=registration.id,
        source=body.source,
        source_id=body.source_id,
        reason=body.reason,
        asked_by_id=people.id_of(actor),
        due_at=clock.now() + timedelta(days=days),
    )
    session.add(opening)
    await session.flush()
    _tell(session, actor, opening, ASKED, None)
    await session.flush()
    return opening


async def agree(session: AsyncSession, actor: Actor, opening_id: UUID) -> RaterOpening:
    """The raters are open to the two, `evaluation.rater_open_hours` long.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        TwoNeeded, BallotsErased: see there.
    """
    opening, granted = await get(session, actor, opening_id)
    rated = await session.get_one(Registration, opening.registration_id)
    if actor.person_id in (opening.asked_by_id, rated.person_id):
        raise TwoNeeded
    await _require_kept(session, opening.source, opening.source_id)
    hours = await policies.value(session, opening.community_id, OPEN_HOURS)
    left = OPENING.move(opening, B.AGREE, granted)
    opening.agreed_by_id = actor.person_id
    opening.due_at = clock.now() + timedelta(hours=hours)
    _tell(session, actor, opening, B.AGREE, left)
    await session.flush()
    return opening


async def refuse(
    session: AsyncSession, actor: Actor, opening_id: UUID, reason: str
) -> RaterOpening:
    """It stays shut, and who asked is told why. Errors as every step."""
    opening, granted = await get(session, actor, opening_id)
    left = OPENING.move(opening, B.REFUSE, granted, reason=reason)
    opening.due_at = None
    _tell(session, actor, opening, B.REFUSE, left, reason=reason)
    await session.flush()
    return opening


async def look(session: AsyncSession, actor: Actor, opening_id: UUID) -> list[Opened]:
    """Who rated, and what, for one of the two; noted with each rater, who is told the first time.

    Raises:
        NotFound: none, or not the actor's to see. NotOfTheTwo, NotOpen, BallotsErased: see there.
    """
    opening, _ = await get(session, actor, opening_id)
    if actor.person_id not in (opening.asked_by_id, opening.agreed_by_id):
        raise NotOfTheTwo
    if opening.status is not S.OPEN or opening.due_at is None or opening.due_at <= clock.now():
        raise NotOpen
    await _require_kept(session, opening.source, opening.source_id)
    raters = await _raters(session, opening)
    for rater in raters:
        audit.looked(
            session,
            actor,
            FIELDS,
            subject=("rater_opening", opening.id),
            owner_id=rater.rater_id,
            reason=opening.reason,
        )
    if opening.looked_at is None:
        opening.looked_at = clock.now()
        _tell(session, actor, opening, LOOKED, opening.status)
    await session.flush()
    return raters


async def get(
    session: AsyncSession, actor: Actor, opening_id: UUID
) -> tuple[RaterOpening, list[str]]:
    """The opening, locked, and what the actor may do with it.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    return await get_row(
        session, actor, RaterOpening, opening_id, seen=P.RATERS_OPEN, asked=P.RATERS_OPEN
    )


async def lapse(session: AsyncSession, opening: RaterOpening) -> None:
    """Nobody agreed in time; or the time to look is over."""
    action = B.LAPSE if opening.status is S.ASKED else B.CLOSE
    left = OPENING.advance(opening, action)
    _tell(session, Actor.system(), opening, action, left)


DEADLINES = (Deadline(RaterOpening, lapse),)


async def _require_source(session: AsyncSession, body: OpeningIn) -> None:
    """Something that was rated, and can be rated no longer."""
    found: object
    if body.source is OpeningSource.SERVICE:
        found = await session.scalar(
            select(ServiceRecord.id).where(
                ServiceRecord.registration_id == body.registration_id,
                ServiceRecord.source_kind == "order",
                ServiceRecord.source_id == body.source_id,
            )
        )
    else:
        cycle = await session.get(EvaluationCycle, body.source_id)
        found = cycle and cycle.closed_at
    if found is None:
        raise Invalid.field("/source_id", "unknown_source", "没有此项评价，或评价尚未结束")
    await _require_kept(session, body.source, body.source_id)


async def _require_kept(session: AsyncSession, source: OpeningSource, source_id: UUID) -> None:
    """The ballots are there yet."""
    if source is OpeningSource.SERVICE:
        return
    cycle = await session.get_one(EvaluationCycle, source_id)
    if cycle.erase_at is None or cycle.erase_at <= clock.now():
        raise BallotsErased


async def _raters(session: AsyncSession, opening: RaterOpening) -> list[Opened]:
    statement: Any
    if opening.source is OpeningSource.SERVICE:
        statement = (
            select(Rating.rater_id, Person.name, Rating.satisfaction, Rating.given_at)
            .join(Person, Person.id == Rating.rater_id)
            .where(Rating.order_id == opening.source_id)
            .order_by(Rating.id)
        )
    else:
        statement = (
            select(Person.id, Person.name, AppraisalBallot.answer, AppraisalBallot.given_at)
            .join(AppraisalRater, AppraisalRater.id == AppraisalBallot.rater_id)
            .join(Person, Person.id == AppraisalRater.person_id)
            .where(
                AppraisalRater.cycle_id == opening.source_id,
                AppraisalBallot.registration_id == opening.registration_id,
                AppraisalBallot.answer.in_(VOTES),
            )
            .order_by(AppraisalBallot.id)
        )
    rows = await session.execute(statement)
    return [
        Opened(rater_id, name or "—", answer.value, given_at)
        for rater_id, name, answer, given_at in rows
    ]


def _tell(
    session: AsyncSession,
    actor: Actor,
    opening: RaterOpening,
    action: str,
    left: OpeningStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step; the caller flushes."""
    session.add(
        RaterOpeningStep(
            rater_opening_id=opening.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=opening.status,
            reason=reason,
        )
    )
    events.record(
        session, OpeningMoved(opening_id=opening.id, action=action, status=opening.status)
    )
