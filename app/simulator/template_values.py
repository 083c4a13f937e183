"""Whether a value of a subscribe message fits its kind.

Source: facts.md §4.1 (kinds and limits; lengths in UTF-16 units).
"""

import re
from collections.abc import Collection, Mapping

_TIME = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_DATE = (
    r"(?:\d{4}年\d{1,2}月(?:\d{1,2}日)?|\d{1,2}月\d{1,2}日"
    r"|\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}\.\d{1,2}\.\d{1,2})"
)
_MOMENT = rf"(?:{_DATE}\s*)?{_TIME}"
_DAY = rf"{_DATE}(?:\s*{_TIME})?"
_CHINESE = r"[\u3400-\u9fff]"

PATTERNS: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "thing": r".{1,20}",
        "number": r"-?\d{1,32}(?:\.\d{1,31})?",
        "letter": r"[A-Za-z]{1,32}",
        "symbol": r"[^\w\s]{1,5}",
        "character_string": r"[\x20-\x7e]{1,32}",
        "time": rf"{_MOMENT}(?:\s*~\s*{_MOMENT})?",
        "date": rf"{_DAY}(?:\s*~\s*(?:{_DAY}|{_TIME}))?",
        "amount": r"[¥￥$€£]?\d{1,10}(?:\.\d{1,2})?元?",
        "phone_number": r"[\d+\-() ]{1,17}",
        "car_number": r"(?:[A-Za-z0-9]|[\u3400-\u9fff])[A-Za-z0-9]{0,6}(?:[A-Za-z0-9]|[\u3400-\u9fff])?",
        "name": rf"(?=.*{_CHINESE})[^\d]{{1,10}}|(?!.*{_CHINESE})[^\d]{{1,20}}",
        "phrase": rf"{_CHINESE}{{1,5}}",
    }.items()
}
KEY = re.compile(r"([a-z_]+?)\d+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def fits(key: str, value: object, choices: Collection[str] = ()) -> bool:
    """`choices` are the values of an `enum` key."""
    found = KEY.fullmatch(key)
    if found is None or not isinstance(value, str) or _CONTROL.search(value):
        return False
    if found.group(1) == "enum":
        return value in choices
    pattern = PATTERNS.get(found.group(1))
    return pattern is not None and bool(pattern.fullmatch(_units(value)))


def _units(value: str) -> str:
    """One character for each UTF-16 unit, so that patterns count as the platform may."""
    return re.sub(r"[\U00010000-\U0010ffff]", "\ufffd\ufffd", value)
