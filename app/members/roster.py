"""The roster of an employer: a file is previewed, then applied whole, or not at all.

It is held for the employer: no community sees a line of it before the person it names consents.
Only the columns of the tenant's content are read. Source: practice.md R3, R21, R22.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import Uuid, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from app.core.prepared import Prepared, Reader
from app.core.sheets import cells, reading
from app.core.sheets.tables import CellError, Table
from app.models.member import Member, MemberSource
from app.models.organization import Import, ImportKind, Organization
from app.organizations import imports, words
from app.organizations import service as organizations
from app.permissions import Actor, Permission, grants, require

P = Permission
FILE, SHEET = "roster", "members"
BATCH = 2_000
EMPLOYER = select(Organization, grants(P.EMPLOYER_ROSTER))
ALLOWED = Prepared(
    select(Organization.kind, grants(P.EMPLOYER_ROSTER)).where(
        Organization.id == bindparam("organization_id", type_=Uuid())
    )
)


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is kept: what the file says of one member."""

    name: str
    phone: str
    branch: str
    party_status: str
    compound_text: str | None
    building_text: str | None
    skills: tuple[str, ...]
    is_protected: bool


@dataclass(frozen=True, slots=True)
class Roster:
    """A file as it was read: its lines, whom it names as not in service, what was refused."""

    lines: list[Line]
    not_in_service: int
    errors: list[CellError]
    unread: tuple[str, ...]
    skipped: tuple[int, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A roster beside the lines that the employer has now."""

    added: list[Line]
    changed: list[tuple[Member, Line]]
    unchanged: int
    missing: list[Member]


async def read(
    reader: Reader, actor: Actor, employer_id: UUID, source: BinaryIO, name: str
) -> Roster:
    """What the file says, read in a process of its own before any transaction begins.

    Raises:
        NotFound, Forbidden: no such employer; not its people.
        FileRefused, TooLarge, Unavailable: see `core.sheets`.
    """
    binds = actor.binds() | {"organization_id": employer_id}
    row = await ALLOWED.one(reader, binds)
    if row is None or row["kind"] != "employer":
        raise NotFound
    require(row["grants"], P.EMPLOYER_ROSTER)
    forms = await words.read_forms(reader, FILE)
    return await asyncio.to_thread(parse, source, name, forms)


def parse(source: BinaryIO, name: str, forms: Sequence[Any]) -> Roster:
    """The file's rows as lines; digest over its bytes."""
    digest = hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]  # any binary file
    source.seek(0)
    book = reading.read(source, name, forms)
    table = book.tables[SHEET]
    lines, errors, phones, idle = [], [], [], 0
    for row in table.rows:
        taken = _take(table, row)
        wrong = [value for value in taken.values() if isinstance(value, CellError)]
        errors += wrong
        if isinstance(taken["phone"], str):
            phones.append((row.number, taken["phone"]))
        if wrong:
            continue
        line = Line(**taken)
        if _is_idle(line.branch):
            idle += 1
        else:
            lines.append(line)
    errors += table.repeated("phone", phones)
    return Roster(lines, idle, errors, table.ignored, table.skipped, digest)


# Words of a branch's name that say its members are not in service. Source: content `imports` hints.
IDLE_BRANCHES = ("离退休", "退休", "学生")
STATUSES = {"正式党员": "full", "正式": "full", "预备党员": "probationary", "预备": "probationary"}


def _is_idle(branch: str) -> bool:
    return any(word in branch for word in IDLE_BRANCHES)


def _take(table: Table, row: Any) -> dict[str, Any]:
    """Each kept column's value, or what is wrong with its cell."""
    status = table.take(row, "party_status", cells.optional(cells.choice(STATUSES)))
    return {
        "name": table.take(row, "name", cells.name),
        "phone": table.take(row, "phone", cells.phone),
        "branch": table.take(row, "party_organization", cells.words(100)),
        "party_status": status or "full",
        "compound_text": table.take(row, "compound", cells.optional(cells.words(60))),
        "building_text": table.take(row, "building", cells.optional(cells.words(60))),
        "skills": table.take(row, "skills", cells.items),
        "is_protected": table.take(row, "protected", cells.yes_no),
    }


async def preview(session: AsyncSession, actor: Actor, employer_id: UUID, roster: Roster) -> Import:
    """What the file would change; kept for 24 hours. Counts only, for it names people.

    Raises:
        NotFound, Forbidden: as for the employer.
    """
    employer = await _employer(session, actor, employer_id)
    known = await _living(session, employer_id)
    found = _compare(known, await _branches(session, employer_id), roster.lines)
    return await imports.preview(
        session,
        actor,
        ImportKind.ROSTER,
        employer_id,
        file_digest=roster.digest,
        plan=[asdict(line) for line in roster.lines],
        state_digest=_digest(known),
        counts={
            "rows": len(roster.lines) + roster.not_in_service,
            "added": len(found.added),
            "changed": len(found.changed),
            "unchanged": found.unchanged,
            "missing": len(found.missing),
            "not_in_service": roster.not_in_service,
            "refused": len(roster.errors),
            "stated_headcount": employer.stated_headcount or 0,
        },
    )


