"""The bases of every shape on the wire, and the only scalar types that an In-shape may use.

`Annotated[str, Text(30)]`, `Annotated[int, Whole(1, 9)]`, `Flag`, `Moment`, `Day`; beside them UUID,
enums, lists and other In-shapes.
"""

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


class In(BaseModel):
    """What a client sends: an unknown field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What a client gets, read off a row; every field is always there, so none has a default."""

    model_config = ConfigDict(from_attributes=True)


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("text_required", "应为文字形式")
    return value


def _storable(value: str) -> str:
    """PostgreSQL holds no NUL and UTF-8 no lone surrogate: refused here, not a 500 later."""
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise PydanticCustomError("bad_character", "含有不能保存的字符")
    return value


@dataclass(frozen=True, slots=True)
class Text(GroupedMetadata):
    """`Annotated[str, Text(30)]`: stripped, `least` to `most` characters, no NUL, no surrogates."""

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


Flag = Annotated[bool, Field(strict=True)]
Moment = Annotated[AwareDatetime, BeforeValidator(_text_only)]
Day = Annotated[date, BeforeValidator(_text_only)]
Instant = datetime
