"""What a need is about: the items of `need_categories`, and which one a line of text suggests."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.policies import content

SECTION = "need_categories"
Items = Mapping[str, Mapping[str, Any]]


async def known(session: AsyncSession) -> dict[str, dict[str, Any]]:
    """The items by code: route, minutes, seats, skills, flags, words. One statement."""
    return items(await content.section(session, SECTION))


def items(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The items by code, out of the section's groups."""
    return {item["code"]: item for group in groups.values() for item in group["items"]}


def check(items: Items, code: str | None) -> str | None:
    """The code, if there is such an item.

    Raises:
        Invalid: there is none.
    """
    if code is not None and code not in items:
        raise Invalid.field("/category", "unknown_code", "不在可选范围内")
    return code


def suggest(items: Items, words: str) -> str | None:
    """The item of which the longest word stands in the text; None where none does. A suggestion."""
    found = [
        (len(word), code)
        for code, item in items.items()
        for word in item.get("words", ())
        if word in words
    ]
    return max(found, key=lambda one: one[0])[1] if found else None
