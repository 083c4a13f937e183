"""Member sheets (反馈单): drafted from records for the member to read, issued by the community.

Source: practice.md R11, G; content `report_forms`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import ids
from app.core.errors import Invalid
from app.models.member import RegistrationStatus
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, Statement
from app.permissions import Actor, Permission, may
from app.policies import content
from app.ratings import figures
from app.ratings.figures import Figure
from app.reports import facts, reading_line, service
from app.reports.consents import ReportRefused, agreed
from app.reports.facts import MemberFacts
from app.reports.freeze import canonical, freeze, lock_issuer
from app.reports.lifecycle import ReportAction
from app.reports.periods import Period
from app.reports.reading_line import NO_OPINION

FORM, OPINIONS = "report_forms", "opinion_phrases.community"
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
    found = await _reported(session, community_id, period)
    known = await _known(session, found, period)
    contents = await _contents(session, community_id, found, period)
    drafts, new = [], []
    for registration_id, member in found.items():
        last = known.get(registration_id)
        if last is not None and last.status is ReportStatus.DRAFT:
            last.content = contents[registration_id]
            drafts.append(last)
            continue
        made = _new(member, period, contents[registration_id], last)
        drafts.append(made)
        new.append(made)
    await _add(session, new)
    return drafts


async def draft_missing(session: AsyncSession, community_id: UUID, period: Period) -> int:
    """Who has no sheet of the period in any edition has a draft; how many were made.

    Locks the community, as `draft` does.
    """
    await lock_issuer(session, community_id)
    found = await _reported(session, community_id, period)
    have = await session.scalars(
        select(Report.registration_id).where(*_of(found, period)).distinct()
    )
    for registration_id in have:
        found.pop(registration_id, None)  # type: ignore[arg-type]  # a sheet has one
    contents = await _contents(session, community_id, found, period)
    await _add(session, [_new(found[each], period, contents[each], None) for each in found])
    return len(found)


async def _reported(
    session: AsyncSession, community_id: UUID, period: Period
) -> dict[UUID, MemberFacts]:
    return {
        each.registration_id: each
        for each in await facts.of_community(session, community_id, period)
        if each.is_reported
    }


async def _contents(
    session: AsyncSession, community_id: UUID, found: Mapping[UUID, MemberFacts], period: Period
) -> dict[UUID, str]:
    rates = await figures.of_members(session, community_id, found, period.last)
    form = await line_form(session)
    return {
        registration_id: canonical(sheet_content(member, period, rates[registration_id], form))
        for registration_id, member in found.items()
    }


def _new(member: MemberFacts, period: Period, text: str, last: Report | None) -> Report:
    return Report(
        id=ids.new_id(),
        kind=ReportKind.MEMBER_SHEET,
        issuer_id=member.community_id,
        employer_id=member.employer_id,
        registration_id=member.registration_id,
        person_id=member.person_id,
        period_from=period.first,
        period_to=period.last,
        edition=last.edition + 1 if last else 1,
        supersedes_id=last.id if last else None,
        status=ReportStatus.DRAFT,
        content=text,
    )


async def _add(session: AsyncSession, drafts: Sequence[Report]) -> None:
    session.add_all(drafts)
    for made in drafts:
        service.announce(session, made, "draft")
    await session.flush()


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
    agrees = await _one_after_the_other(session, actor, report_id)
    report, granted = await service.get(session, actor, report_id, Permission.REPORT_SIGN)
    if not agrees:
        raise ReportRefused
    words = await content.sections(session, FORM, OPINIONS)
    if opinion is not None and opinion not in words[OPINIONS]:
        raise Invalid.field("/opinion", "unknown_code", "不在可选范围内")
    filled: dict[str, Any] = json.loads(report.content)
    filled["statement"] = await _said(session, report.id)
    filled["opinions"]["community_opinion"] = (
        NO_OPINION if opinion is None else words[OPINIONS][opinion]["text"]
    )
    form = words[FORM][ReportKind.MEMBER_SHEET]["reading_line"]
    filled["reading_line"] = reading_line.write(form, filled)
    old = await service.replaced(session, report)
    await freeze(session, report, filled, old)
    report.signer_id = actor.person_id
    service.moved(session, actor, report, ReportAction.ISSUE, granted)
    await service.supersede(session, actor, old)
    return report


async def line_form(session: AsyncSession) -> str:
    """The form of the sentence that is read out."""
    form = await content.find(session, FORM, ReportKind.MEMBER_SHEET) or {}
    return str(form["reading_line"])


def sheet_content(facts: MemberFacts, period: Period, rate: Figure, form: str) -> dict[str, Any]:
    """The sections of the form `member_sheet`; no single rating, no words of a resident."""
    sheet: dict[str, Any] = {
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
            "posts_held": facts.posts_held,
            "appointments": facts.appointments,
            "activity_count": facts.activities,
            "post_count": facts.posts,
            "emergency_count": facts.emergencies,
            "pairing_wish": {"pairings": facts.pairings, "wishes": facts.wishes},
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
            "relayed_thanks": facts.thanks,
        },
        "opinions": {"community_opinion": NO_OPINION},
        "statement": [],
    }
    return sheet | {"reading_line": reading_line.write(form, sheet)}


def _state(facts: MemberFacts) -> str:
    """在册, 暂停 with its days, 已结束."""
    state = STATES[facts.status]
    if facts.status is not RegistrationStatus.SUSPENDED:
        return state
    return f"{state}（{facts.suspended_from or ''}至{facts.suspended_to or '今'}）"


async def _one_after_the_other(session: AsyncSession, actor: Actor, report_id: UUID) -> bool:
    """Whether the member of the sheet agrees to be reported.

    Locks the issuer of a report that the actor may sign, before the report: the order in which
    drafting and freezing lock them.
    """
    found = await session.scalar(
        select(agreed(Report.person_id))
        .select_from(Report)
        .join(Organization, Organization.id == Report.issuer_id)
        .where(Report.id == report_id, may(Permission.REPORT_SIGN))
        .with_for_update(of=Organization, key_share=True),
        actor.binds(),
    )
    return bool(found)


async def _known(
    session: AsyncSession, registration_ids: Iterable[UUID], period: Period
) -> dict[UUID | None, Report]:
    """The last edition of each member's sheet of the period, locked."""
    rows = await session.scalars(
        select(Report)
        .where(*_of(registration_ids, period))
        .order_by(Report.edition, Report.id)
        .with_for_update()
    )
    return {row.registration_id: row for row in rows}


def _of(registration_ids: Iterable[UUID], period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        Report.registration_id == any_(cast(list(registration_ids), ARRAY(Uuid()))),
        Report.kind == ReportKind.MEMBER_SHEET,
        Report.period_from == period.first,
        Report.period_to == period.last,
    )


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
