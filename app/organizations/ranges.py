"""Buildings in the order of their numbers, and written as a list again."""

import re

from app.core.sheets.buildings import building_number

LAST = 100_000

_numbered = re.compile(r"(\d{1,4})(号楼|幢|栋|座)")
_digits = re.compile(r"\d{1,4}")


def key(name: str) -> str:
    """What two ways of writing one building share: 12幢 and 12号楼 are `12`."""
    return building_number(name) or name


def position(name: str) -> int:
    """The building's number, for ordering; those without one come last."""
    digits = _digits.search(building_number(name) or "")
    return int(digits[0]) if digits else LAST


def written(names: list[str]) -> str:
    """The list as people write it: `1-12幢、15幢、综合楼`; read again it is the same list."""
    parts: list[str] = []
    run: list[int] = []
    unit = ""
    for name in [*names, ""]:
        found = _numbered.fullmatch(name)
        if run and (found is None or found[2] != unit or int(found[1]) != run[-1] + 1):
            parts.append(f"{run[0]}-{run[-1]}{unit}" if len(run) > 1 else f"{run[0]}{unit}")
            run = []
        if found is None:
            parts.append(name)
        else:
            run.append(int(found[1]))
            unit = found[2]
    return "、".join(part for part in parts if part)
