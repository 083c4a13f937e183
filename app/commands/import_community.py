"""`import-community CODE FILE [--plan]`: the workbook of a community or subdistrict, or its plan."""

from pathlib import Path

from app.commands import import_rows
from app.organizations import community
from app.settings import Settings


async def run(settings: Settings, code: str, path: Path, *, only_plan: bool = False) -> int:
    """0: the file is in the tree (or its plan was shown); 1: it was refused, nothing was changed.

    `code` is the division code of the community or subdistrict.
    """
    return await import_rows.run(settings, code, path, form=community.WORKBOOK, only_plan=only_plan)
