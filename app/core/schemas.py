"""The bases of every shape on the wire, and the only scalar types that an In-shape may use.

A shape is built when it is first used: of six hundred a process uses a part.

`Annotated[str, Text(30)]`, `Annotated[int, Whole(1, 9)]`, `Flag`, `Moment`, `Day`; beside them UUID,
enums, lists and other In-shapes.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from annotated_types import Ge, GroupedMetadata, Le
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

# One line of visible words: no controls, no line ends, nothing without a width.
PLAIN = r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*$"
# Lone surrogates, and marks that embed, override or isolate a direction.
_UNSTORABLE = re.compile("[\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Letters by their class, and blank all the same.
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
FIRST_YEAR, LAST_YEAR = 1900, 2999


class In(BaseModel):
    """What a client sends: an unknown field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class Out(BaseModel):
    """What a client gets, read off a row; every field is always there, so none has a default."""

    model_config = ConfigDict(from_attributes=True, defer_build=True)


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("text_required", "应为文字形式")
    return value


def _storable(value: str) -> str:
    """PostgreSQL holds no NUL and UTF-8 no lone surrogate: refused here, not a 500 later.

    What turns the direction of writing around makes a text look like another one, and what shows
    nothing at all is no text.
    """
    if "\x00" in value or _UNSTORABLE.search(value):
        raise PydanticCustomError("bad_character", "含有不能保存的字符")
    if value and all(_is_unseen(letter) for letter in value):
        raise PydanticCustomError("blank", "不能只有看不见的字符")
    return value


def _is_unseen(letter: str) -> bool:
    return letter in FILLERS or unicodedata.category(letter)[0] in "CZ"


@dataclass(frozen=True, slots=True)
class Text(GroupedMetadata):
    """`Annotated[str, Text(30)]`: stripped, `least` to `most` characters; no NUL, no
    surrogates, nothing that turns the direction of writing around, not only what is unseen."""

    most: int
    least: int = 1
    pattern: str | None = None

    def __iter__(self) -> Iterator[Any]:
        """The constraints, as Pydantic wants them."""
        yield from StringConstraints(
            strict=True,
            strip_whitespace=True,
            min_length=self.least,
            max_length=self.most,
            pattern=self.pattern,
        )
        yield AfterValidator(_storable)


@dataclass(frozen=True, slots=True)
class Whole(GroupedMetadata):
    """`Annotated[int, Whole(1, 50)]`: a whole number; `false`, `"1"` and `1.0` are refused."""

    least: int
    most: int

    def __iter__(self) -> Iterator[Any]:
        """The constraints, as Pydantic wants them."""
        yield Strict()
        yield Ge(self.least)
        yield Le(self.most)


def _within_calendar(value: date) -> date:
    """Zones, weeks and terms are reckoned from it: at the very ends of time that is a 500 later."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("out_of_calendar", "日期超出范围")
    return value


Flag = Annotated[bool, Field(strict=True)]
Moment = Annotated[AwareDatetime, BeforeValidator(_text_only), AfterValidator(_within_calendar)]
Day = Annotated[date, BeforeValidator(_text_only), AfterValidator(_within_calendar)]
Instant = datetime
