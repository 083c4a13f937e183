"""Ballots on paper: two people count apart, and what both found stands.

A counter reads the other's totals of a member only once his own are there; where they differ both
see both, and each mends his own. Nobody counts his own ballots. Source: practice.md G3; content
`appraisal.ways`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app import audit
from app.appraisals import scene
from app.appraisals.eligible import is_registered
from app.appraisals.panel_reading import LEAST_ON_PAPER
from app.appraisals.panel_schemas import CountLineIn, CountsIn
from app.core import clock, ids
from app.core.errors import AppError, Conflict, FieldError, Invalid
from app.models.appraisal import AppraisalCount, AppraisalRater, BallotWay, Panel
from app.models.evaluation import EvaluationCycle
from app.models.member import Member, Registration
from app.permissions import Actor, Permission

P = Permission
TOTALS = ("satisfied", "fair", "unsatisfied", "unknown")


class CountStands(Conflict):
    """Two have found the same: nobody changes it any more."""

    code, title = "count_stands", "两人清点一致的结果不能再改"


class CountedByTwo(Conflict):
    """Two others are counting this member's ballots."""

    code, title = "counted_by_two", "该党员的票已由两人清点"


class TooFewOnPaper(Conflict):
    """So few ballots in one box would be no secret."""

    code, title = "too_few_on_paper", "线下评议人不足3名，无法保密，请改为线上"


CONSTRAINTS: Mapping[str, type[AppError]] = {
    "uq_appraisal_counts_registration_id_cycle_id_panel_place": CountedByTwo
}


class Counted(NamedTuple):
    """Whose ballots: the member, in which group; is he the counter himself?"""

    group_id: UUID | None
    is_own: bool


async def enter(
    session: AsyncSession, actor: Actor, cycle_id: UUID, community_id: UUID, body: CountsIn
) -> None:
    """These are the totals that the actor has counted; where another found the same, they stand.

    Raises:
        NotFound, Forbidden: as for the community and its cycle.
        AppraisalClosed: not within the window.
        TooFewOnPaper, CountStands, CountedByTwo: see there.
        Invalid: a member who is not on the list, twice, or the actor himself; more ballots than raters
            on paper. The line is named, and nothing is kept.
    """
    place = await scene.get(session, actor, cycle_id, community_id, P.APPRAISAL_COUNT)
    scene.require_collecting(place.cycle)
    listed = await _listed(session, actor, place.cycle, community_id, body.lines)
    raters = await _raters(session, cycle_id, community_id, body.panel)
    _check(body, listed, raters)
    known = await _known(session, cycle_id, body)
    now = clock.now()
    rows, agreed = [], []
    for position, line in enumerate(body.lines):
        mine, others = _sides(known[line.registration_id], actor, f"/lines/{position}")
        totals = {name: getattr(line, name) for name in TOTALS}
        if mine is not None and mine.agreed_at is not None:
            if any(getattr(mine, name) != value for name, value in totals.items()):
                raise CountStands
            continue
        other = others[0] if others else None
        first_free = 1 if other is None or other.place == 2 else 2
        rows.append(
            totals
            | {
                "id": ids.new_id(),
                "cycle_id": cycle_id,
                "community_id": community_id,
                "panel": body.panel,
                "area_id": _area(body.panel, listed[line.registration_id]),
                "registration_id": line.registration_id,
                "counter_id": actor.person_id,
                "place": mine.place if mine else first_free,
                "counted_at": now,
            }
        )
        if other and all(getattr(other, name) == value for name, value in totals.items()):
            agreed.append(line.registration_id)
    await _write(session, cycle_id, body.panel, rows, agreed)
    audit.operated(
        session,
        actor,
        "appraisal.counted",
        subject=("evaluation_cycle", cycle_id),
        organization_id=community_id,
        panel=body.panel.value,
        lines=len(rows),
        agreed=len(agreed),
    )
    await session.flush()


