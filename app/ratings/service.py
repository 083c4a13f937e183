"""Satisfaction: a second, optional answer, kept for the pool only. Source: practice.md R10, G."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, any_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.types import Uuid

from app.appraisals.votes import are_wanting
from app.core import clock
from app.core.errors import Conflict
from app.models.member import Member
from app.models.need import Acceptance
from app.models.record import RecordStatus, ServiceRecord
from app.models.report import Rating, Satisfaction
from app.needs import service as needs
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.ratings.schemas import RatingIn

TOO_FEW = "评价较少，不计算比例"
MOST_OF_ONE_RATER = 3


class NothingToRate(Conflict):
    """No order served this need, or the resident has not answered, or the time for it is over."""

    code, title = "nothing_to_rate", "这件事现在不能评价"


class RatedAlready(Conflict):
    """One rating for a service and resident."""

    code, title = "rated_already", "已经评价过了"


class Ballot(NamedTuple):
    """One rating of one member's service, or one ballot about him; never leaves the house.

    `vote_id`: the service, or the ballot itself. `rater_id`: none, where the ballot was erased.
    `counts_on`: the day of the service, or the last of the year that the ballot is about. `given_at`:
    since when it counts.
    """

    registration_id: UUID
    vote_id: UUID
    rater_id: UUID | None
    is_good: bool
    counts_on: date
    given_at: datetime
    is_appraisal: bool = False


class Votes(NamedTuple):
    """Votes of a member, or of many; `raters` are distinct people, `appraisals` of the valid votes."""

    valid: int
    satisfied: int
    raters: int
    appraisals: int = 0


async def give(session: AsyncSession, actor: Actor, need_id: UUID, body: RatingIn) -> None:
    """The resident's satisfaction with who served this need is in the pool.

    Raises:
        NotFound: not a need of this resident.
        NothingToRate: see there; the window is `rating.open_days` from the resident's answer.
        RatedAlready: see there.
    """
    need, _ = await needs.get(session, actor, need_id, Permission.NEED_OWN)
    days = await policies.value(session, need.community_id, "rating.open_days")
    order_id = await session.scalar(
        select(Acceptance.order_id)
        .where(
            Acceptance.need_id == need.id,
            Acceptance.order_id.is_not(None),
            Acceptance.answered_at >= clock.now() - timedelta(days=days),
        )
        .order_by(Acceptance.round.desc())
        .limit(1)
    )
    if order_id is None:
        raise NothingToRate
    given = await session.scalar(
        insert(Rating)
        .values(
            order_id=order_id,
            need_id=need.id,
            rater_id=actor.person_id,
            satisfaction=body.satisfaction,
            relays_thanks=body.relays_thanks,
            given_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(Rating.id)
    )
    if given is None:
        raise RatedAlready


Rater = aliased(Member)


async def ballots(
    session: AsyncSession, registration_ids: Sequence[UUID], first: date, last: date
) -> list[Ballot]:
    """The ratings that count for these registrations, for services on the days `first` to `last`.

    The same resident counts for a member at most three times a year; ratings by the member's own
    employer branch or by himself do not count, nor does a service that is disputed or void, nor of a
    year whose votes were found wanting. Source: practice.md G1, G7.
    """
    nth = func.row_number().over(
        partition_by=(
            ServiceRecord.registration_id,
            Rating.rater_id,
            func.date_part("year", ServiceRecord.served_on),
        ),
        order_by=(Rating.given_at, Rating.id),
    )
    rated = (
        select(
            ServiceRecord.registration_id,
            Rating.order_id,
            Rating.rater_id,
            (Rating.satisfaction != Satisfaction.UNSATISFIED).label("is_good"),
            ServiceRecord.served_on,
            Rating.given_at,
            nth.label("nth"),
        )
        .join(
            Rating,
            and_(ServiceRecord.source_kind == "order", Rating.order_id == ServiceRecord.source_id),
        )
        .join(Member, Member.id == ServiceRecord.member_id)
        .outerjoin(Rater, and_(Rater.person_id == Rating.rater_id, Rater.left_on.is_(None)))
        .where(
            ServiceRecord.registration_id == any_(cast(list(registration_ids), ARRAY(Uuid()))),
            ServiceRecord.status == RecordStatus.APPROVED,
            ServiceRecord.served_on.between(first, last),
            ~are_wanting(ServiceRecord.registration_id, ServiceRecord.served_on),
            Rating.rater_id.is_distinct_from(ServiceRecord.person_id),
            or_(
                Rater.id.is_(None),
                Rater.employer_id != Member.employer_id,
                Rater.branch_id.is_distinct_from(Member.branch_id),
            ),
        )
        .subquery()
    )
    found = await session.execute(
        select(
            rated.c.registration_id,
            rated.c.order_id,
            rated.c.rater_id,
            rated.c.is_good,
            rated.c.served_on,
            rated.c.given_at,
        ).where(rated.c.nth <= MOST_OF_ONE_RATER)
    )
    return [Ballot(*row) for row in found]


def count(cast_ballots: Iterable[Ballot]) -> Votes:
    """A service of a member is one vote: satisfied if 满意 and 基本满意 are at least half of its
    ratings; a ballot of the appraisal is one as well. Raters are distinct people, over all members
    together."""
    votes, found = [*cast_ballots], defaultdict[tuple[UUID, UUID, bool], list[bool]](list)
    for ballot in votes:
        vote = (ballot.registration_id, ballot.vote_id, ballot.is_appraisal)
        found[vote].append(ballot.is_good)
    satisfied = sum(2 * sum(goods) >= len(goods) for goods in found.values())
    appraisals = sum(is_appraisal for _, _, is_appraisal in found)
    return Votes(len(found), satisfied, len(raters_of(votes)), appraisals)


def raters_of(cast_ballots: Iterable[Ballot]) -> set[UUID]:
    """The distinct people who are known to have cast these."""
    return {ballot.rater_id for ballot in cast_ballots if ballot.rater_id is not None}


def shown(votes: Votes, *, least_exact: int, least_band: int, bands: Sequence[int]) -> str:
    """The rate as it may be shown: a percentage from ten votes, a band from five, else words.

    Never under three distinct raters. `bands` are the lower limits in percent, falling. Source:
    practice.md R6, G2.
    """
    if votes.raters < 3 or votes.valid < least_band:
        return TOO_FEW
    percent = 100 * votes.satisfied / votes.valid
    if votes.valid >= least_exact:
        return f"{percent:.1f}%"
    above = [limit for limit in bands if percent >= limit]
    if not above:
        return f"{bands[-1]}%以下"
    lower = above[0]
    place = list(bands).index(lower)
    return f"{lower}%以上" if place == 0 else f"{lower}%—{bands[place - 1]}%"
