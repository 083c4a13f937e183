"""The text of a cell: half-width where that is safe, storable, and never a formula."""

import re
from datetime import date, datetime, time, timedelta

Cell = str | int | float | bool | date | datetime | time | timedelta

# Digits and letters everywhere; signs only where they can't belong to a name or a sentence.
_LETTERS = {
    code: code - 0xFEE0
    for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_SIGNS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SPACES = dict.fromkeys((0x09, 0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_LINES = {0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}
_UNSEEN = dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)
_PLAIN = _LETTERS | _SPACES | _LINES | _UNSEEN

_line_end = re.compile(r" *(?:\r\n|\r|\n)\s*")
_unstorable = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd-\uffff\ud800-\udfff]")
_formula = re.compile(r"[=@]|[+-].*(?:[|!]|[A-Za-z]\()", re.DOTALL)

# A float holds 15 digits; what had more was rounded by the spreadsheet.
MOST_EXACT = 10**15


class CellRefused(Exception):
    """The cell can't be taken: a stable code, and what to do about it, in Chinese."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code, self.reason = code, reason


def text(cell: Cell, most: int) -> str:
    """What the cell says, trimmed, of at most `most` characters; lines are parted by `\\n`.

    Of a formula this is its last result. Days come as `2011-07-01`, whole numbers without a point,
    truth as 是 and 否.

    Raises:
        CellRefused: a text that a spreadsheet would run as a formula, more than `most` characters,
            characters that can't be stored, or a number that has lost digits.
    """
    said = cleaned(_said(cell))
    if len(said) > most:
        raise CellRefused("too_long", f"内容过长，最多{most}个字")
    if _unstorable.search(said):
        raise CellRefused("bad_character", "含有无法保存的字符，请重新输入")
    if isinstance(cell, str) and _formula.match(narrow(said)):
        raise CellRefused("formula", "不接受公式，请填写文字")
    return said


def cleaned(said: str) -> str:
    """`said` with half-width digits, letters and spaces, without what can't be seen, trimmed."""
    return _line_end.sub("\n", said.translate(_PLAIN)).strip()


def narrow(said: str) -> str:
    """`said` with half-width signs too: for numbers, days and codes, not for names."""
    return cleaned(said).translate(_SIGNS)


def squeezed(said: str) -> str:
    """`said` in one line, runs of spaces as one."""
    return " ".join(said.split())


def _said(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        if not abs(cell) < MOST_EXACT:  # nor is it 'not a number'
            raise CellRefused("lost_digits", "数字超过15位，末几位已被改写，请设为文本后重新填写")
        return str(int(cell)) if cell == int(cell) else repr(cell)
    return str(cell).removesuffix(" 00:00:00")
