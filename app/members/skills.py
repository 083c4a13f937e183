"""Skills of the dictionary, and the qualifications that some of them need by law."""

from collections.abc import Collection
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.policies import content


async def needed_for(session: AsyncSession, codes: Collection[str], *, pointer: str) -> list[str]:
    """The qualifications that these skills need; any one of a skill's suffices.

    Raises:
        Invalid: an unknown skill.
    """
    found = {} if not codes else await content.find(session, "skills", "") or {}
    known = {item["code"]: item for group in found.get("value", ()) for item in group["items"]}
    needed: dict[str, Any] = {}
    for place, code in enumerate(codes):
        if code not in known:
            raise Invalid.field(f"{pointer}/{place}", "unknown_code", "不在可选范围内")
        needed |= dict.fromkeys(known[code].get("needs", ()))
    return list(needed)