def _check(
    body: CountsIn, listed: Mapping[UUID, Counted], raters: Mapping[UUID | None, int]
) -> None:
    seen: set[UUID] = set()
    for position, line in enumerate(body.lines):
        pointer = f"/lines/{position}/registration_id"
        who = listed.get(line.registration_id)
        if who is None or line.registration_id in seen:
            raise Invalid.field(pointer, "not_listed", "不在线下票名单内，或重复填写")
        seen.add(line.registration_id)
        if who.is_own:
            raise Invalid.field(pointer, "own_count", "不能清点自己的票")
        most = raters.get(_area(body.panel, who), 0)
        if most < LEAST_ON_PAPER:
            raise TooFewOnPaper
        if sum(getattr(line, name) for name in TOTALS) > most:
            message = f"票数超过线下评议人数（{most}）"
            raise Invalid.field(f"/lines/{position}", "too_many_ballots", message)


def _sides(
    rows: Sequence[AppraisalCount], actor: Actor, pointer: str
) -> tuple[AppraisalCount | None, list[AppraisalCount]]:
    """The actor's own count of a member, and the others'."""
    mine = next((row for row in rows if row.counter_id == actor.person_id), None)
    others = [row for row in rows if row.counter_id != actor.person_id]
    if mine is None and len(others) > 1:
        raise CountedByTwo(errors=(FieldError(pointer, CountedByTwo.code, CountedByTwo.title),))
    return mine, others


def _area(panel: Panel, who: Counted) -> UUID | None:
    return who.group_id if panel is Panel.RESIDENT_REPRESENTATIVES else None


async def _listed(
    session: AsyncSession,
    actor: Actor,
    cycle: EvaluationCycle,
    community_id: UUID,
    lines: Sequence[CountLineIn],
) -> dict[UUID, Counted]:
    """Of these, who stands on the ballots on paper: no protected member does."""
    wanted = [line.registration_id for line in lines]
    rows = await session.execute(
        select(
            Registration.id,
            Registration.functional_group_id,
            Registration.person_id.is_not_distinct_from(actor.person_id),
        )
        .join(Member, Member.id == Registration.member_id)
        .join(EvaluationCycle, EvaluationCycle.id == cycle.id)
        .where(
            Registration.id == any_(cast(wanted, ARRAY(Uuid()))),
            Registration.community_id == community_id,
            is_registered,
            ~Member.is_protected,
        )
    )
    return {registration_id: Counted(group, is_own) for registration_id, group, is_own in rows}


async def _raters(
    session: AsyncSession, cycle_id: UUID, community_id: UUID, panel: Panel
) -> dict[UUID | None, int]:
    """How many raters of the panel are on paper, by area."""
    rows = await session.execute(
        select(AppraisalRater.area_id, func.count())
        .where(
            AppraisalRater.cycle_id == cycle_id,
            AppraisalRater.community_id == community_id,
            AppraisalRater.panel == panel,
            AppraisalRater.way == BallotWay.PAPER_BALLOT,
        )
        .group_by(AppraisalRater.area_id)
    )
    return {area_id: count for area_id, count in rows}


async def _known(
    session: AsyncSession, cycle_id: UUID, body: CountsIn
) -> Mapping[UUID, list[AppraisalCount]]:
    wanted = [line.registration_id for line in body.lines]
    rows = await session.scalars(
        select(AppraisalCount).where(
            AppraisalCount.registration_id == any_(cast(wanted, ARRAY(Uuid()))),
            AppraisalCount.cycle_id == cycle_id,
            AppraisalCount.panel == body.panel,
        )
    )
    found: defaultdict[UUID, list[AppraisalCount]] = defaultdict(list)
    for row in rows:
        found[row.registration_id].append(row)
    return found


async def _write(
    session: AsyncSession,
    cycle_id: UUID,
    panel: Panel,
    rows: Sequence[Mapping[str, object]],
    agreed: Sequence[UUID],
) -> None:
    """The totals as entered; those that two have found are marked in both rows."""
    if not rows:
        return
    adding = insert(AppraisalCount).values(rows)
    await session.execute(
        adding.on_conflict_do_update(
            index_elements=["registration_id", "cycle_id", "panel", "counter_id"],
            set_={name: adding.excluded[name] for name in (*TOTALS, "counted_at")},
        )
    )
    await session.execute(
        update(AppraisalCount)
        .where(
            AppraisalCount.registration_id == any_(cast(list(agreed), ARRAY(Uuid()))),
            AppraisalCount.cycle_id == cycle_id,
            AppraisalCount.panel == panel,
        )
        .values(agreed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
