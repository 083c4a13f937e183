"""The bases of every shape on the wire, and the only scalar types that an In-shape may use."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
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


def Text(most: int, *, least: int = 1, pattern: str | None = None) -> Any:
    """Stripped text of `least` to `most` characters without NUL or surrogates."""
    return Annotated[
        str,
        StringConstraints(
            strict=True,
            strip_whitespace=True,
            min_length=least,
            max_length=most,
            pattern=pattern,
        ),
        AfterValidator(_storable),
    ]


def Whole(least: int, most: int) -> Any:
    """A whole number; `false`, `"1"` and `1.0` are refused."""
    return Annotated[int, Field(strict=True, ge=least, le=most)]


Flag = Annotated[bool, Field(strict=True)]
Moment = Annotated[AwareDatetime, BeforeValidator(_text_only)]
Day = Annotated[date, BeforeValidator(_text_only)]
Instant = datetime
