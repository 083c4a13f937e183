"""Member sheets (反馈单): drafted from records for the member to read, issued by the community.

Source: practice.md R11, G; content `report_forms`.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.models.member import RegistrationStatus
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, Statement
from app.permissions import Actor, Permission, may
from app.policies import content
from app.ratings import figures
from app.ratings.figures import Figure
from app.reports import consents, facts, service
from app.reports.facts import MemberFacts
from app.reports.freeze import canonical, freeze
from app.reports.lifecycle import ReportAction
from app.reports.periods import Period

NO_OPINION = "社区意见暂缺"
KEPT = ("taken", "completed", "released_in_time", "released_late", "excused", "no_show")
STATES = {
    RegistrationStatus.ACTIVE: "在册",
    RegistrationStatus.SUSPENDED: "暂停",
    RegistrationStatus.ENDED: "已结束",
}


async def draft(
    session: AsyncSession, actor: Actor, community_id: UUID, period: Period
) -> Sequence[Report]:
    """Every member registered here in the period has a draft computed from the records as they are.

    Drafts of the same period are computed anew; of a sheet that was issued, the next edition is
    drafted. Who is on paper only, or has not agreed to be reported, has none.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await service.organization(
        session, actor, community_id, "community", Permission.COMMUNITY_REPORT
    )
    found = {
        each.registration_id: each
        for each in await facts.of_community(session, community_id, period)
        if each.is_reported
    }
    rates = await figures.of_members(session, community_id, found, period.last)
    known = await _known(session, found, period)
    drafts, new = [], []
    for registration_id, member in found.items():
        last = known.get(registration_id)
        text = canonical(sheet_content(member, period, rates[registration_id]))
        if last is not None and last.status is ReportStatus.DRAFT:
            last.content = text
            drafts.append(last)
            continue
        made = Report(
            kind=ReportKind.MEMBER_SHEET,
            issuer_id=community_id,
            employer_id=member.employer_id,
            registration_id=registration_id,
            person_id=member.person_id,
            period_from=period.first,
            period_to=period.last,
            edition=last.edition + 1 if last else 1,
            supersedes_id=last.id if last else None,
            content=text,
        )
        session.add(made)
        drafts.append(made)
        new.append(made)
    await session.flush()
    for made in new:
        service.announce(session, made, "draft")
    await session.flush()
    return drafts


async def issue(
    session: AsyncSession, actor: Actor, report_id: UUID, opinion: str | None
) -> Report:
    """The sheet is frozen, numbered and signed in the name of the community; it can be verified.

    What the member said goes into it; an objection that is not answered is left out and comes with
    the next edition. `opinion` is a code of `opinion_phrases.community`, none is allowed.

    Raises:
        NotFound, Forbidden: see `service.get`.
        BadTransition: issued before.
        ReportRefused: the member agrees no longer.
        Invalid: an opinion that the content does not know.
    """
    await _one_after_the_other(session, actor, report_id)
    report, granted = await service.get(session, actor, report_id, Permission.REPORT_SIGN)
    await consents.require(session, report)
    text = None
    if opinion is not None:
        phrase = await content.require(
            session, "opinion_phrases.community", opinion, pointer="/opinion"
        )
        text = phrase["text"]
    await service.moved(session, actor, report, ReportAction.ISSUE, granted)
    filled: dict[str, Any] = json.loads(report.content)
    filled["opinions"]["community_opinion"] = text or NO_OPINION
    filled["statement"] = await _said(session, report.id)
    report.content, report.signer_id = canonical(filled), actor.person_id
    await freeze(session, report)
    await service.supersede(session, actor, report)
    return report


def sheet_content(facts: MemberFacts, period: Period, rate: Figure) -> dict[str, Any]:
    """The sections of the form `member_sheet`; no single rating, no words of a resident."""
    return {
        "form": "member_sheet",
        "head": {"period": [day.isoformat() for day in period], "issuer": facts.community},
        "basics": {
            "name": facts.name,
            "employer": facts.employer,
            "party_organization": facts.branch,
            "party_status": facts.party_status,
            "community": facts.community,
            "grid": facts.grid,
            "functional_organization": facts.functional,
            "registered_on": facts.registered_on.isoformat(),
            "certificate_number": facts.certificate_number,
            "channel": facts.channel,
            "state_in_period": _state(facts),
        },
        "services": {
            "activity_count": facts.services,
            "total_minutes": facts.minutes,
            "work_time_minutes": facts.work_minutes,
            "main_services": facts.main_services,
        },
        "reliability": {name: facts.seats.get(name, 0) for name in KEPT},
        "ratings": {
            "solved": facts.solved,
            "answered": facts.answered,
            "service_votes": rate.service_votes,
            "appraisal_votes": rate.appraisal_votes,
            "satisfaction": rate.satisfaction,
            "counted_until": rate.until and rate.until.isoformat(),
        },
        "opinions": {"community_opinion": NO_OPINION},
        "statement": [],
    }


def _state(facts: MemberFacts) -> str:
    """在册, 暂停 with its days, 已结束."""
    state = STATES[facts.status]
    if facts.status is not RegistrationStatus.SUSPENDED:
        return state
    return f"{state}（{facts.suspended_from or ''}至{facts.suspended_to or '今'}）"


async def _one_after_the_other(session: AsyncSession, actor: Actor, report_id: UUID) -> None:
    """Locks the issuer of a report that the actor may sign, before the report: the order in which
    drafting and freezing lock them."""
    await session.execute(
        select(Organization.id)
        .join(Report, Report.issuer_id == Organization.id)
        .where(Report.id == report_id, may(Permission.REPORT_SIGN))
        .with_for_update(of=Organization, key_share=True),
        actor.binds(),
    )


async def _known(
    session: AsyncSession, registration_ids: Iterable[UUID], period: Period
) -> dict[UUID | None, Report]:
    """The last edition of each member's sheet of the period, locked."""
    rows = await session.scalars(
        select(Report)
        .where(
            Report.registration_id == any_(cast(list(registration_ids), ARRAY(Uuid()))),
            Report.kind == ReportKind.MEMBER_SHEET,
            Report.period_from == period.first,
            Report.period_to == period.last,
        )
        .order_by(Report.edition, Report.id)
        .with_for_update()
    )
    return {row.registration_id: row for row in rows}


async def _said(session: AsyncSession, report_id: UUID) -> list[dict[str, Any]]:
    rows = await session.scalars(
        select(Statement)
        .where(
            Statement.report_id == report_id,
            ~Statement.is_objection | Statement.answer.is_not(None),
        )
        .order_by(Statement.said_at)
    )
    return [
        {"words": row.words, "is_objection": row.is_objection, "answer": row.answer} for row in rows
    ]
