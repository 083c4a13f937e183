"""`import-employers CODE FILE [--plan]`: the employers of a city or district, or the file's plan."""

import argparse
import asyncio
from functools import partial
from pathlib import Path

from app.commands import import_rows
from app.organizations import employers
from app.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Where, which file, and whether to look only."""
    parser.add_argument("code", help="division code of the city or district")
    parser.add_argument("file", type=Path)
    parser.add_argument("--plan", action="store_true", help="show the plan, change nothing")


def run(settings: Settings, found: argparse.Namespace) -> int:
    """As `take`."""
    return asyncio.run(take(settings, found.code, found.file, only_plan=found.plan))


async def take(settings: Settings, code: str, path: Path, *, only_plan: bool = False) -> int:
    """0: the file is in the tree (or its plan was shown); 1: it was refused, nothing was changed.

    `code` is the division code of the city or district.
    """
    taken = partial(
        import_rows.take_rows, code=code, path=path, form=employers.LIST, only_plan=only_plan
    )
    return await import_rows.run(settings, path, taken, only_plan=only_plan)
