"""Skills of the dictionary, and the qualifications that some of them need by law."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.policies import content

SECTION = "skills"


async def needed_for(session: AsyncSession, codes: Collection[str], *, pointer: str) -> list[str]:
    """The qualifications that these skills need; any one of a skill's suffices.

    Raises:
        Invalid: an unknown skill.
    """
    known = await content.section(session, SECTION) if codes else {}
    return needed(known, codes, pointer=pointer)


def needed(
    dictionary: Mapping[str, Mapping[str, Any]], codes: Collection[str], *, pointer: str
) -> list[str]:
    """As `needed_for`, of the entries of `SECTION`."""
    groups = dictionary.get("", {}).get("value", ())
    known = {item["code"]: item for group in groups for item in group["items"]}
    needed: dict[str, Any] = {}
    for place, code in enumerate(codes):
        if code not in known:
            raise Invalid.field(f"{pointer}/{place}", "unknown_code", "不在可选范围内")
        needed |= dict.fromkeys(known[code].get("needs", ()))
    return list(needed)


def names(dictionary: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Every skill's name by its code, in the order of the screen, of the entries of `SECTION`."""
    return {item["code"]: item["name"] for _, items in grouped(dictionary) for item in items}


def grouped(
    dictionary: Mapping[str, Mapping[str, Any]],
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The name of each group with its skills, of the entries of `SECTION`."""
    groups = dictionary.get("", {}).get("value", ())
    return [(each["group"]["name"], each["items"]) for each in groups]
