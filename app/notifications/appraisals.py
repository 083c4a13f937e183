"""Who is told of the yearly appraisal: panels that are short, raters, members; of raters opened.

Nobody is told who answered, about whom or what.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, any_, cast, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.appraisals.eligible import known_as
from app.appraisals.events import CycleMoved, OpeningMoved
from app.appraisals.lifecycle import ASKED, LOOKED, PLANNED, REMINDED, CycleAction, OpeningAction
from app.appraisals.shortages import communities_short
from app.core import clock
from app.models.appraisal import AppraisalBallot, AppraisalRater, BallotWay, RaterOpening
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.house import AccessLog
from app.models.member import Registration, RegistrationStatus
from app.models.organization import Organization
from app.models.person import Role, RoleGrant
from app.notifications import many, service
from app.policies import content
from app.rules.appraisals import OPENERS

LIVING = (RegistrationStatus.ACTIVE, RegistrationStatus.SUSPENDED)


async def on_cycle_moved(session: AsyncSession, fact: int, event: CycleMoved) -> None:
    """Secretaries learn that a year is planned and, before it begins, that their panels are short;
    raters and members that it has begun, and on its last day who has not answered; functional
    branches that the sheets of their members are drafted."""
    cycle = await session.get_one(EvaluationCycle, event.cycle_id)
    below = select(Organization.id).where(Organization.lineage.contains([cycle.organization_id]))
    if event.action == PLANNED:
        await _tell(
            session,
            fact,
            cycle,
            "appraisal_planned",
            *_secretaries(RoleGrant.organization_id.in_(below)),
        )
    elif event.action == REMINDED and event.status == CycleStatus.PLANNED:
        short = cast(await communities_short(session, cycle), ARRAY(Uuid()))
        is_short = RoleGrant.organization_id == any_(short)
        await _tell(session, fact, cycle, "panels_short", *_secretaries(is_short))
    elif event.action == CycleAction.COLLECT:
        await _tell(session, fact, cycle, "appraisal_open", *_raters(cycle))
        is_member = and_(
            Registration.community_id.in_(below),
            Registration.status.in_(LIVING),
            Registration.person_id.is_not(None),
        )
        await _tell(session, fact, cycle, "self_report_open", Registration.person_id, is_member)
    elif event.action == CycleAction.OPEN_OBJECTIONS:
        await _tell(
            session,
            fact,
            cycle,
            "sheets_to_opine",
            *_secretaries(_is_branch_below(cycle), Role.BRANCH_SECRETARY),
        )
    elif event.action == REMINDED:
        person, where = _raters(cycle)
        has_answered = exists().where(AppraisalBallot.rater_id == AppraisalRater.id)
        await _tell(session, fact, cycle, "appraisal_ends", person, and_(where, ~has_answered))


async def on_opening_moved(session: AsyncSession, fact: int, event: OpeningMoved) -> None:
    """The named roles learn that somebody asks, who asked what became of it; the raters that they
    were looked at."""
    opening = await session.get_one(RaterOpening, event.opening_id)
    subject = ("rater_opening", opening.id)
    if event.action == ASKED:
        people = await service.holders_above(session, opening.community_id, *OPENERS)
        people.discard(opening.asked_by_id)
        await service.tell(session, fact, "opening_asked", people, subject, due=opening.due_at)
    elif event.action == LOOKED:
        raters = await session.scalars(
            select(AccessLog.owner_id).where(
                AccessLog.subject_kind == subject[0], AccessLog.subject_id == opening.id
            )
        )
        await service.tell(session, fact, "rater_opened", set(raters), subject)
    elif event.action in OUTCOMES:
        words = {"outcome": OUTCOMES[event.action]}
        await service.tell(
            session, fact, "opening_decided", [opening.asked_by_id], subject, **words
        )


OUTCOMES: Mapping[str, str] = {
    OpeningAction.AGREE: "已同意，可在时限内查看",
    OpeningAction.REFUSE: "未同意",
    OpeningAction.LAPSE: "无人答复，已失效",
}


def _is_branch_below(cycle: EvaluationCycle) -> Any:
    return RoleGrant.organization_id.in_(
        select(Organization.id).where(
            Organization.lineage.contains([cycle.organization_id]),
            Organization.kind == "functional_branch",
        )
    )


def _secretaries(is_there: Any, role: Role = Role.COMMUNITY_SECRETARY) -> tuple[Any, Any]:
    today = clock.today()
    return RoleGrant.person_id, and_(
        is_there,
        RoleGrant.role == role,
        RoleGrant.valid_from <= today,
        func.coalesce(RoleGrant.valid_to, today) >= today,
    )


def _raters(cycle: EvaluationCycle) -> tuple[Any, Any]:
    person = known_as(AppraisalRater)
    return person, and_(
        AppraisalRater.cycle_id == cycle.id,
        AppraisalRater.way == BallotWay.ONLINE,
        person.is_not(None),
    )


async def _tell(
    session: AsyncSession,
    fact: int,
    cycle: EvaluationCycle,
    message: str,
    person: Any,
    where: Any,
) -> None:
    """Everybody of the city whom it concerns, in one statement."""
    form = await content.require(session, "messages", message, pointer="/message")
    days = {"first": cycle.appraisal_from, "last": cycle.appraisal_to}
    words = {name: f"{day.month}月{day.day}日" for name, day in days.items()}
    text = form["text"].format(year=cycle.year, **words)
    data: dict[str, str] = {}
    if form["template"] != "none":
        template = await content.require(
            session, "templates", form["template"], pointer="/template"
        )
        shown = cycle.due_at or clock.now()
        data = service.fill(template["data"], form["title"], text, shown)
    subject = ("evaluation_cycle", cycle.id)
    await many.tell(session, fact, form, person, where, subject, text=text, data=data)
