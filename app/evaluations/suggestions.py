"""Suggestions of a community's year: proposed by the house, decided by a person, never by itself.

A person may be milder than the facts, never harder; 优先推荐 follows a commendation of the joint
meeting, and of who is not known enough nothing is concluded. Source: practice.md G5.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import clock, ids
from app.core.errors import Invalid, NotFound
from app.evaluations import facts, talks
from app.evaluations.lifecycle import SUGGESTION, SuggestionAction
from app.evaluations.opinions import propose_opinion
from app.evaluations.schemas import DecisionIn
from app.models.commendation import Commendation, CommendationKind, CommendationStatus
from app.models.organization import Organization
from app.models.suggestion import Advice, Suggestion, SuggestionStatus, SuggestionStep
from app.permissions import Actor, Permission, grants, require

# What a person may decide where the facts propose this.
ALLOWED: Mapping[Advice, frozenset[Advice]] = {
    Advice.RECOMMEND_FIRST: frozenset({Advice.RECOMMEND_FIRST, Advice.NORMAL}),
    Advice.NORMAL: frozenset({Advice.NORMAL}),
    Advice.TALK_ADVISED: frozenset({Advice.TALK_ADVISED, Advice.NORMAL}),
    Advice.INSUFFICIENT: frozenset({Advice.INSUFFICIENT}),
}


async def community(
    session: AsyncSession, actor: Actor, community_id: UUID, permission: Permission
) -> list[str]:
    """Which of `permission` the actor has there; the community is locked, so that what is decided
    of it is decided one after the other.

    Raises:
        NotFound: no such community. Forbidden: not the actor's to decide.
    """
    row = (
        await session.execute(
            select(Organization.id, grants(permission))
            .where(Organization.id == community_id, Organization.kind == "community")
            .with_for_update(of=Organization, key_share=True),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, permission)
    granted: list[str] = row.grants
    return granted


async def propose(
    session: AsyncSession, actor: Actor, community_id: UUID, period: tuple[date, date]
) -> int:
    """Every member of the community has what the facts of the period propose; returns how many.

    What a person has decided already stays as it is. Errors as for the community.
    """
    await community(session, actor, community_id, Permission.COMMUNITY_CONDUCT)
    limits = await facts.thresholds(session, community_id)
    members = await facts.of_community(session, community_id, period, limits)
    if not members:
        return 0
    now = clock.now()
    rows = [
        {
            "id": ids.new_id(),
            "registration_id": member.registration_id,
            "community_id": community_id,
            "period_from": period[0],
            "period_to": period[1],
            "proposed": member.suggested.advice,
            "reasons": [*member.suggested.reasons],
            "phrases": propose_opinion(member.seen, limits),
            "status": SuggestionStatus.PROPOSED,
            "created_at": now,
            "updated_at": now,
        }
        for member in members
    ]
    new = insert(Suggestion).values(rows)
    renewed = ("proposed", "reasons", "phrases", "updated_at")
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["registration_id", "period_from", "period_to"],
            set_={name: new.excluded[name] for name in renewed},
            where=Suggestion.status == SuggestionStatus.PROPOSED,
        )
    )
    return len(rows)


async def decide(
    session: AsyncSession, actor: Actor, community_id: UUID, decisions: Sequence[DecisionIn]
) -> list[Suggestion]:
    """These suggestions are decided; where a talk is advised, the employer's secretary has it.

    Raises:
        NotFound, Forbidden: as for the community; one of them is not of this community.
        Invalid: harder than the facts, or a recommendation that no meeting has decided.
    """
    granted = await community(session, actor, community_id, Permission.COMMUNITY_CONDUCT)
    wanted = {each.suggestion_id: each.decided for each in decisions}
    rows = (
        await session.scalars(
            select(Suggestion)
            .where(
                Suggestion.id == any_(cast([*wanted], ARRAY(Uuid()))),
                Suggestion.community_id == community_id,
            )
            .order_by(Suggestion.id)
            .with_for_update()
        )
    ).all()
    if len(rows) < len(wanted):
        raise NotFound
    commended = await _commended(session, rows)
    for row in rows:
        _check(row, wanted[row.id], commended)
        left = SUGGESTION.move(row, SuggestionAction.DECIDE, granted)
        row.decided = wanted[row.id]
        row.decided_by_id, row.decided_at = actor.person_id, clock.now()
        session.add(
            SuggestionStep(
                suggestion_id=row.id,
                actor_id=actor.person_id,
                action=SuggestionAction.DECIDE,
                left=left,
                entered=row.status,
                reason=row.decided,
            )
        )
    await session.flush()
    advised = {row.registration_id: row.id for row in rows if row.decided is Advice.TALK_ADVISED}
    await talks.open_for_suggestions(session, advised, min(row.period_from for row in rows))
    milder = [row.id for row in rows if row.decided is not Advice.TALK_ADVISED]
    await talks.close_for_suggestions(session, milder)
    return [*rows]


def _check(row: Suggestion, decided: Advice, commended: Collection[tuple[UUID, date]]) -> None:
    is_open = decided in ALLOWED[row.proposed]
    if decided is Advice.RECOMMEND_FIRST:
        is_open = is_open and (row.registration_id, row.period_to) in commended
    if not is_open:
        raise Invalid.field("/decisions", "not_proposed", "与事实所建议的不符，不能这样决定")


async def _commended(session: AsyncSession, rows: Collection[Suggestion]) -> set[tuple[UUID, date]]:
    """Whom the joint meeting recommends, in which period."""
    found = await session.execute(
        select(Commendation.registration_id, Commendation.period_to).where(
            Commendation.registration_id
            == any_(cast([row.registration_id for row in rows], ARRAY(Uuid()))),
            Commendation.kind == CommendationKind.RECOMMEND,
            Commendation.status == CommendationStatus.STANDING,
        )
    )
    return {(row.registration_id, row.period_to) for row in found}
