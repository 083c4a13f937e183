"""Buildings as communities write them: `1-12幢`, `1-3,5,7-9号楼`, `A1-A4栋`, `综合楼`."""

import re
from typing import NamedTuple

from app.core.sheets.text import CellRefused, narrow

MOST = 500
UNIT = "幢"
_UNITS = {"#": "号楼", "#楼": "号楼", "号": "号楼", "楼": "号楼"}

_unit = r"(?:号楼|幢|栋|座|#楼|#|号|楼)"
_dash = re.compile(r"\s*[-‐‑‒–—―−﹣~〜∼]+\s*|(?<=[\dA-Z幢栋座楼号#])\s*[至到]\s*(?=\S*\d|[A-Z])")
_between = re.compile(r"[、,;/\s]+")
_numbers = re.compile(
    rf"(?P<stem>[^\d\W]{{0,10}})(?P<first>\d{{1,4}})(?P<inner>{_unit})?"
    rf"(?:-(?P<again>[^\d\W]{{0,10}})(?P<last>\d{{1,4}}))?(?P<unit>{_unit})?"
)
_letters = re.compile(
    rf"(?P<first>[A-Z])(?P<inner>{_unit})?(?:-(?P<last>[A-Z]))?(?P<unit>{_unit})?"
)
_words = re.compile(r"[^\d\W]{2,20}")
_number = re.compile(rf"([^\d\W]{{0,10}}\d{{1,4}}|[A-Z](?={_unit}))(?!\d)")


class _Part(NamedTuple):
    """What one item of the list names: numbers or letters with a unit, or one name of its own."""

    stems: tuple[str, ...]
    unit: str | None
    is_name: bool = False


def buildings(value: str) -> tuple[str, ...]:
    """The names of all buildings that `value` names, in its order: `1幢`, `2幢`, …

    What has no unit takes the next one, else the one before, else 幢; #, 号 and 楼 become 号楼.

    Raises:
        CellRefused: empty, not understood, a range that runs down, one building twice, over 500.
    """
    written = _dash.sub("-", narrow(value).upper())
    items = [item for item in _between.split(written) if item]
    if not items:
        raise CellRefused("empty", "不能为空")
    parts = [_part(item) for item in items]
    names: list[str] = []
    for part, unit in zip(parts, _units(parts), strict=True):
        names += part.stems if part.is_name else (stem + unit for stem in part.stems)
    if len(names) > MOST:
        raise CellRefused("too_many", f"一格最多{MOST}幢楼，请分成几行")
    if len(set(names)) < len(names):
        raise CellRefused("duplicate", "同一幢楼写了两次")
    return tuple(names)


def building_number(value: str) -> str | None:
    """By what a building is known whatever it is called: `26` of 26幢2单元 and 26号楼.

    None where the text begins with no number, as 综合楼.
    """
    found = _number.match("".join(_dash.sub("-", narrow(value).upper()).split()))
    return _plain(found[1]) if found else None


def _part(item: str) -> _Part:
    if found := _numbers.fullmatch(item):
        first, last = int(found["first"]), int(found["last"] or found["first"])
        if found["again"] and found["again"] != found["stem"]:
            raise CellRefused("bad_range", "楼栋范围前后不一致，请写成 A1-A4栋")
        stems = tuple(f"{found['stem']}{number}" for number in _range(first, last))
    elif found := _letters.fullmatch(item):
        first, last = ord(found["first"]), ord(found["last"] or found["first"])
        stems = tuple(chr(number) for number in _range(first, last))
    elif _words.fullmatch(item):
        return _Part((item,), None, is_name=True)
    else:
        raise CellRefused("bad_buildings", "看不懂的楼栋写法，请写成 1-12幢 或 1,3,5号楼")
    unit = found["unit"] or found["inner"]
    return _Part(stems, unit and _UNITS.get(unit, unit))


def _range(first: int, last: int) -> range:
    if last < first:
        raise CellRefused("bad_range", "楼栋范围应从小到大")
    if last - first >= MOST:
        raise CellRefused("too_many", f"一格最多{MOST}幢楼，请分成几行")
    return range(first, last + 1)


def _units(parts: list[_Part]) -> list[str]:
    """The unit of each part: its own, the next one's, the last one's, 幢."""
    units: list[str] = []
    known = next((part.unit for part in reversed(parts) if part.unit), UNIT)
    for part in reversed(parts):
        known = part.unit or known
        units.append(known)
    return units[::-1]


def _plain(stem: str) -> str:
    return re.sub(r"\d+", lambda digits: str(int(digits[0])), stem)
