"""Member sheets (反馈单): drafted from records for the member to read, issued by the community.

Source: practice.md R11, G; content `report_forms`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import ids
from app.core.errors import Invalid
from app.evaluations import conduct
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, Statement
from app.permissions import Actor, Permission, may
from app.ratings import figures
from app.reports import contents, facts, reading_line, service
from app.reports.consents import ReportRefused
from app.reports.contents import Words
from app.reports.facts import MemberFacts
from app.reports.freeze import canonical, freeze, lock_issuer
from app.reports.lifecycle import ReportAction
from app.reports.periods import Period


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
    chosen = {each: last.branch_opinion for each, last in known.items()}
    words = await contents.words(session)
    said = await _contents(session, community_id, found, period, words, chosen)
    drafts, new = [], []
    for registration_id, member in found.items():
        last = known.get(registration_id)
        if last is not None and last.status is ReportStatus.DRAFT:
            last.content = canonical(said[registration_id])
            drafts.append(last)
            continue
        made = _new(member, period, said[registration_id], last)
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
    words = await contents.words(session)
    said = await _contents(session, community_id, found, period, words, {})
    await _add(session, [_new(found[each], period, said[each], None) for each in found])
    return len(found)


async def _reported(
    session: AsyncSession, community_id: UUID, period: Period
) -> dict[UUID, MemberFacts]:
    return _agreeing(await facts.of_community(session, community_id, period))


def _agreeing(found: Iterable[MemberFacts]) -> dict[UUID, MemberFacts]:
    return {each.registration_id: each for each in found if each.is_reported}


async def _contents(
    session: AsyncSession,
    community_id: UUID,
    found: Mapping[UUID, MemberFacts],
    period: Period,
    words: Words,
    branch_opinions: Mapping[UUID | None, str | None],
) -> dict[UUID, dict[str, Any]]:
    """What the sheet of each says, as everything stands now."""
    rates = await figures.of_members(session, community_id, found, period.last)
    conducts = await conduct.of_registrations(session, found, period)
    return {
        each: contents.sheet_content(
            member, period, rates[each], conducts[each], words, branch_opinions.get(each)
        )
        for each, member in found.items()
    }


def _new(member: MemberFacts, period: Period, said: dict[str, Any], last: Report | None) -> Report:
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
        content=canonical(said),
        branch_opinion=last.branch_opinion if last else None,
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

    It says what holds at this moment: what the member objects to and is not decided is left out and
    comes with the next edition. `opinion` is a code of `opinion_phrases.community`, none is allowed.

    Raises:
        NotFound, Forbidden: see `service.get`.
        BadTransition: issued before.
        ReportRefused: the member agrees no longer.
        Invalid: an opinion that the content does not know.
    """
    await _one_after_the_other(session, actor, report_id)
    report, granted = await service.get(session, actor, report_id, Permission.REPORT_SIGN)
    period = Period(report.period_from, report.period_to)
    found = _agreeing(await facts.of_registration(session, report.registration_id, period))
    if not found:
        raise ReportRefused
    words = await contents.words(session)
    if opinion is not None and opinion not in words.opinions:
        raise Invalid.field("/opinion", "unknown_code", "不在可选范围内")
    chosen = {report.registration_id: report.branch_opinion}
    said = await _contents(session, report.issuer_id, found, period, words, chosen)
    (filled,) = said.values()
    filled["statement"]["member_statement"] = await _said(session, report.id)
    del filled["opinions"]["proposed"]
    if opinion is not None:
        filled["opinions"]["community_opinion"] = words.opinions[opinion]["text"]
    filled["reading_line"] = reading_line.write(words.line, filled)
    old = await service.replaced(session, report)
    await freeze(session, report, filled, old)
    report.signer_id = actor.person_id
    service.moved(session, actor, report, ReportAction.ISSUE, granted)
    await service.supersede(session, actor, old)
    return report


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


async def _said(session: AsyncSession, report_id: UUID) -> list[str]:
    rows = await session.scalars(
        select(Statement.words)
        .where(Statement.report_id == report_id)
        .order_by(Statement.said_at, Statement.id)
    )
    return [*rows]
