"""Answers in the platform's manner: HTTP 200 whatever happened, errmsg with a rid of its own.

Source: facts.md §0, §12.
"""

import itertools
import secrets
import time
from typing import Any

_numbers = itertools.count(1)


class Refusal(Exception):
    """The call fails with `errcode`; `words` as the platform puts them."""

    def __init__(self, errcode: int, words: str) -> None:
        super().__init__(errcode, words)
        self.errcode, self.words = errcode, words


def number() -> str:
    """A rid or trace id; no two are equal."""
    return f"{int(time.time()):08x}-{next(_numbers):08x}-{secrets.token_hex(4)}"


def ok(**fields: Any) -> dict[str, Any]:
    """A success that says so."""
    return {"errcode": 0, "errmsg": "ok", **fields}


def refused(errcode: int, words: str) -> dict[str, Any]:
    """A business failure."""
    return {"errcode": errcode, "errmsg": f"{words} rid: {number()}"}
