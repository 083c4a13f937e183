"""Commendations: the joint meeting of community and functional branch praises, two people confirm.

优先推荐 is for who fulfils the rule, for at most the policy's share of the community's registered
members (`eligibility`); the person agrees to a public notice of name and posts, or is not on the
list. A letter or thanks need neither rule nor notice. Source: practice.md G5; content
`commendation`, `publicity_of_commendation`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, workdays
from app.core.errors import AppError, Conflict, Invalid
from app.deadlines import Deadline
from app.evaluations import suggestions
from app.evaluations.eligibility import check_quota, eligible
from app.evaluations.events import CommendationMoved
from app.evaluations.lifecycle import COMMENDATION, PROPOSED, CommendationAction
from app.evaluations.negative_items import SamePerson
from app.evaluations.schemas import CommendIn
from app.identity import service as identity
from app.identity.events import ConsentWithdrawn
from app.models.commendation import (
    Commendation,
    CommendationKind,
    CommendationStatus,
    CommendationStep,
)
from app.permissions import Actor, Permission
from app.policies import content
from app.policies import service as policies
from app.rows import get_row

A, K, P, S = CommendationAction, CommendationKind, Permission, CommendationStatus
NOTICE = "publicity_of_commendation"
ANSWERS, QUOTA = "commendation.answer_workdays", "commendation.quota_percent"
LEAST = "commendation.quota_least"


class Commended(Conflict):
    """Recommended once in a period."""

    code, title = "already_commended", "该党员本期已列入"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_commendations_living": Commended}


async def get(
    session: AsyncSession, actor: Actor, commendation_id: UUID, *permissions: Permission
) -> tuple[Commendation, list[str]]:
    """The commendation, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    return await get_row(
        session,
        actor,
        Commendation,
        commendation_id,
        seen=P.COMMENDATION_READ,
        asked=(P.COMMENDATION_OWN, P.COMMENDATION_CONFIRM, P.COMMENDATION_WITHDRAW),
        needed=permissions,
    )


async def propose(
    session: AsyncSession, actor: Actor, community_id: UUID, body: CommendIn
) -> Sequence[Commendation]:
    """The meeting's list waits for the branch's confirmation; of two meetings at once one is first.

    Raises:
        NotFound, Forbidden: as for the community.
        Invalid: somebody is not registered here with a branch, is protected, is the actor himself,
            or does not fulfil the rule; a letter without words.
        QuotaReached, Commended: see there.
    """
    await suggestions.community(session, actor, community_id, P.COMMUNITY_CONDUCT)
    if body.kind is not K.RECOMMEND and body.words is None:
        raise Invalid.field("/words", "words_required", "请填写内容")
    found = await eligible(session, actor, community_id, body)
    said = await policies.values(session, community_id, ANSWERS, QUOTA, LEAST)
    if body.kind is K.RECOMMEND:
        share = {"percent": said[QUOTA], "least": said[LEAST]}
        await check_quota(session, community_id, body.period_to, len(found), **share)
    made = [
        Commendation(
            registration_id=registration.id,
            person_id=registration.person_id,
            community_id=community_id,
            functional_branch_id=registration.functional_branch_id,
            employer_id=registration.employer_id,
            kind=body.kind,
            period_from=body.period_from,
            period_to=body.period_to,
            words=body.words,
            proposed_by_id=actor.person_id,
            due_at=workdays.after(clock.now(), said[ANSWERS]),
        )
        for registration in found
    ]
    session.add_all(made)
    await session.flush()
    for row in made:
        _tell(session, actor, row, PROPOSED, None)
    await session.flush()
    return made


async def confirm(session: AsyncSession, actor: Actor, commendation_id: UUID) -> Commendation:
    """The branch has confirmed it; a recommendation goes on notice if the person has agreed to that.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        SamePerson: who proposed it; the member himself.
    """
    row, granted = await get(session, actor, commendation_id, P.COMMENDATION_CONFIRM)
    if actor.person_id in (row.proposed_by_id, row.person_id):
        raise SamePerson
    follows = None if row.kind is K.RECOMMEND else A.STAND
    if follows is None and await identity.has_consent(session, row.person_id, NOTICE):
        follows = A.AGREE
    await _moved(session, actor, row, A.CONFIRM, granted)
    row.confirmed_by_id = actor.person_id
    if follows is not None:
        await _moved(session, Actor.system(), row, follows, None)
    await session.flush()
    return row


