"""What a call to WeChat may fail with: six kinds, one exception each, and the errcodes of any call.

An exception knows the path, the errcode and the `rid`, and nothing else: no address, secret,
token or code gets into its text, its arguments or the exceptions behind it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from app.core import clock
from app.wechat import quota


class Kind(StrEnum):
    """The retry classes. Source: facts.md, head."""

    TRANSIENT = "R"
    TOKEN = "T"  # noqa: S105 - the name of a class of errors
    MINUTE = "M"
    DAY = "D"
    FINAL = "F"
    CONFIGURATION = "C"


# Source: facts.md §0.1
COMMON: Mapping[int, Kind] = {
    -1: Kind.TRANSIENT,
    44990: Kind.TRANSIENT,
    40001: Kind.TOKEN,
    40014: Kind.TOKEN,
    42001: Kind.TOKEN,
    45011: Kind.MINUTE,
    44991: Kind.MINUTE,
    45009: Kind.DAY,
    41001: Kind.FINAL,
    41002: Kind.FINAL,
    41004: Kind.FINAL,
    41008: Kind.FINAL,
    43002: Kind.FINAL,
    44002: Kind.FINAL,
    45002: Kind.FINAL,
    47001: Kind.FINAL,
    40013: Kind.CONFIGURATION,
    40125: Kind.CONFIGURATION,
    40164: Kind.CONFIGURATION,
    40243: Kind.CONFIGURATION,
    48001: Kind.CONFIGURATION,
    48004: Kind.CONFIGURATION,
    50002: Kind.CONFIGURATION,
    50004: Kind.CONFIGURATION,
    50007: Kind.CONFIGURATION,
    89503: Kind.CONFIGURATION,
    89506: Kind.CONFIGURATION,
    89507: Kind.CONFIGURATION,
}


class WeChatError(Exception):
    """A call did not succeed. `retry_after`: seconds until another try makes sense, or None."""

    kind: ClassVar[Kind]

    def __init__(
        self,
        path: str,
        errcode: int | None = None,
        rid: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(path, errcode, rid, retry_after)
        self.path, self.errcode, self.rid, self.retry_after = path, errcode, rid, retry_after

    def __str__(self) -> str:
        said = "no readable answer" if self.errcode is None else f"errcode {self.errcode}"
        return f"{self.path}: {said}, class {self.kind.value}, rid {self.rid or 'none'}"


class Transient(WeChatError):
    """Busy, unreachable or unreadable (then `errcode` is None): nothing was done, or no harm is."""

    kind = Kind.TRANSIENT


class Lost(Transient):
    """The call went out and its answer did not come back: what it was to do may have been done.

    Only of calls that must not happen twice (`Api.acts`); the others may simply be repeated.
    """


class TokenRefused(WeChatError):
    """The access token was refused, and refused again after its one renewal."""

    kind = Kind.TOKEN


class MinuteLimit(WeChatError):
    """The quota of this minute is used up."""

    kind = Kind.MINUTE


class DayLimit(WeChatError):
    """The quota of this day is used up."""

    kind = Kind.DAY


class Refused(WeChatError):
    """The input or the user's state is wrong; the same call never succeeds."""

    kind = Kind.FINAL


class Misconfigured(WeChatError):
    """An operator must act: account, secret, allow-list, template or page."""

    kind = Kind.CONFIGURATION


CLASSES: Mapping[Kind, type[WeChatError]] = {
    each.kind: each
    for each in (Transient, TokenRefused, MinuteLimit, DayLimit, Refused, Misconfigured)
}


def failure(kind: Kind, path: str, errcode: int | None, rid: str | None = None) -> WeChatError:
    """The exception of that kind, with the wait that the kind asks for."""
    return CLASSES[kind](path, errcode, rid, _wait(kind))


def _wait(kind: Kind) -> int | None:
    if kind is Kind.TRANSIENT:
        return 1
    if kind is Kind.MINUTE:
        return quota.seconds_to_next_minute(clock.now())
    if kind is Kind.DAY:
        return quota.seconds_to_next_day(clock.now())
    return None