async def apply(
    session: AsyncSession, actor: Actor, import_id: UUID, *, leave_missing: bool
) -> Import:
    """The previewed lines are the roster; with `leave_missing` whom the file no longer has, has left.

    Branches that the employer does not have yet are made. All or nothing.

    Raises:
        NotFound, BadTransition, ImportLapsed, RowsRefused: as `imports.take`.
        StateChanged: the roster is no longer as it was previewed.
    """
    row, plan = await imports.take(session, actor, import_id, ImportKind.ROSTER)
    employer = await _employer(session, actor, row.organization_id)
    known = await _living(session, employer.id)
    await imports.applied(session, actor, row, state_digest=_digest(known))
    lines = [Line(**plain | {"skills": tuple(plain["skills"])}) for plain in plan]
    branches = await _branches(session, employer.id)
    for name in sorted({line.branch for line in lines} - set(branches)):
        made = await organizations.add(session, employer, kind="employer_branch", name=name)
        branches[name] = made.id
    found = _compare(known, branches, lines)
    for member, line in found.changed:
        for column, value in _columns(line, branches).items():
            setattr(member, column, value)
    if leave_missing:
        for member in found.missing:
            member.left_on = clock.today()
    await session.flush()
    fresh = [
        _columns(line, branches)
        | {
            "id": new_id(),
            "employer_id": employer.id,
            "source": MemberSource.ROSTER,
            "import_id": row.id,
        }
        for line in found.added
    ]
    for start in range(0, len(fresh), BATCH):
        await session.execute(insert(Member), fresh[start : start + BATCH])
    return row


def _columns(line: Line, branches: Mapping[str, UUID]) -> dict[str, Any]:
    return {
        "name": line.name,
        "name_hash": fields.find_by(line.name),
        "phone": line.phone,
        "phone_hash": fields.find_by(line.phone),
        "branch_id": branches.get(line.branch),
        "party_status": line.party_status,
        "compound_text": line.compound_text,
        "building_text": line.building_text,
        "skills": list(line.skills),
        "is_protected": line.is_protected,
    }


def _compare(
    known: Sequence[Member], branches: Mapping[str, UUID], lines: Sequence[Line]
) -> Compared:
    by_phone = {member.phone_hash: member for member in known}
    added, changed, unchanged, kept = [], [], 0, set()
    for line in lines:
        member = by_phone.get(fields.find_by(line.phone))
        if member is None:
            added.append(line)
            continue
        kept.add(member.id)
        wanted = _columns(line, branches)
        if any(getattr(member, column) != value for column, value in wanted.items()):
            changed.append((member, line))
        else:
            unchanged += 1
    missing = [member for member in known if member.id not in kept]
    return Compared(added, changed, unchanged, missing)


async def _employer(session: AsyncSession, actor: Actor, employer_id: UUID) -> Organization:
    row = (
        await session.execute(
            EMPLOYER.where(Organization.id == employer_id, Organization.kind == "employer"),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, P.EMPLOYER_ROSTER)
    found: Organization = row.Organization
    return found


async def _living(session: AsyncSession, employer_id: UUID) -> list[Member]:
    """The employer's roster lines, locked, so that two imports follow each other."""
    rows = await session.scalars(
        select(Member)
        .where(
            Member.employer_id == employer_id,
            Member.left_on.is_(None),
            Member.source == MemberSource.ROSTER,
        )
        .order_by(Member.id)
        .with_for_update()
    )
    return list(rows)


async def _branches(session: AsyncSession, employer_id: UUID) -> dict[str, UUID]:
    rows = await session.execute(
        select(Organization.name, Organization.id).where(
            Organization.parent_id == employer_id,
            Organization.kind == "employer_branch",
            Organization.closed_on.is_(None),
        )
    )
    return {name: branch_id for name, branch_id in rows}


def _digest(known: Sequence[Member]) -> str:
    """What the preview was compared with: ids and versions of the lines."""
    text = ";".join(f"{member.id}:{member.version}" for member in known)
    return hashlib.sha256(text.encode()).hexdigest()


def require_notice(*, is_confirmed: bool) -> None:
    """The employer has told the people it lists. Source: content `employer_roster_notice`; R21.

    Raises:
        Invalid: it does not say so.
    """
    if not is_confirmed:
        raise Invalid.field("/confirms_notice", "not_confirmed", "请确认已告知名册中的党员")
