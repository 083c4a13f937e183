"""What a member says of his own year: proposed from the facts, optional, his own words, sealed.

Source: domain.md §3.9; policy `evaluation.self_report`; content `appraisal.self_report_text`.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.appraisals import scene
from app.appraisals.scene import AppraisalClosed
from app.appraisals.schemas import SelfReportIn
from app.core import clock, ids
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.members.applications import CORE
from app.models.evaluation import CycleStatus, EvaluationCycle, SelfReport
from app.models.member import Registration
from app.models.organization import ContentItem, Organization
from app.models.post import Claim, Post
from app.models.record import RecordStatus, ServiceRecord
from app.permissions import Actor, Permission, may
from app.policies import service as policies

P = Permission
POLICY = "evaluation.self_report"
MOST_POSTS = 3
CYCLE = bindparam("cycle_id", type_=Uuid())

served = and_(
    ServiceRecord.registration_id == Registration.id,
    ServiceRecord.status == RecordStatus.APPROVED,
    ServiceRecord.served_on <= EvaluationCycle.facts_close_on,
    ServiceRecord.served_on > bindparam("since", type_=Date()),
)
services = select(func.count()).where(served).correlate(Registration, EvaluationCycle)
minutes = (
    select(func.coalesce(func.sum(ServiceRecord.minutes), 0))
    .where(served, ~ServiceRecord.is_work_time)
    .correlate(Registration, EvaluationCycle)
)
posts = (
    select(func.array_agg(Post.title))
    .join(Claim, Claim.post_id == Post.id)
    .where(
        Claim.registration_id == Registration.id,
        Claim.status.in_([literal_column("'serving'"), literal_column("'exit_pending'")]),
    )
    .correlate(Registration)
)
template = select(ContentItem.data["value"].astext).where(
    ContentItem.section == "appraisal", ContentItem.code == "self_report_text"
)
is_living = Registration.status.in_([literal_column("'active'"), literal_column("'suspended'")])
is_concerned = and_(
    Organization.id == Registration.community_id,
    EvaluationCycle.organization_id == any_(Organization.lineage),
)
YEAR_END = Prepared(
    select(EvaluationCycle.facts_close_on, EvaluationCycle.organization_id).where(
        EvaluationCycle.id == CYCLE
    )
)
SHOW = Prepared(
    select(
        EvaluationCycle.id.label("cycle_id"),
        EvaluationCycle.status,
        Registration.id.label("registration_id"),
        SelfReport.words,
        SelfReport.said_at,
        services.scalar_subquery().label("services"),
        minutes.scalar_subquery().label("minutes"),
        posts.scalar_subquery().label("posts"),
        template.scalar_subquery().label("template"),
    )
    .select_from(EvaluationCycle)
    .join(Registration, and_(is_living, may(P.REGISTRATION_OWN)))
    .join(Organization, is_concerned)
    .outerjoin(
        SelfReport,
        and_(
            SelfReport.cycle_id == EvaluationCycle.id,
            SelfReport.registration_id == Registration.id,
        ),
    )
    .where(EvaluationCycle.id == CYCLE)
)


async def show(reader: Reader, actor: Actor, cycle_id: UUID) -> dict[str, Any]:
    """What the actor has said of this year, and what is proposed; three statements.

    Raises:
        NotFound: no such cycle, or not registered where it holds.
    """
    binds = {"cycle_id": cycle_id}
    year = await YEAR_END.one(reader, binds)
    if year is None:
        raise NotFound
    since = clock.months_after(year["facts_close_on"], -12)
    row = await SHOW.one(reader, actor.binds() | binds | {"since": since})
    if row is None:
        raise NotFound
    said = await policies.show(reader, year["organization_id"], POLICY)
    return row | {
        "proposed": _proposed(row),
        "is_open": row["status"] is CycleStatus.COLLECTING and said["value"] != "none",
    }


async def say(session: AsyncSession, actor: Actor, cycle_id: UUID, body: SelfReportIn) -> None:
    """These are the member's words about this year, in place of earlier ones.

    Raises:
        NotFound: no such cycle, or not registered where it holds.
        AppraisalClosed: not within the window, or nobody is asked (`evaluation.self_report`).
    """
    registration_id = await session.scalar(
        select(Registration.id)
        .select_from(EvaluationCycle)
        .join(Registration, and_(is_living, may(P.REGISTRATION_OWN)))
        .join(Organization, is_concerned)
        .where(EvaluationCycle.id == cycle_id),
        actor.binds(),
    )
    if registration_id is None:
        raise NotFound
    cycle = await scene.held(session, cycle_id)
    scene.require_collecting(cycle)
    if await policies.value(session, cycle.organization_id, POLICY) == "none":
        raise AppraisalClosed
    saying = insert(SelfReport).values(
        id=ids.new_id(),
        cycle_id=cycle_id,
        registration_id=registration_id,
        words=body.words,
        said_at=clock.now(),
    )
    await session.execute(
        saying.on_conflict_do_update(
            index_elements=["registration_id", "cycle_id"],
            set_={"words": saying.excluded.words, "said_at": saying.excluded.said_at},
        )
    )


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """What the member said goes with the purpose it was said for."""
    if event.purpose == CORE:
        await _forget(session, event.person_id)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """Nothing that he said is kept; his registrations may name nobody already."""
    await _forget(session, event.person_id)


async def _forget(session: AsyncSession, person_id: UUID) -> None:
    his = select(Registration.id).where(
        or_(Registration.person_id == person_id, Registration.person_id.is_(None))
    )
    await session.execute(delete(SelfReport).where(SelfReport.registration_id.in_(his)))


def _proposed(row: dict[str, Any]) -> str:
    """A sentence of the year's facts; hours with one place, up to three posts by name."""
    held = (row["posts"] or [])[:MOST_POSTS]
    return str(row["template"]).format(
        services=row["services"],
        hours=f"{row['minutes'] / 60:.1f}",
        posts="，担任" + "、".join(held) if held else "",
    )
