"""What a cell means: each function takes its text and gives the value, or refuses it with a reason."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TypeVar

from app.core.sheets.text import CellRefused, narrow, squeezed

T = TypeVar("T")

MOST_ITEMS = 50
MOST_SHOWN = 20
SHORTEST_NAME, LONGEST_NAME = 2, 30
YES = {"是", "有", "对", "√", "✓", "✔", "☑", "v", "y", "yes", "true", "t", "1"}
NO = {"", "否", "无", "不是", "×", "✗", "✘", "x", "n", "no", "false", "f", "0", "-", "/"}
# Day 0 of Excel's count.
DAY_0 = date(1899, 12, 30)
SERIALS = range(10_000, 73_051)  # May 1927 to the end of 2099
CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"

_ideograph = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_short_chinese = re.compile(rf"(?:[{_ideograph}]\s*){{2,4}}")
_dots = re.compile(r"\s*[·•‧∙⋅・･.．]\s*")
_phone_noise = re.compile(r"[\s()'‘’`\-‐‑‒–—―−]")
_phone = re.compile(r"(?:\+|00)?(?:86)?(1[3-9]\d{9})(?:\.0+)?", re.ASCII)
_exact = re.compile(r"^\+?(\d)\.(\d{10})E\+?10$", re.ASCII | re.IGNORECASE)
_rounded = re.compile(r"\+?\d(?:\.\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
_day = re.compile(
    r"(\d{4})\s*[.\-/年]\s*(\d{1,2})(?:\s*月?|\s*[.\-/月]\s*(\d{1,2})\s*[日号]?)", re.ASCII
)
_digits_day = re.compile(r"(\d{4})(\d{2})(\d{2})?", re.ASCII)
_time = re.compile(r"[ T]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?$", re.ASCII)
_january = re.compile(r"\d{4}\.1", re.ASCII)
_serial = re.compile(r"(\d{1,5})(?:\.0+)?", re.ASCII)
_number = re.compile(r"(\d{1,9})(?:\.0+)?\s*[人名户个幢栋]?", re.ASCII)
_between = re.compile(r"[、,，;；/|\n]+")


def optional(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """`parse` for a cell that may be empty: then None."""
    return lambda value: parse(value) if value.strip() else None


def words(most: int) -> Callable[[str], str]:
    """A text in one line of 1 to `most` characters."""

    def parse(value: str) -> str:
        said = _present(squeezed(value))
        if len(said) > most:
            raise CellRefused("too_long", f"内容过长，最多{most}个字")
        return said

    return parse


def name(value: str) -> str:
    """A person's name of 2 to 30 letters with its own characters.

    Spaces within a Chinese name of 2 to 4 characters are gone; the dot in a name is always `·`.
    """
    said = _present(_dots.sub("·", squeezed(value)))
    if _short_chinese.fullmatch(said):
        said = "".join(said.split())
    if not SHORTEST_NAME <= len(said) <= LONGEST_NAME:
        raise CellRefused("bad_name", f"姓名应为{SHORTEST_NAME}到{LONGEST_NAME}个字")
    if not all(_belongs_to_name(sign) for sign in said) or not _belongs_to_name(said[0], ""):
        raise CellRefused("bad_name", "姓名只能有文字和间隔号，备注请另写一列")
    return said


def phone(value: str) -> str:
    """A mobile number of the mainland: 11 digits, without +86, spaces and dashes."""
    said = _present(narrow(value))
    said = _exact.sub(r"\1\2", said)
    if _rounded.fullmatch(said):
        raise CellRefused(
            "lost_digits",
            "手机号成了 1.38E+10 的样子，末几位已丢失，请把该列设为文本后重新填写",
        )
    found = _phone.fullmatch(_phone_noise.sub("", said))
    if found is None:
        raise CellRefused("bad_phone", "应填一个11位手机号（1开头）")
    return found[1]


def day(value: str) -> date:
    """A day between 1900 and 2099; of a month alone its first day.

    Understood are `2011.07`, `2011-07-01`, `2011年7月1日`, `2011/7`, `20110701`, `201107` and
    Excel's day count (1900 system; days of the 1904 system arrive as days if formatted so).
    """
    said = _time.sub("", _present(narrow(value)))
    if _january.fullmatch(said):
        raise CellRefused("bad_day", "分不清是1月还是10月，请写成 2011-01 或 2011-10")
    serial = _serial.fullmatch(said)
    if serial and int(serial[1]) in SERIALS:
        return DAY_0 + timedelta(days=int(serial[1]))
    found = _day.fullmatch(said) or _digits_day.fullmatch(said)
    if found and 1900 <= int(found[1]) <= 2099:
        try:
            return date(int(found[1]), int(found[2]), int(found[3] or 1))
        except ValueError:
            pass
    raise CellRefused("bad_day", "日期看不懂，请写成 2011-07-01 或 2011年7月")


def yes_no(value: str) -> bool:
    """是, √, 1 and their like; empty is no."""
    said = narrow(value).lower()
    if said not in YES | NO:
        raise CellRefused("bad_choice", "请填“是”或“否”")
    return said in YES


def choice(options: Mapping[str, T]) -> Callable[[str], T]:
    """The option whose name or other name is written, without regard to spaces and width."""
    known = {"".join(narrow(option).split()): meant for option, meant in options.items()}

    def parse(value: str) -> T:
        said = "".join(narrow(_present(value)).split())
        if said not in known:
            raise CellRefused(
                "bad_choice", f"不在可选范围内，可填：{'、'.join(list(options)[:MOST_SHOWN])}"
            )
        return known[said]

    return parse


def items(value: str) -> tuple[str, ...]:
    """The parts of a list, each once, in its order; an empty cell is an empty list."""
    found = dict.fromkeys(item for part in _between.split(value) if (item := squeezed(part)))
    if len(found) > MOST_ITEMS:
        raise CellRefused("too_many", f"最多{MOST_ITEMS}项")
    return tuple(found)


def whole_number(most: int) -> Callable[[str], int]:
    """A number from 0 to `most`; 人, 户 and the like may follow it."""

    def parse(value: str) -> int:
        found = _number.fullmatch(_present(narrow(value)))
        if found is None or int(found[1]) > most:
            raise CellRefused("bad_number", f"应为0到{most}的整数")
        return int(found[1])

    return parse


def credit_code(value: str) -> str:
    """A unified social credit code with a right check sign. Source: GB 32100-2015."""
    said = "".join(_present(narrow(value)).upper().split())
    if len(said) != 18 or any(sign not in CODE_SIGNS for sign in said):
        raise CellRefused("bad_credit_code", "统一社会信用代码应为18位")
    total = sum(CODE_SIGNS.index(sign) * 3**place for place, sign in enumerate(said[:17]))
    if CODE_SIGNS[-total % 31] != said[17]:
        raise CellRefused("bad_credit_code", "统一社会信用代码校验不通过，请核对")
    return said


def _present(value: str) -> str:
    if not value.strip():
        raise CellRefused("empty", "不能为空")
    return value


def _belongs_to_name(sign: str, between: str = "· '-") -> bool:
    return sign in between or sign == "〇" or unicodedata.category(sign)[0] in "LM"
