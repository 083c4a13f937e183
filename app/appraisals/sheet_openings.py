"""Who rated a member in a year, asked for by the number of his sheet, as it lies before the auditor."""

from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.appraisals import openings
from app.appraisals.opening_schemas import OpeningIn
from app.core.errors import Invalid
from app.models.appraisal import OpeningSource, RaterOpening
from app.models.evaluation import EvaluationCycle
from app.models.member import Registration
from app.models.organization import Organization
from app.models.report import Report
from app.organizations.rights import require_in
from app.permissions import Actor, Permission

P = Permission


async def ask(
    session: AsyncSession, actor: Actor, organization_id: UUID, number: str, reason: str
) -> RaterOpening:
    """As `openings.ask`, of the year that the sheet with this number is about, issued below the place.

    Raises:
        NotFound: no such organization. Forbidden: neither auditor nor discipline contact there.
        Invalid: no sheet of a year has this number below the place.
        As `openings.ask`.
    """
    await require_in(session, actor, organization_id, P.RATERS_ASK)
    found = (
        await session.execute(
            select(Registration.id, Registration.community_id, EvaluationCycle.id)
            .select_from(Report)
            .join(Registration, Registration.id == Report.registration_id)
            .join(Organization, Organization.id == Registration.community_id)
            .join(EvaluationCycle, EvaluationCycle.organization_id == any_(Organization.lineage))
            .where(
                Report.number == number,
                Report.period_to == EvaluationCycle.facts_close_on,
                Organization.lineage.contains([organization_id]),
            )
        )
    ).first()
    if found is None:
        raise Invalid.field("/number", "unknown_number", "没有这个编号的年度反馈单")
    registration_id, community_id, cycle_id = found
    body = OpeningIn(
        registration_id=registration_id,
        source=OpeningSource.APPRAISAL,
        source_id=cycle_id,
        reason=reason,
    )
    return await openings.ask(session, actor, community_id, body)
