"""The one sentence about a member that his branch reads out. Source: practice.md G (end), content
`report_forms`.
"""

import re
from collections.abc import Mapping
from typing import Any

NO_OPINION = "社区意见暂缺"

_name = re.compile(r"\{(\w+)\}")
_aside = re.compile(r"（[^（）]*）")
_clause = re.compile(r"(?<=[，；])")


def write(form: str, sheet: Mapping[str, Any]) -> str:
    """The sentence of a sheet's content, by the form; hours with one decimal.

    What is not known, or may not be shown, is left out with its clause or its parentheses.
    """
    cells = _cells(sheet)

    def is_known(words: str) -> bool:
        return all(cells[name] is not None for name in _name.findall(words))

    short = _aside.sub(lambda aside: aside[0] if is_known(aside[0]) else "", form)
    return "".join(filter(is_known, _clause.split(short))).rstrip("，；").format(**cells)


def hours(minutes: int) -> str:
    """Minutes as hours with one decimal."""
    return f"{minutes / 60:.1f}"


def _cells(sheet: Mapping[str, Any]) -> dict[str, Any]:
    basics, services, ratings = sheet["basics"], sheet["services"], sheet["ratings"]
    counts = [services[name] for name in ("activity_count", "post_count", "emergency_count")]
    answered = ratings["answered"]
    return {
        "name": basics["name"],
        "community": basics["community"],
        "group": basics["functional_organization"],
        "count": sum(counts),
        "hours": hours(services["total_minutes"]),
        "emergency_count": services["emergency_count"],
        "absence": _absence(sheet["reliability"]),
        "solved": f"{ratings['solved']}/{answered}" if answered else None,
        "satisfaction": ratings["satisfaction"],
        "votes": ratings["service_votes"],
        "opinion": sheet["opinions"]["community_opinion"].rstrip("。"),
    }


def _absence(kept: Mapping[str, int]) -> str:
    said = [
        f"{words}{kept[name]}次"
        for name, words in (("no_show", "无故缺席"), ("excused", "有事由缺席"))
        if kept[name]
    ]
    return "、".join(said) or "无缺席"
