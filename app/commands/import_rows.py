"""What the imports of workbooks share: the file is read, previewed, reported, applied, all or nothing."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commands import costs
from app.core import database
from app.core.errors import AppError
from app.core.prepared import Reader
from app.core.sheets.tables import CellError
from app.models.organization import Organization
from app.organizations import applying
from app.organizations.kinds import LEVELS
from app.permissions import Actor
from app.process import prepare
from app.settings import Settings

LONG_MS = 600_000
MOST_LINES = 50
WORDS = {
    "rows": "行数 rows",
    "refused": "未通过 refused",
    "added": "新增 added",
    "changed": "变更 changed",
    "name_changed": "姓名变更 name changed",
    "phone_changed": "手机号变更 phone changed",
    "unchanged": "未变 unchanged",
    "missing": "文件中已没有 missing",
    "not_in_service": "不在职 not in service",
    "in_service": "在职 in service",
    "stated_headcount": "单位填报人数 stated headcount",
    "grids_added": "新增网格 grids",
    "compounds_added": "新增小区 compounds",
    "buildings_added": "新增楼栋 buildings",
    "organizations_added": "新增组织 organizations",
    "organizations_changed": "变更组织 organizations changed",
    "appointments_made": "新任职 appointments",
    "appointments_changed": "变更任职 appointments changed",
    "appointments_ended": "结束任职 appointments ended",
}


class Hands(NamedTuple):
    """What an import works with: a session that has not begun, and a reader beside it."""

    session: AsyncSession
    reader: Reader


async def run(
    settings: Settings, path: Path, take: Callable[[Hands], Awaitable[bool]], *, only_plan: bool
) -> int:
    """0: the file is in, or its plan was shown; 1: it was refused, nothing was changed.

    `take` says whether every row was understood; what it wrote is undone where not.
    """
    if not path.is_file():  # noqa: ASYNC240 - nothing else runs yet
        print(f"没有这个文件 no such file: {path}")
        return 1
    prepare(settings)
    began = time.perf_counter()
    engine = database.engine(settings.database_url, pool=1, timeout_ms=LONG_MS)
    reader = await database.reader(settings.database_url, timeout_ms=LONG_MS)
    try:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin() as now:
            is_whole = await take(Hands(session, reader))
            if only_plan or not is_whole:
                await now.rollback()
    except AppError as refused:
        print(f"未导入 refused: {refused.detail or refused.title}")
        for error in refused.errors:
            print(f"  {error.pointer}  {error.message}")
        return 1
    finally:
        await reader.close()
        await engine.dispose()
    if not is_whole:
        print("未导入：请改正后重试 refused: correct the rows above")
        return 1
    print("仅预览，未导入 plan only" if only_plan else "已导入 imported")
    print(costs.line(began))
    return 0


async def take_rows(hands: Hands, *, code: str, path: Path, form: str, only_plan: bool) -> bool:
    """Whether every row of the file was understood; then they are in the tree below the division
    with this code, unless only the plan is wanted.
    """
    place = await hands.session.scalar(
        select(Organization.id).where(
            Organization.code == code,
            Organization.kind.in_(LEVELS),
            Organization.closed_on.is_(None),
        )
    )
    if place is None:
        print(f"没有这个代码的地区 no such division: {code}")
        return False
    actor = Actor.system()
    with path.open("rb") as source:
        found, book = await applying.preview(*hands, actor, place, source, path.name, form=form)
    report(found.row.counts, found.errors, book.unread)
    if found.errors:
        return False
    if not only_plan:
        await applying.apply(hands.session, actor, found.row.id, close_vanished=False)
    return True


def report(counts: Mapping[str, int], errors: list[CellError], unread: Iterable[str]) -> None:
    """The figures, the refused cells with sheet, row, column and reason, and what was not read."""
    for name, count in counts.items():
        print(f"{WORDS[name]}: {count}")
    for error in errors[:MOST_LINES]:
        print("  " + error.message)
    if len(errors) > MOST_LINES:
        print(f"  …… 另有 {len(errors) - MOST_LINES} 处 more")
    if left := list(unread):
        print("未读取 not read: " + "、".join(left))
