"""The functional branch's sentence on the sheet of its member, chosen before the community signs.

It is chosen, not counted: the ballots of the branch's committee are votes like all others and are
told of as votes only. Source: practice.md R9; content `report_forms`,
`opinion_phrases.functional_branch`.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden, NotFound
from app.lifecycle import BadTransition
from app.models.report import Report, ReportStatus
from app.organizations.rights import require_in
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content
from app.reports import contents, service
from app.reports.contents import BRANCH_OPINION, BRANCH_OPINIONS
from app.reports.freeze import canonical
from app.reports.schemas import BranchOpinionsIn

P = Permission
OPINED = "opine"


async def choose(
    session: AsyncSession, actor: Actor, report_id: UUID, opinion: str | None
) -> Report:
    """The draft says the sentence in the name of the branch, or none, and so will what is signed.

    A next edition begins with what the one before said.

    Raises:
        NotFound, Forbidden: the sheet is not of a member of the actor's branch.
        BadTransition: it is signed.
        Invalid: a sentence that the content does not know.
    """
    report, granted = await _get(session, actor, report_id)
    require(granted, P.REPORT_OPINE)
    if report.status is not ReportStatus.DRAFT:
        raise BadTransition
    phrase = None
    if opinion is not None:
        phrase = await content.require(session, BRANCH_OPINIONS, opinion, pointer="/opinion")
    _say(session, actor, report, opinion, phrase)
    await session.flush()
    return report


async def choose_many(
    session: AsyncSession, actor: Actor, branch_id: UUID, body: BranchOpinionsIn
) -> dict[UUID, str | None]:
    """Each of these drafts says its sentence, or none, as after `choose`; or the code of why it does
    not. What is said already is not said again.

    All are locked in the order of their ids.

    Raises:
        NotFound, Forbidden: no such branch; not the actor's.
        Invalid: a sentence that the content does not know.
    """
    await require_in(session, actor, branch_id, P.BRANCH_OPINE)
    await content.require_all(
        session,
        BRANCH_OPINIONS,
        {f"/items/{place}/opinion": one.opinion for place, one in enumerate(body.items)},
    )
    phrases = await content.section(session, BRANCH_OPINIONS)
    chosen = {one.report_id: one.opinion for one in body.items}
    rows = await session.execute(
        FOUND.where(Report.id.in_(chosen)).order_by(Report.id), actor.binds()
    )
    answers: dict[UUID, str | None] = dict.fromkeys(chosen, NotFound.code)
    for report, granted in rows:
        opinion = chosen[report.id]
        if P.REPORT_OPINE not in granted:
            answers[report.id] = Forbidden.code
        elif report.status is not ReportStatus.DRAFT:
            answers[report.id] = BadTransition.code
        else:
            answers[report.id] = None
            if report.branch_opinion != opinion:
                phrase = None if opinion is None else phrases[opinion]
                _say(session, actor, report, opinion, phrase)
    await session.flush()
    return answers


# A sheet, locked; the branch's secretary may write on it and not read it.
FOUND = (
    select(Report, grants(P.REPORT_OPINE))
    .where(may(P.REPORT_OPINE) | may(P.REPORT_READ))
    .with_for_update(of=Report)
)


async def _get(session: AsyncSession, actor: Actor, report_id: UUID) -> tuple[Report, list[str]]:
    row = (await session.execute(FOUND.where(Report.id == report_id), actor.binds())).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _say(
    session: AsyncSession,
    actor: Actor,
    report: Report,
    opinion: str | None,
    phrase: Mapping[str, Any] | None,
) -> None:
    said = json.loads(report.content)
    said["opinions"].pop(BRANCH_OPINION, None)
    said["opinions"] |= contents.of_branch(phrase)
    report.branch_opinion, report.content = opinion, canonical(said)
    service.note(session, actor, report, OPINED, report.status)
    service.announce(session, report, OPINED)
