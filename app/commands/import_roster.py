"""`import-roster EMPLOYER FILE [--plan] [--leave-missing]`: an employer's members, or the file's plan."""

import argparse
import asyncio
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commands import import_rows
from app.commands.import_rows import MOST_LINES, Hands
from app.members import roster
from app.members.roster_file import Roster
from app.members.roster_plan import Step
from app.models.organization import Organization
from app.permissions import Actor
from app.settings import Settings

LOOK_TWICE = {
    Step.NAME_CHANGED: "手机号相同，姓名不同，请核对 same phone, other name",
    Step.PHONE_CHANGED: "姓名和党支部相同，手机号不同，请核对 same name and branch, other phone",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Whose roster, which file, whether to look only, and what becomes of whom it no longer names."""
    parser.add_argument("employer", help="credit code or exact name of the employer")
    parser.add_argument("file", type=Path)
    parser.add_argument("--plan", action="store_true", help="show the plan, change nothing")
    parser.add_argument(
        "--leave-missing", action="store_true", help="whom the file no longer names has left"
    )


def run(settings: Settings, found: argparse.Namespace) -> int:
    """As `take`."""
    return asyncio.run(
        take(
            settings,
            found.employer,
            found.file,
            only_plan=found.plan,
            leave_missing=found.leave_missing,
        )
    )


async def take(
    settings: Settings,
    employer: str,
    path: Path,
    *,
    only_plan: bool = False,
    leave_missing: bool = False,
) -> int:
    """0: the file is the roster (or its plan was shown); 1: it was refused, nothing was changed.

    `employer` is its credit code or its exact name.
    """
    taken = partial(
        _take, employer=employer, path=path, only_plan=only_plan, leave_missing=leave_missing
    )
    return await import_rows.run(settings, path, taken, only_plan=only_plan)


async def _find(session: AsyncSession, employer: str) -> UUID | None:
    """The one employer with this code or name; says so where there is none, or several."""
    rows = await session.execute(
        select(Organization.id, Organization.name, Organization.code)
        .where(
            or_(Organization.code == employer, Organization.name == employer),
            Organization.kind == "employer",
            Organization.closed_on.is_(None),
        )
        .order_by(Organization.id)
    )
    found = rows.all()
    if not found:
        print(f"没有这个单位 no such employer: {employer}")
    elif len(found) > 1:
        print(f"有多个同名单位，请用统一社会信用代码 several employers: {employer}")
        for row in found:
            print(f"  {row.code or '（无代码 no code）'}  {row.name}")
    return found[0].id if len(found) == 1 else None


async def _take(
    hands: Hands, *, employer: str, path: Path, only_plan: bool, leave_missing: bool
) -> bool:
    """Whether every row was understood; then they are the roster, unless only the plan is wanted."""
    employer_id = await _find(hands.session, employer)
    if employer_id is None:
        return False
    actor = Actor.system()
    with path.open("rb") as source:
        # whoever hands the file to the operator has told the people it lists
        found = await roster.read(hands.reader, actor, employer_id, source, path.name, is_told=True)
    seen = await roster.preview(hands.session, actor, employer_id, found)
    import_rows.report(seen.row.counts, found.errors, found.unread)
    _report_rows(found, seen)
    if found.errors:
        return False
    if not only_plan:
        await roster.apply(hands.session, actor, seen.row.id, leave_missing=leave_missing)
    return True


def _report_rows(found: Roster, seen: roster.Preview) -> None:
    """What a person should look at: who is not in service, and who is known again by half."""
    lines = [f"第{one.row}行：{one.name}，不计入在职 not in service" for one in found.idle]
    lines += [f"第{row}行：{LOOK_TWICE[step]}" for row, step in seen.steps if step in LOOK_TWICE]
    for line in lines[:MOST_LINES]:
        print("  " + line)
    if len(lines) > MOST_LINES:
        print(f"  …… 另有 {len(lines) - MOST_LINES} 行 more")
    counts = seen.row.counts
    if stated := counts["stated_headcount"]:
        print(f"在职 {counts['in_service']} 人，单位填报 {stated} 人 in service, stated")
    print("导入即确认：单位已告知名册中的党员 the employer has told whom it lists")
