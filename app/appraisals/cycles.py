"""A year's cycle: planned by the office that sends the summaries, then moved by the clock; that all of
them are acknowledged is told from above (`reports.cycles`).

What follows from a step (sheets drafted, summaries compiled, people told) hears `CycleMoved`.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.appraisals import dates
from app.appraisals.dates import DAY, MORNING
from app.appraisals.events import CycleMoved
from app.appraisals.lifecycle import CHANGED, CYCLE, NEXT, PLANNED, REMINDED, CycleAction
from app.appraisals.schemas import CycleChange, CycleIn
from app.core import clock
from app.core.errors import AppError, Conflict, Invalid, NotFound, Stale
from app.deadlines import Deadline
from app.lifecycle import BadTransition
from app.models.evaluation import CycleStatus, EvaluationCycle, EvaluationCycleStep
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, require
from app.policies import service as policies

P, A, S = Permission, CycleAction, CycleStatus
POLICIES = (
    "report.summary_issuer",
    "evaluation.year_ends_on",
    "evaluation.appraisal_days",
    "evaluation.objection_workdays",
    "report.annual_issue_on",
    "report.acknowledge_workdays",
    "report.use_made_days",
)
REMINDER_DAYS = "evaluation.panel_reminder_days"


class NotIssuer(Conflict):
    """The cycle belongs to the level that sends the summaries (`report.summary_issuer`)."""

    code, title = "not_issuer", "年度评价由出具汇总单的一级统一安排"


class CyclePlanned(Conflict):
    """One cycle a year, for this organization or with one above or below it."""

    code, title = "cycle_planned", "该年度已有安排"


CONSTRAINTS: Mapping[str, type[AppError]] = {
    "uq_evaluation_cycles_organization_id_year": CyclePlanned
}


async def plan(
    session: AsyncSession, actor: Actor, organization_id: UUID, body: CycleIn
) -> EvaluationCycle:
    """The year has its days, proposed by the policies of today and kept from now on.

    A year whose facts are closed already begins its appraisal today.

    Raises:
        NotFound: no such organization. Forbidden: not the office of a district or city.
        NotIssuer, CyclePlanned: see there.
        Invalid: a year that is not the last, this or the next.
    """
    place = await _place(session, actor, organization_id)
    if abs(body.year - clock.today().year) > 1:
        raise Invalid.field("/year", "bad_year", "年度只能是去年、今年或明年")
    found = await policies.values(session, place.id, *POLICIES)
    issuer, ends_on, appraisal, objections, issue_on, acknowledge, use = (
        found[key] for key in POLICIES
    )
    if place.kind != issuer:
        raise NotIssuer
    await _refuse_second(session, place, body.year)
    facts_close_on = dates.month_day(body.year, ends_on)
    cycle = EvaluationCycle(
        organization_id=place.id,
        year=body.year,
        status=S.PLANNED,
        facts_close_on=facts_close_on,
        issue_on=dates.issue_day(facts_close_on, issue_on),
        appraisal_days=max(appraisal, 1),
        objection_workdays=objections,
        acknowledge_workdays=acknowledge,
        use_days=use,
    )
    dates.lay_out(cycle, max(facts_close_on + DAY, clock.today()))
    await _set_clocks(session, cycle)
    session.add(cycle)
    await session.flush()
    _tell(session, actor, cycle, PLANNED, None)
    await session.flush()
    return cycle


async def change(
    session: AsyncSession, actor: Actor, cycle_id: UUID, body: CycleChange
) -> EvaluationCycle:
    """A planned cycle has other days; what follows from a changed one is laid out anew.

    Raises:
        NotFound: no such cycle. Forbidden: not the actor's to plan.
        Stale: somebody else has changed it. BadTransition: it has begun.
        Invalid: an appraisal before the facts are closed or before today; an issue before the
            members have read.
    """
    row = (
        await session.execute(
            select(EvaluationCycle, grants(P.EVALUATION_PLAN))
            .join(Organization, Organization.id == EvaluationCycle.organization_id)
            .where(EvaluationCycle.id == cycle_id)
            .with_for_update(of=EvaluationCycle),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, P.EVALUATION_PLAN)
    cycle: EvaluationCycle = row.EvaluationCycle
    if cycle.version != body.version:
        raise Stale
    if cycle.status is not S.PLANNED:
        raise BadTransition
    new = body.model_dump(exclude_unset=True, exclude={"version"})
    first = new.pop("appraisal_from", cycle.appraisal_from)
    if first <= cycle.facts_close_on or first < clock.today():
        raise Invalid.field("/appraisal_from", "too_early", "测评须在事实截止之后开始")
    for name, value in new.items():
        setattr(cycle, name, value)
    dates.lay_out(cycle, first)
    if new.get("issue_on", cycle.issue_on) <= cycle.objection_to:
        raise Invalid.field("/issue_on", "too_early", "出具日期须在本人阅看期之后")
    await _set_clocks(session, cycle)
    _tell(session, actor, cycle, CHANGED, cycle.status, reason=",".join(new) or None)
    await session.flush()
    return cycle


async def advance(session: AsyncSession, cycle: EvaluationCycle) -> None:
    """The cycle takes the step whose day has come. A window that opens late has its full length."""
    action, today = NEXT[cycle.status], clock.today()
    if action is A.COLLECT and today > cycle.appraisal_from:
        dates.lay_out(cycle, today)
    elif action is A.COMPUTE:
        cycle.closed_at = clock.now()
    elif action is A.OPEN_OBJECTIONS and today > cycle.objection_from:
        dates.lay_out_objections(cycle, today)
    elif action is A.SEND and today > cycle.issue_on:
        dates.lay_out_sending(cycle, today)
    left = CYCLE.advance(cycle, action)
    await _set_clocks(session, cycle)
    _tell(session, Actor.system(), cycle, action, left)
    await session.flush()


async def acknowledge(session: AsyncSession, cycle: EvaluationCycle) -> None:
    """The last employer has acknowledged; the cycle, which the caller has locked, waits to be archived.

    Raises:
        BadTransition: it is not sent, or was acknowledged before.
    """
    left = CYCLE.advance(cycle, A.ACKNOWLEDGE)
    await _set_clocks(session, cycle)
    _tell(session, Actor.system(), cycle, A.ACKNOWLEDGE, left)
    await session.flush()


async def keep_unacknowledged(session: AsyncSession, cycle_id: UUID, count: int) -> None:
    """For how many summaries the archived year has no receipt; a later receipt changes it no more."""
    cycle = await session.get_one(EvaluationCycle, cycle_id, with_for_update=True)
    if cycle.unacknowledged is None:
        cycle.unacknowledged = count
    await session.flush()


async def remind(session: AsyncSession, cycle: EvaluationCycle) -> None:
    """Before the appraisal those are told whose panels are short; on its last day, who has not
    answered."""
    _tell(session, Actor.system(), cycle, REMINDED, cycle.status)


DEADLINES = (
    Deadline(EvaluationCycle, advance),
    Deadline(EvaluationCycle, remind, "remind_at"),
)


async def _place(session: AsyncSession, actor: Actor, organization_id: UUID) -> Organization:
    """The organization, if the actor may plan there; all above it locked, so that two offices plan
    one after the other."""
    row = (
        await session.execute(
            select(Organization, grants(P.EVALUATION_PLAN)).where(
                Organization.id == organization_id, Organization.closed_on.is_(None)
            ),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, P.EVALUATION_PLAN)
    place: Organization = row.Organization
    await session.execute(
        select(Organization.id)
        .where(Organization.id == place.lineage[0])
        .with_for_update(key_share=True)
    )
    return place


async def _refuse_second(session: AsyncSession, place: Organization, year: int) -> None:
    found = await session.scalar(
        select(EvaluationCycle.id)
        .join(Organization, Organization.id == EvaluationCycle.organization_id)
        .where(
            EvaluationCycle.year == year,
            or_(
                Organization.lineage.contains([place.id]),
                Organization.id.in_(place.lineage),
            ),
        )
        .limit(1)
    )
    if found is not None:
        raise CyclePlanned


async def _set_clocks(session: AsyncSession, cycle: EvaluationCycle) -> None:
    cycle.due_at, cycle.remind_at = dates.due(cycle), None
    if cycle.status is S.PLANNED:
        days = await policies.value(session, cycle.organization_id, REMINDER_DAYS)
        at = clock.day_starts(cycle.appraisal_from) - timedelta(days=days) + MORNING
        cycle.remind_at = max(at, clock.now())
    elif cycle.status is S.COLLECTING:
        cycle.remind_at = clock.day_starts(cycle.appraisal_to) + MORNING


def _tell(
    session: AsyncSession,
    actor: Actor,
    cycle: EvaluationCycle,
    action: str,
    left: CycleStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step; the caller flushes."""
    session.add(
        EvaluationCycleStep(
            evaluation_cycle_id=cycle.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=cycle.status,
            reason=reason,
        )
    )
    events.record(
        session,
        CycleMoved(
            cycle_id=cycle.id,
            organization_id=cycle.organization_id,
            year=cycle.year,
            action=action,
            status=cycle.status,
        ),
    )
