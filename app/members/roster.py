"""The roster of an employer: a file is previewed, then applied whole, or not at all.

It is held for the employer: no community sees a line of it before the person it names consents.
Source: practice.md R3, R21, R22.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from app.core.prepared import Prepared, Reader
from app.members import roster_file, roster_plan
from app.members.placing import BRANCH_KINDS
from app.members.roster_file import Line, Roster
from app.members.roster_plan import Step
from app.models.member import Member
from app.models.organization import Import, ImportKind, Organization
from app.organizations import imports, tree
from app.organizations import service as organizations
from app.permissions import Actor, Permission, grants, require

P = Permission
BATCH = 2_000
BRANCH = "employer_branch"
EMPLOYER = select(Organization, grants(P.EMPLOYER_ROSTER))
ALLOWED = Prepared(
    select(Organization.kind, grants(P.EMPLOYER_ROSTER)).where(
        Organization.id == bindparam("organization_id", type_=Uuid())
    )
)
# What a new line has where the file says nothing.
UNSAID: dict[str, Any] = {
    "party_status": "full",
    "compound_text": None,
    "building_text": None,
    "skills": [],
    "is_protected": False,
}


@dataclass(frozen=True, slots=True)
class Preview:
    """A previewed roster: what becomes of its rows, in their order."""

    row: Import
    steps: list[tuple[int, Step]]


async def read(
    reader: Reader, actor: Actor, employer_id: UUID, source: BinaryIO, name: str, *, is_told: bool
) -> Roster:
    """What the file says, read in a process of its own before any transaction begins.

    `is_told`: the employer has told the people it lists. Source: content `employer_roster_notice`;
    practice.md R21.

    Raises:
        NotFound, Forbidden: no such employer; not its people.
        Invalid: it does not say that it has told them.
        FileRefused, TooLarge, Unavailable: see `core.sheets`.
    """
    binds = actor.binds() | {"organization_id": employer_id}
    row = await ALLOWED.one(reader, binds)
    if row is None or row["kind"] != "employer":
        raise NotFound
    require(row["grants"], P.EMPLOYER_ROSTER)
    if not is_told:
        raise Invalid.field("/confirms_notice", "not_confirmed", "请确认已告知名册中的党员")
    words = await roster_file.read_words(reader)
    return await asyncio.to_thread(roster_file.parse, source, name, words)


async def preview(
    session: AsyncSession, actor: Actor, employer_id: UUID, roster: Roster
) -> Preview:
    """What the file would change; kept for 24 hours. Rows and counts only, for it names people.

    Raises:
        NotFound, Forbidden: as for the employer.
    """
    employer = await _employer(session, actor, employer_id)
    known = await _living(session, employer_id)
    found = roster_plan.compare(known, await _branches(session, employer_id), roster.lines)
    steps = found.steps()
    taken = [step for _, step in steps]
    row = await imports.preview(
        session,
        actor,
        ImportKind.ROSTER,
        employer_id,
        file_digest=roster.digest,
        plan=[line._asdict() for line in roster.lines],
        state_digest=_digest(known),
        counts={
            "rows": len(roster.lines) + len(roster.idle) + roster.refused,
            "refused": roster.refused,
            **{step.value: taken.count(step) for step in Step},
            "missing": len(found.missing),
            "not_in_service": len(roster.idle),
            "in_service": len(roster.lines),
            "stated_headcount": employer.stated_headcount or 0,
        },
        refused=[error.problem for error in roster.errors],
    )
    return Preview(row, [(number, step) for number, step in steps if step != Step.UNCHANGED])


async def apply(
    session: AsyncSession, actor: Actor, import_id: UUID, *, leave_missing: bool
) -> Import:
    """The previewed lines are the roster; with `leave_missing` whom the file no longer has, has left.

    Branches that the employer does not have yet are made. All or nothing. Holds the employer until
    the transaction ends, so that two imports follow each other.

    Raises:
        NotFound, BadTransition, ImportLapsed, RowsRefused: as `imports.take`.
        StateChanged: the roster is no longer as it was previewed.
    """
    row, plan = await imports.take(session, actor, import_id, ImportKind.ROSTER)
    await tree.hold(session)
    employer = await _employer(session, actor, row.organization_id)
    known = await _living(session, employer.id)
    await imports.applied(session, actor, row, state_digest=_digest(known))
    lines = [Line(**plain | {"skills": tuple(plain["skills"])}) for plain in plan]
    branches = await _branches(session, employer.id)
    for name in sorted({line.branch for line in lines} - set(branches)):
        made = await organizations.add(session, employer, kind=BRANCH, name=name)
        branches[name] = made.id
    found = roster_plan.compare(known, branches, lines)
    changed = [(line, member) for line, member, step in found.known if step != Step.UNCHANGED]
    for line, member in changed:
        for column, value in roster_plan.columns(line, branches).items():
            setattr(member, column, value)
    if leave_missing:
        for member in found.missing:
            member.left_on = clock.today()
    await session.flush()
    same = {"employer_id": employer.id, "import_id": row.id}
    fresh = [
        UNSAID | roster_plan.columns(line, branches) | {"id": new_id()} | same
        for line in found.added
    ]
    for start in range(0, len(fresh), BATCH):
        await session.execute(insert(Member), fresh[start : start + BATCH])
    return row


async def _employer(session: AsyncSession, actor: Actor, employer_id: UUID) -> Organization:
    """The employer, locked against other imports; who registers meanwhile does not wait."""
    row = (
        await session.execute(
            EMPLOYER.where(
                Organization.id == employer_id, Organization.kind == "employer"
            ).with_for_update(of=Organization, key_share=True),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, P.EMPLOYER_ROSTER)
    found: Organization = row.Organization
    return found


async def _living(session: AsyncSession, employer_id: UUID) -> list[Member]:
    """The employer's lines, wherever they came from, locked."""
    rows = await session.scalars(
        select(Member)
        .where(Member.employer_id == employer_id, Member.left_on.is_(None))
        .order_by(Member.id)
        .with_for_update()
    )
    return list(rows)


async def _branches(session: AsyncSession, employer_id: UUID) -> dict[str, UUID]:
    """The employer's Party organizations by name; of one name the branch, then the nearest, holds."""
    rows = await session.execute(
        select(Organization.name, Organization.id)
        .where(
            Organization.lineage.overlap([employer_id]),
            Organization.kind.in_(BRANCH_KINDS),
            Organization.closed_on.is_(None),
        )
        .order_by(
            Organization.kind == BRANCH,
            func.cardinality(Organization.lineage).desc(),
            Organization.id.desc(),
        )
    )
    return {name: branch_id for name, branch_id in rows}


def _digest(known: Sequence[Member]) -> str:
    """What the preview was compared with: ids and versions of the lines."""
    text = ";".join(f"{member.id}:{member.version}" for member in known)
    return hashlib.sha256(text.encode()).hexdigest()
