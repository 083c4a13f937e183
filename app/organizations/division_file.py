"""A division file, read line by line: what is well formed goes on, what is not is noted by line.

Columns `code,name,level,parent_code` in any order, UTF-8 with or without BOM, or GB18030. Codes of
2, 4, 6, 9 or 12 digits, padded with zeros or not, become 6 digits down to the district, 9 for a
subdistrict, 12 for a community. Source: domain.md §5.5.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from app.core.errors import FieldError
from app.core.ids import new_id
from app.core.sheets.limits import FileRefused
from app.organizations.kinds import LEVELS

COLUMNS = ("code", "name", "level", "parent_code")
KINDS: Mapping[str, str] = {level: level for level in LEVELS} | {"street": "subdistrict"}
DIGITS: Mapping[str, int] = {
    "province": 6,
    "city": 6,
    "district": 6,
    "subdistrict": 9,
    "community": 12,
}
MOST_ERRORS = 100
MOST_NAME = 100

_code = re.compile(r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}", re.ASCII)
_control = re.compile(r"[\x00-\x1f\x7f\ufffd]")


class Row(NamedTuple):
    """One line, well formed; in the order of the staging table's columns."""

    line: int
    code: str
    name: str
    kind: str
    rank: int
    parent_code: str | None
    position: int
    community_kind: str | None
    fresh: UUID


class Errors:
    """Errors by line; all are counted, the first hundred are kept."""

    def __init__(self) -> None:
        self.count = 0
        self.kept: list[FieldError] = []

    def add(self, line: int, column: str, code: str, message: str) -> None:
        """Note one error."""
        self.count += 1
        if len(self.kept) < MOST_ERRORS:
            pointer = f"/{line}/{column}" if column else f"/{line}"
            self.kept.append(FieldError(pointer, code, f"第{line}行：{message}"))

    def refuse(self) -> None:
        """Raises FileRefused if there is any error."""
        if self.count:
            raise FileRefused(f"共{self.count}处错误", errors=tuple(self.kept))


def rows(source: BinaryIO, errors: Errors) -> Iterator[Row]:
    """The well-formed lines of `source`, in its order; what is wrong goes to `errors`."""
    encoding = _encoding(source)
    if encoding is None:
        errors.add(1, "", "bad_encoding", "文件不是 UTF-8 或 GB18030 编码的文本")
        return
    text = io.TextIOWrapper(source, encoding=encoding, newline="")
    try:
        yield from _lines(text, errors)
    finally:
        text.detach()


def normalized(code: str) -> str | None:
    """`code` with 6, 9 or 12 digits; None if it is none."""
    if not _code.fullmatch(code):
        return None
    if len(code) < 6:
        return code.ljust(6, "0")
    for size in (6, 9):
        if len(code) > size and not code[size:].strip("0"):
            return code[:size]
    return code


def _encoding(source: BinaryIO) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        source.seek(0)
        try:
            while chunk := source.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        source.seek(0)
        return encoding
    return None


def _lines(text: Any, errors: Errors) -> Iterator[Row]:
    reader = csv.reader(text)
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in COLUMNS if name not in header]
        for name in missing:
            errors.add(1, name, "missing_column", f"缺少列 {name}")
        if missing:
            return
        places = [header.index(name) for name in COLUMNS]
        is_empty = True
        for values in reader:
            if any(values):
                is_empty = False
                row = _row(reader.line_num, values, places, errors)
                if row is not None:
                    yield row
        if is_empty:
            errors.add(1, "", "empty_file", "没有数据行")
    except csv.Error:
        errors.add(reader.line_num, "", "bad_line", "引号不成对，或单元格过大")


def _row(line: int, values: list[str], places: list[int], errors: Errors) -> Row | None:
    before = errors.count
    given = [values[place].strip() if place < len(values) else "" for place in places]
    kind = KINDS.get(given[2])
    if kind is None:
        errors.add(line, "level", "unknown_level", "级别不在可选范围内")
    code = normalized(given[0])
    if code is None or (kind is not None and len(code) != DIGITS[kind]):
        errors.add(line, "code", "bad_code", "代码格式与级别不符")
    if not given[1] or len(given[1]) > MOST_NAME or _control.search(given[1]):
        errors.add(line, "name", "bad_name", "名称为空、过长或含有无法保存的字符")
    parent_code = normalized(given[3]) if given[3] else None
    if given[3] and parent_code is None:
        errors.add(line, "parent_code", "bad_code", "上级代码格式不正确")
    if errors.count > before or kind is None or code is None:
        return None
    return Row(
        line,
        code,
        given[1],
        kind,
        LEVELS.index(kind),
        parent_code,
        _position(kind, code),
        _community_kind(code) if kind == "community" else None,
        new_id(),
    )


def _position(kind: str, code: str) -> int:
    """The level's own digits: the official order among sisters."""
    at = {"province": (0, 2), "city": (2, 4), "district": (4, 6), "subdistrict": (6, 9)}
    start, end = at.get(kind, (9, 12))
    return int(code[start:end])


def _community_kind(code: str) -> str:
    """Residents' committees have the segment 001 to 199. Source: practice.md R3."""
    return "urban" if 1 <= int(code[9:]) <= 199 else "village"
