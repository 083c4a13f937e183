"""Who may be commended, and how many: the rule, and the community's share.

The share is of its registered members, rounded down, but never less than the policy's least: "at most
15 %" caps how many of many are singled out, and was not said to leave the good one of six with nobody.
A city that means it so sets the least to 0; a share of 0 % is nobody. Source: practice.md G5; policies
`commendation.quota_percent`, `commendation.quota_least`.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import any_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core.errors import Conflict, Invalid
from app.evaluations.facts import LIVING
from app.evaluations.lifecycle import COMMENDED
from app.evaluations.schemas import CommendIn
from app.models.commendation import Commendation, CommendationKind
from app.models.member import Member, Registration
from app.models.suggestion import Advice, Suggestion
from app.permissions import Actor

K = CommendationKind
PERCENT = 100


class QuotaReached(Conflict):
    """More than the policy's share of the registered members."""

    code, title = "quota_reached", "超过优先推荐的比例"


async def eligible(
    session: AsyncSession, actor: Actor, community_id: UUID, body: CommendIn
) -> Sequence[Registration]:
    """The registrations that may be praised, or Invalid for all of them."""
    wanted = set(body.registration_ids)
    statement = (
        select(Registration)
        .join(Member, Member.id == Registration.member_id)
        .where(
            Registration.id == any_(cast([*wanted], ARRAY(Uuid()))),
            Registration.community_id == community_id,
            Registration.status.in_(LIVING),
            Registration.person_id.is_not(None),
            Registration.person_id != actor.person_id,
            Registration.functional_branch_id.is_not(None),
            ~Member.is_protected,
        )
    )
    if body.kind is K.RECOMMEND:
        statement = statement.join(Suggestion, Suggestion.registration_id == Registration.id).where(
            Suggestion.period_from == body.period_from,
            Suggestion.period_to == body.period_to,
            Suggestion.proposed == Advice.RECOMMEND_FIRST,
        )
    found = (await session.scalars(statement.order_by(Registration.id))).all()
    if len(found) < len(wanted):
        raise Invalid.field("/registration_ids", "not_eligible", "有人不符合条件")
    return found


async def check_quota(
    session: AsyncSession,
    community_id: UUID,
    period_to: date,
    new: int,
    *,
    percent: int,
    least: int,
) -> None:
    """The community is locked, so that nobody else takes what is left of its share.

    Raises:
        QuotaReached: with `new` more it would be exceeded.
    """
    members = (
        select(func.count())
        .where(Registration.community_id == community_id, Registration.status.in_(LIVING))
        .scalar_subquery()
    )
    taken = (
        select(func.count())
        .where(
            Commendation.community_id == community_id,
            Commendation.kind == K.RECOMMEND,
            Commendation.period_to == period_to,
            Commendation.status.in_(COMMENDED),
        )
        .scalar_subquery()
    )
    row = (await session.execute(select(members.label("members"), taken.label("taken")))).one()
    share = max(row.members * percent // PERCENT, least) if percent else 0
    if row.taken + new > share:
        raise QuotaReached
