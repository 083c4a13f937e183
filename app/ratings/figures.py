"""Satisfaction as people are shown it: a figure that moves by three raters or more, never by one.

What was shown is kept. It stays, to the letter, until within its look-back at least
`rating.visible_batch_min_new_raters` distinct people have rated whom no figure has shown; see
`batches`. One figure is kept for a registration, whoever reads it and whatever period a report is
about: it looks back `satisfaction.lookback_months` from the last day of the period and never goes
back to an earlier day, so periods that differ by a day show the same. Where that is too few, it looks
back twice as far and says so. It lapses when no day that it counts lies in the look-back any more. An
employer has one of its own, for all its members together. Services and ballots of the yearly
appraisal count together, and their numbers stand apart.

Votes that an objection has found wanting count in nothing that is reckoned from then on: neither in
the member's own figure nor in his employer's or community's. A figure that was shown with them keeps
them until it may move. To take them out at once would show them as the difference of two figures, and
of a member with one or two votes that is who said what; taken out when three new raters come in, what
went and what came cannot be told apart. A frozen report is a text and never changes; the sheet of the
member himself tells no rate at all (`reports.contents`). While an objection is undecided its votes
count, for a pool that left them out and took them in again would show them by that.
Source: practice.md R10, G1, G2, G7; the policies named.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.appraisals import votes as appraisals
from app.core import clock
from app.models.member import Registration
from app.models.organization import Organization
from app.models.report import ShownVotes
from app.policies import service as policies
from app.ratings import batches, service
from app.ratings.batches import Rule, Window, Windows
from app.ratings.service import TOO_FEW, Ballot, Votes

RULE = (
    "satisfaction.min_votes_exact",
    "satisfaction.min_votes_band",
    "satisfaction.bands",
    "satisfaction.min_distinct_raters",
    "rating.visible_batch_min_new_raters",
    "satisfaction.lookback_months",
)


class Figure(NamedTuple):
    """A rate in words; on how many votes it stands, of services and of the appraisal; the last day
    that it counts and how many months back, if it is one."""

    satisfaction: str
    votes: int | None
    until: date | None
    service_votes: int | None
    appraisal_votes: int | None
    months: int | None


NOTHING = Figure(TOO_FEW, None, None, None, None, None)


async def of_members(
    session: AsyncSession, organization_id: UUID, registration_ids: Collection[UUID], last: date
) -> Mapping[UUID, Figure]:
    """What is shown of each registration up to the day `last`, by the organization's policies.

    Locks what was shown: who reads at the same time reads the same.
    """
    figures, _ = await _read(session, organization_id, registration_ids, last, None)
    return figures


async def of_employer(
    session: AsyncSession, employer_id: UUID, registration_ids: Collection[UUID], last: date
) -> tuple[Mapping[UUID, Figure], Figure]:
    """As `of_members`, and the figure of all these members together: a percentage or nothing."""
    return await _read(session, employer_id, registration_ids, last, employer_id)


async def behind(
    session: AsyncSession, registration_ids: Sequence[UUID]
) -> Mapping[UUID, tuple[Votes, batches.Ballots]]:
    """The votes on which each one's shown figure stands, and the ballots in it, which never leave the
    house; after `of_members`, for those who have a figure."""
    kept = await _kept(session, registration_ids)
    cast_by = await _cast(session, registration_ids, kept.values(), None)
    return {
        each: (
            Votes(row.valid, row.satisfied, row.raters, row.appraisals),
            batches.shown_set(row, cast_by[each]),
        )
        for each, row in kept.items()
    }


async def count_communities(session: AsyncSession, city_id: UUID, last: date) -> None:
    """What is shown of each rated member of the city, and of all members of each of its communities
    together, is as the votes are up to `last`, where enough new raters have come.

    A band suffices. The figure of a level is that of its communities' shown votes.
    """
    found = await policies.values(session, city_id, *RULE)
    rule = Rule(*(found[key] for key in RULE))
    windows = _windows(last, rule.months)
    placed = await session.execute(
        select(Registration.id, Registration.community_id)
        .join(Organization, Organization.id == Registration.community_id)
        .where(Organization.lineage.contains([city_id]), Registration.registered_on.is_not(None))
    )
    community_of = {registration_id: community_id for registration_id, community_id in placed}
    rated = list(await _cast(session, community_of, (), windows))
    if not rated:
        return
    pools = {community_of[each] for each in rated}
    kept = await _kept(session, [*rated, *pools])
    cast_by = await _cast(session, rated, kept.values(), windows)
    members: defaultdict[UUID, dict[UUID, tuple[ShownVotes, Sequence[Ballot]]]] = defaultdict(dict)
    for each in rated:
        members[community_of[each]][each] = (kept[each], cast_by[each])
    now = clock.now()
    for community_id, of_community in members.items():
        for row, of_member in of_community.values():
            batches.renew(row, of_member, rule, windows, now)
        batches.renew_sum(
            kept[community_id], of_community, rule, windows, now, least=rule.least_band
        )
    await session.flush()


async def _read(
    session: AsyncSession,
    organization_id: UUID,
    registration_ids: Collection[UUID],
    last: date,
    pool_id: UUID | None,
) -> tuple[Mapping[UUID, Figure], Figure]:
    if not registration_ids:
        return {}, NOTHING
    found = await policies.values(session, organization_id, *RULE)
    rule = Rule(*(found[key] for key in RULE))
    windows = _windows(last, rule.months)
    kept = await _kept(session, [*registration_ids, *([pool_id] if pool_id else [])])
    cast_by = await _cast(session, registration_ids, kept.values(), windows)
    now = clock.now()
    figures = {}
    for registration_id in registration_ids:
        row = kept[registration_id]
        batches.renew(row, cast_by[registration_id], rule, windows, now)
        figures[registration_id] = _shown(row, rule, rule.least_band, windows)
    pool = NOTHING
    if pool_id:
        members = {each: (kept[each], cast_by[each]) for each in registration_ids}
        batches.renew_pool(kept[pool_id], members, rule, windows, now, least=rule.least_exact)
        pool = _shown(kept[pool_id], rule, rule.least_exact, windows)
    await session.flush()
    return figures, pool


async def _cast(
    session: AsyncSession,
    registration_ids: Collection[UUID],
    rows: Collection[ShownVotes],
    windows: Windows | None,
) -> Mapping[UUID, Sequence[Ballot]]:
    """Ratings and ballots by registration, as far back and on as any figure of theirs has counted.

    From the first day of a year, for of one rater so many a year count.
    """
    found: defaultdict[UUID, list[Ballot]] = defaultdict(list)
    days = [*(windows.long[:2] if windows else ())]
    days += [day for row in rows for day in (row.seen_from_on, row.seen_until_on) if day]
    first, last, wanted = min(days).replace(month=1, day=1), max(days), list(registration_ids)
    for ballot in await service.ballots(session, wanted, first, last):
        found[ballot.registration_id].append(ballot)
    for vote in await appraisals.votes(session, wanted, first, last):
        found[vote.registration_id].append(Ballot(*vote, is_appraisal=True))
    return found


def _shown(row: ShownVotes, rule: Rule, least: int, windows: Windows) -> Figure:
    if not batches.is_shown(row, windows):
        return NOTHING
    words = service.shown(
        Votes(row.valid, row.satisfied, row.raters),
        least_exact=rule.least_exact,
        least_band=least,
        bands=rule.bands,
    )
    if words == TOO_FEW:
        return NOTHING
    label = f"（近{row.months}个月）" if row.months == windows.long.months else ""
    services = row.valid - row.appraisals
    return Figure(words + label, row.valid, row.until_on, services, row.appraisals, row.months)


def _windows(last: date, months: int) -> Windows:
    def window(months: int) -> Window:
        return Window(_months_before(last, months) + timedelta(days=1), last, months)

    return Windows(window(months), window(2 * months))


async def _kept(session: AsyncSession, subject_ids: Sequence[UUID]) -> dict[UUID, ShownVotes]:
    """What was shown of each, locked, in one order for all; who was never shown has an empty row."""
    wanted = func.unnest(cast(sorted(subject_ids), ARRAY(Uuid()))).column_valued("subject_id")
    empty = dict.fromkeys(("valid", "satisfied", "raters", "appraisals"), literal(0))
    keeping = insert(ShownVotes).from_select(
        ["subject_id", *empty], select(wanted, *empty.values()).order_by(wanted)
    )
    # an update that changes nothing: it locks the row that is there, and returns it
    locking = keeping.on_conflict_do_update(
        index_elements=["subject_id"], set_={"subject_id": keeping.excluded.subject_id}
    ).returning(ShownVotes)
    rows = await session.scalars(
        select(ShownVotes).from_statement(locking).execution_options(populate_existing=True)
    )
    return {row.subject_id: row for row in rows}


def _months_before(day: date, months: int) -> date:
    """The same day so many months before, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