async def refuse(
    session: AsyncSession, actor: Actor, commendation_id: UUID, reason: str
) -> Commendation:
    """The branch does not confirm it, and says why. Errors as every step."""
    row, granted = await get(session, actor, commendation_id)
    await _moved(session, actor, row, A.REFUSE, granted, reason=reason)
    return row


async def agree(session: AsyncSession, actor: Actor, commendation_id: UUID) -> Commendation:
    """The person's name and posts are on the public notice for its workdays.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        ConsentMissing: the consent to the notice comes first.
    """
    row, granted = await get(session, actor, commendation_id, P.COMMENDATION_OWN)
    await identity.require_consent(session, row.person_id, NOTICE)
    await _moved(session, actor, row, A.AGREE, granted)
    return row


async def decline(session: AsyncSession, actor: Actor, commendation_id: UUID) -> Commendation:
    """The person is not on the list, and nothing else changes for him. Errors as every step."""
    row, granted = await get(session, actor, commendation_id, P.COMMENDATION_OWN)
    await _moved(session, actor, row, A.DECLINE, granted)
    return row


async def withdraw(
    session: AsyncSession, actor: Actor, commendation_id: UUID, reason: str
) -> Commendation:
    """One of the two takes it back, and says why. Errors as every step."""
    row, granted = await get(session, actor, commendation_id)
    await _moved(session, actor, row, A.WITHDRAW, granted, reason=reason)
    return row


async def lapse(session: AsyncSession, row: Commendation) -> None:
    """The notice has hung for its workdays, and it stands; or nobody has confirmed or agreed."""
    action = A.STAND if row.status is S.ON_NOTICE else A.LAPSE
    await _moved(session, Actor.system(), row, action, None)


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Nobody hangs on a notice who does not agree to it any more."""
    if event.purpose != NOTICE:
        return
    rows = await session.scalars(
        select(Commendation)
        .where(Commendation.person_id == event.person_id, Commendation.status == S.ON_NOTICE)
        .with_for_update()
    )
    for row in rows.all():
        await _moved(session, Actor.system(), row, A.DECLINE, None)


DEADLINES = (Deadline(Commendation, lapse),)


async def _moved(
    session: AsyncSession,
    actor: Actor,
    row: Commendation,
    action: CommendationAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
) -> None:
    """The commendation took a step: status, clock, history, fact. `granted` None: by the house."""
    due_at = await _due(session, row, COMMENDATION.steps[action].target)
    if granted is None:
        left = COMMENDATION.advance(row, action, reason=reason)
    else:
        left = COMMENDATION.move(row, action, granted, reason=reason)
    row.due_at = due_at
    if row.status is S.ON_NOTICE:
        row.noticed_at = clock.now()
    if row.status is S.STANDING:
        row.stood_at = clock.now()
    _tell(session, actor, row, action, left, reason=reason)
    await session.flush()


async def _due(
    session: AsyncSession, row: Commendation, status: CommendationStatus
) -> datetime | None:
    """When something is due of a status that it enters now."""
    if status is S.CONFIRMED:
        days = await policies.value(session, row.community_id, ANSWERS)
    elif status is S.ON_NOTICE:
        said: dict[str, Any] = await content.find(session, "commendation", "publicity") or {}
        days = said["value"]["workdays"]
    else:
        return None
    return workdays.after(clock.now(), days)


def _tell(
    session: AsyncSession,
    actor: Actor,
    row: Commendation,
    action: str,
    left: CommendationStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step; the caller flushes."""
    session.add(
        CommendationStep(
            commendation_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
            reason=reason,
        )
    )
    events.record(
        session, CommendationMoved(commendation_id=row.id, action=action, status=row.status)
    )
