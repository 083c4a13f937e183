"""`import-divisions FILE [--plan] [--close-vanished]`: the division file into the tree, or its plan."""

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.commands import costs
from app.core import database
from app.core.sheets.limits import FileRefused
from app.organizations import divisions
from app.permissions import Actor
from app.process import prepare
from app.settings import Settings

LONG_MS = 600_000
MOST_LINES = 20
WORDS = {
    "rows": "行数 rows",
    "added": "新增 added",
    "renamed": "更名 renamed",
    "moved": "变更上级 moved",
    "unchanged": "未变 unchanged",
    "vanished": "文件中已没有 vanished",
    "in_use": "其中仍有下级 in use",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Which file, whether to look only, and what becomes of places that it no longer names."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--plan", action="store_true", help="show the plan, change nothing")
    parser.add_argument("--close-vanished", action="store_true")


def run(settings: Settings, found: argparse.Namespace) -> int:
    """As `take`."""
    return asyncio.run(
        take(settings, found.file, only_plan=found.plan, close_vanished=found.close_vanished)
    )


async def take(
    settings: Settings, path: Path, *, only_plan: bool = False, close_vanished: bool = False
) -> int:
    """0: the file is in the tree (or its plan was shown); 1: it was refused, nothing was changed."""
    prepare(settings)
    began = time.perf_counter()
    engine = database.engine(settings.database_url, pool=1, timeout_ms=LONG_MS)
    try:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            with path.open("rb") as source:
                plan = await divisions.stage(session, source)
            _print_plan(plan)
            if not only_plan:
                await divisions.write(session, Actor.system(), plan, close_vanished=close_vanished)
    except FileRefused as refused:
        print(f"未导入 refused: {refused.detail}")
        for error in refused.errors:
            print(f"  {error.pointer}  {error.message}")
        return 1
    finally:
        await engine.dispose()
    print("仅预览，未导入 plan only" if only_plan else "已导入 imported")
    print(costs.line(began))
    return 0


def _print_plan(plan: divisions.Plan) -> None:
    for name, words in WORDS.items():
        print(f"{words}: {plan.counts[name]}")
    for change in plan.changes[:MOST_LINES]:
        print("  " + _line(change))
    if len(plan.changes) > MOST_LINES:
        print("  ……")
    for gone in plan.vanished[:MOST_LINES]:
        print(
            f"  - {gone['code']} {gone['name']}"
            + ("（仍有下级 in use）" if gone["is_used"] else "")
        )


def _line(change: dict[str, Any]) -> str:
    what = f"{change['code']} {change['name']}"
    if change["change"] == "added":
        return f"+ {what}"
    if change["change"] == "renamed":
        return f"~ {what}（原名 was {change['was_name']}）"
    return f"> {what}（原上级 was under {change['was_parent_name'] or '无'}）"
