"""Values of a subscribe message, made to fit their kind before they are sent.

Source: facts.md §4.1 (limits; no control characters; count UTF-16 units; shorten with `…`).
"""

import re
from collections.abc import Mapping

_KIND = re.compile(r"[a-z_]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

# Only kinds that stay true when cut; a number or a time that is too long is the caller's error.
MOST_UNITS: Mapping[str, int] = {"thing": 20, "name": 10, "phrase": 5, "character_string": 32}
MOST_UNITS_OF_LATIN_NAME = 20
# `…` would be a character that these kinds do not take, or count as Chinese.
WITHOUT_SIGN = ("phrase", "character_string")


def fit(key: str, value: str) -> str:
    """`value` on one line, and no longer than the kind in `key` (`thing1`, `phrase3`) takes."""
    line = _CONTROL.sub(" ", value).strip()
    found = _KIND.match(key)
    kind = found.group() if found else ""
    most = MOST_UNITS.get(kind, _units(line))
    if kind == "name" and line.isascii():
        return line[:MOST_UNITS_OF_LATIN_NAME]
    if _units(line) <= most:
        return line
    sign = "" if kind in WITHOUT_SIGN else "…"
    room = 2 * (most - len(sign))
    return line.encode("utf-16-le", "replace")[:room].decode("utf-16-le", "ignore") + sign


def _units(line: str) -> int:
    return len(line.encode("utf-16-le", "replace")) // 2
