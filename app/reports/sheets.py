"""Member sheets (反馈单): drafted from records for the member to read, issued by the community.

Source: practice.md R11, G; content `report_forms`.
"""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core.errors import NotFound
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, Statement
from app.permissions import Actor, Permission, grants, require
from app.policies import content
from app.policies import service as policies
from app.ratings import service as ratings
from app.reports import facts as figures
from app.reports import service
from app.reports.facts import MemberFacts, Period
from app.reports.freeze import canonical, freeze
from app.reports.lifecycle import ReportAction

NO_OPINION = "社区意见暂缺"
RATE_RULE = ("satisfaction.min_votes_exact", "satisfaction.min_votes_band", "satisfaction.bands")
STATES = {"active": "在册", "suspended": "暂停", "ended": "已结束"}


async def draft(
    session: AsyncSession, actor: Actor, community_id: UUID, period: Period
) -> Sequence[Report]:
    """Every member registered here in the period has a draft computed from the records as they are.

    Drafts of the same period are computed anew; of a sheet that was issued, the next edition is
    drafted. Who is on paper only, or has not agreed to be reported, has none.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await allowed(session, actor, community_id, Permission.COMMUNITY_REPORT)
    found = [
        facts
        for facts in await figures.of_community(session, community_id, period)
        if facts.person_id is not None and facts.is_reported
    ]
    rule = await rate_rule(session, community_id)
    known = await _known(session, found, period)
    drafts, new = [], []
    for facts in found:
        last = known.get(facts.registration_id)
        text = canonical(sheet_content(facts, period, rule))
        if last is not None and last.status is ReportStatus.DRAFT:
            last.content = text
            drafts.append(last)
            continue
        made = Report(
            kind=ReportKind.MEMBER_SHEET,
            issuer_id=community_id,
            employer_id=facts.employer_id,
            registration_id=facts.registration_id,
            person_id=facts.person_id,
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
        Invalid: an opinion that the content does not know.
    """
    report, granted = await service.get(session, actor, report_id, Permission.REPORT_SIGN)
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


async def rate_rule(session: AsyncSession, organization_id: UUID) -> tuple[int, int, list[int]]:
    """From how many votes a percentage is shown, from how many a band, and the bands' limits."""
    found = await policies.values(session, organization_id, *RATE_RULE)
    exact, band, bands = (found[key] for key in RATE_RULE)
    return exact, band, bands


def sheet_content(
    facts: MemberFacts, period: Period, rule: tuple[int, int, list[int]]
) -> dict[str, Any]:
    """The sections of the form `member_sheet`; no single rating, no words of a resident."""
    least_exact, least_band, bands = rule
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
            "state_in_period": STATES[facts.status],
        },
        "services": {
            "activity_count": facts.services,
            "total_minutes": facts.minutes,
            "work_time_minutes": facts.work_minutes,
            "main_services": facts.main_services,
        },
        "reliability": {
            name: facts.seats.get(name, 0)
            for name in (
                "taken",
                "completed",
                "released_in_time",
                "released_late",
                "excused",
                "no_show",
            )
        },
        "ratings": {
            "solved": facts.solved,
            "answered": facts.answered,
            "service_votes": facts.votes.valid,
            "satisfaction": ratings.shown(
                facts.votes, least_exact=least_exact, least_band=least_band, bands=bands
            ),
        },
        "opinions": {"community_opinion": NO_OPINION},
        "statement": [],
    }


async def allowed(
    session: AsyncSession, actor: Actor, organization_id: UUID, permission: Permission
) -> Organization:
    """The organization, if the actor may do this there.

    Raises:
        NotFound: there is none.
        Forbidden: the actor may not.
    """
    row = (
        await session.execute(
            select(Organization, grants(permission)).where(Organization.id == organization_id),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, permission)
    found: Organization = row.Organization
    return found


async def _known(
    session: AsyncSession, found: Sequence[MemberFacts], period: Period
) -> dict[UUID | None, Report]:
    """The last edition of each member's sheet of the period."""
    rows = await session.scalars(
        select(Report)
        .where(
            Report.registration_id
            == any_(cast([facts.registration_id for facts in found], ARRAY(Uuid()))),
            Report.kind == ReportKind.MEMBER_SHEET,
            Report.period_from == period.first,
            Report.period_to == period.last,
        )
        .order_by(Report.edition)
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
