"""Member sheets (反馈单): drafted from records for the member to read, issued by the community.

Source: practice.md R11, G; content `report_forms`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import ids
from app.core.errors import Invalid
from app.evaluations import conduct
from app.lifecycle import BadTransition
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, Statement
from app.permissions import Actor, Permission, may
from app.ratings import figures
from app.reports import contents, facts, reading_line, service
from app.reports.consents import ReportRefused
from app.reports.contents import Words
from app.reports.facts import MemberFacts
from app.reports.freeze import canonical, freeze_each, lock_issuer
from app.reports.lifecycle import ReportAction
from app.reports.periods import Period


class Signed(NamedTuple):
    """What became of a sheet: whose it is, its number, or in words why it has none."""

    report_id: UUID
    name: str
    number: str | None
    refused: str


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
    report, _ = await service.get(session, actor, report_id, Permission.REPORT_SIGN)
    words = await contents.words(session)
    if opinion is not None and opinion not in words.opinions:
        raise Invalid.field("/opinion", "unknown_code", "不在可选范围内")
    if report.status is not ReportStatus.DRAFT:
        raise BadTransition
    if not await _sign(session, actor, [(report, opinion)], words):
        raise ReportRefused
    return report


async def issue_many(
    session: AsyncSession, actor: Actor, community_id: UUID, ids: Sequence[UUID]
) -> list[Signed]:
    """Each of `ids` is signed with the first sentence that its draft proposes, or stays as it was.

    Nobody is held up by one that cannot be signed. What is no sheet of the community is not in the
    answer. As many statements as for one of each period.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await service.organization(
        session, actor, community_id, "community", Permission.COMMUNITY_REPORT
    )
    rows = await session.scalars(
        select(Report)
        .where(
            Report.id.in_(ids),
            Report.issuer_id == community_id,
            Report.kind == ReportKind.MEMBER_SHEET,
        )
        .order_by(Report.period_to, Report.period_from, Report.id)
        .with_for_update()
    )
    found = {row.id: (row, json.loads(row.content)) for row in rows}
    drafts = [
        (row, _first(said)) for row, said in found.values() if row.status is ReportStatus.DRAFT
    ]
    words = await contents.words(session)
    signed: set[UUID] = set()
    for _, group in groupby(drafts, key=lambda each: (each[0].period_from, each[0].period_to)):
        signed |= {row.id for row in await _sign(session, actor, list(group), words)}
    refused = dict.fromkeys(found, BadTransition.title) | {
        row.id: ReportRefused.title for row, _ in drafts
    }
    return [
        Signed(row.id, said["basics"]["name"], row.number, "")
        if row.id in signed
        else Signed(row.id, said["basics"]["name"], None, refused[row.id])
        for row, said in found.values()
    ]


def _first(said: Mapping[str, Any]) -> str | None:
    """The code of the first sentence that a draft proposes."""
    proposed = said["opinions"].get("proposed")
    return proposed[0]["code"] if proposed else None


async def _sign(
    session: AsyncSession, actor: Actor, drafts: Sequence[tuple[Report, str | None]], words: Words
) -> list[Report]:
    """Those of the drafts, all of one community and period, whose members agree are signed, each
    with its sentence."""
    first = drafts[0][0]
    period = Period(first.period_from, first.period_to)
    ids = [row.registration_id for row, _ in drafts]
    found = _agreeing(await facts.of_registrations(session, ids, period))
    agreeing = [each for each in drafts if each[0].registration_id in found]
    if not agreeing:
        return []
    reports = [row for row, _ in agreeing]
    chosen = {row.registration_id: row.branch_opinion for row in reports}
    olds = await service.replaced(
        session, reports
    )  # locked before the figures, as all who read both
    said = await _contents(session, first.issuer_id, found, period, words, chosen)
    stated = await _said(session, reports)
    texts = []
    for row, opinion in agreeing:
        filled = said[row.registration_id]  # type: ignore[index]  # a sheet has one
        filled["statement"]["member_statement"] = stated[row.id]
        del filled["opinions"]["proposed"]
        if opinion is not None:
            filled["opinions"]["community_opinion"] = words.opinions[opinion]["text"]
        filled["reading_line"] = reading_line.write(words.line, filled)
        texts.append((row, filled, olds.get(row.supersedes_id)))  # type: ignore[arg-type]
    await freeze_each(session, first.issuer_id, ReportKind.MEMBER_SHEET, texts)
    for row in reports:
        row.signer_id = actor.person_id
        service.moved(session, actor, row, ReportAction.ISSUE, None)
    await service.supersede(session, actor, olds.values())
    return reports


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
    """The last edition of each member's sheet of the period; all are locked, in the order of summaries."""
    rows = await session.scalars(
        select(Report).where(*_of(registration_ids, period)).order_by(Report.id).with_for_update()
    )
    return {row.registration_id: row for row in sorted(rows, key=lambda row: row.edition)}


def _of(registration_ids: Iterable[UUID], period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        Report.registration_id == any_(cast(list(registration_ids), ARRAY(Uuid()))),
        Report.kind == ReportKind.MEMBER_SHEET,
        Report.period_from == period.first,
        Report.period_to == period.last,
    )


async def _said(session: AsyncSession, reports: Iterable[Report]) -> dict[UUID, list[str]]:
    """What each member has said to his sheet, in its order."""
    found: dict[UUID, list[str]] = {row.id: [] for row in reports}
    rows = await session.execute(
        select(Statement.report_id, Statement.words)
        .where(Statement.report_id.in_(found))
        .order_by(Statement.said_at, Statement.id)
    )
    for report_id, words in rows:
        found[report_id].append(words)
    return found
