"""`import-employers CODE FILE [--plan]`: the employers of a city or district, or the file's plan."""

from pathlib import Path

from app.commands import import_rows
from app.organizations import employers
from app.settings import Settings


async def run(settings: Settings, code: str, path: Path, *, only_plan: bool = False) -> int:
    """0: the file is in the tree (or its plan was shown); 1: it was refused, nothing was changed.

    `code` is the division code of the city or district.
    """
    return await import_rows.run(settings, code, path, form=employers.LIST, only_plan=only_plan)
