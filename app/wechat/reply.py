"""Answers of WeChat, read as leniently as they are written.

Source: facts.md §0 (errcode absent or a string, text/plain, control characters, a rid in errmsg).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_RID = re.compile(r"rid:\s*([0-9a-f]{4,16}(?:-[0-9a-f]{4,16}){2,4})\b")


def read_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object in `content`, whatever its declared type; None when there is none."""
    try:
        found = json.loads(content.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def whole(value: Any) -> int | None:
    """A whole number that came as number or text; None when it is neither."""
    if isinstance(value, bool | None):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def text(value: Any) -> str:
    """A text that came as text or number; empty when it is neither."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)


def table(value: Any) -> Mapping[str, Any]:
    """A nested object; empty when it is none."""
    return value if isinstance(value, dict) else {}


def errcode(fields: Mapping[str, Any]) -> int | None:
    """The outcome: 0 when it is not said, None when it cannot be read."""
    return whole(fields.get("errcode", 0))


def rid(fields: Mapping[str, Any]) -> str | None:
    """The number under which the platform looks a failed call up."""
    found = _RID.search(text(fields.get("errmsg")))
    return found.group(1) if found else None
