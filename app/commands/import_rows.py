"""What `import-community` and `import-employers` share: preview, report, apply, as the house itself."""

import hashlib
import time
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import database
from app.core.errors import AppError
from app.main import prepare
from app.models.organization import Organization
from app.organizations import applying, community, employers, words, workbooks
from app.organizations.kinds import LEVELS
from app.permissions import Actor
from app.settings import Settings

LONG_MS = 600_000
MOST_LINES = 50
WORDS = {
    "rows": "行数 rows",
    "refused": "未通过 refused",
    "added": "新增 added",
    "changed": "变更 changed",
    "unchanged": "未变 unchanged",
    "grids_added": "新增网格 grids",
    "compounds_added": "新增小区 compounds",
    "buildings_added": "新增楼栋 buildings",
    "organizations_added": "新增组织 organizations",
    "organizations_changed": "变更组织 organizations changed",
    "appointments_made": "新任职 appointments",
    "appointments_changed": "变更任职 appointments changed",
    "appointments_ended": "结束任职 appointments ended",
}


async def run(settings: Settings, code: str, path: Path, *, form: str, only_plan: bool) -> int:
    """As the two commands say."""
    prepare(settings)
    began = time.perf_counter()
    engine = database.engine(settings.database_url, pool=1, timeout_ms=LONG_MS)
    try:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin() as now:
            is_whole = await _take(session, code, path, form, only_plan=only_plan)
            if only_plan or not is_whole:
                await now.rollback()
    except AppError as refused:
        print(f"未导入 refused: {refused.detail or refused.title}")
        for error in refused.errors:
            print(f"  {error.pointer}  {error.message}")
        return 1
    finally:
        await engine.dispose()
    if not is_whole:
        print("未导入：请改正后重试 refused: correct the rows above")
        return 1
    print("仅预览，未导入 plan only" if only_plan else "已导入 imported")
    print(f"用时 {time.perf_counter() - began:.1f} 秒 seconds")
    return 0


async def _take(
    session: AsyncSession, code: str, path: Path, form: str, *, only_plan: bool
) -> bool:
    """Whether every row was understood; then they are in the tree, unless only the plan is wanted."""
    place = await session.scalar(
        select(Organization.id).where(
            Organization.code == code,
            Organization.kind.in_(LEVELS),
            Organization.closed_on.is_(None),
        )
    )
    if place is None:
        print(f"没有这个代码的地区 no such division: {code}")
        return False
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        source.seek(0)
        forms = await words.forms(session, form)
        book = await workbooks.read(source, path.name, forms, applying.PARSERS[form])
    room = community if form == community.WORKBOOK else employers
    actor = Actor.system()
    found = await room.preview(session, actor, place, book, file_digest=digest)
    for name, count in found.row.counts.items():
        print(f"{WORDS[name]}: {count}")
    for error in found.errors[:MOST_LINES]:
        print("  " + error.message)
    if book.unread:
        print("未读取 not read: " + "、".join(book.unread))
    if found.errors:
        return False
    if not only_plan:
        await applying.apply(session, actor, found.row.id, close_vanished=False)
    return True
