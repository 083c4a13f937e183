"""The tenant's content (categories, words, consents, forms, defaults of policies), as it stands in the
database; `shipped.py` loads it.

An entry is found by section and code: `registration.channels`/`online`; what has no codes of its own
is `{"value": …}` under the key it stands at.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import String, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.models.organization import ContentItem

ENTRY = select(ContentItem.data).where(
    ContentItem.section == bindparam("section", type_=String()),
    ContentItem.code == bindparam("code", type_=String()),
)
SECTIONS = (
    select(ContentItem.section, ContentItem.code, ContentItem.data)
    .where(ContentItem.section == any_(bindparam("sections", type_=ARRAY(String()))))
    .order_by(ContentItem.position, ContentItem.code)
)


async def find(session: AsyncSession, section: str, code: str) -> dict[str, Any] | None:
    """One entry's data, or None."""
    return await session.scalar(ENTRY, {"section": section, "code": code})


async def section(session: AsyncSession, name: str) -> dict[str, dict[str, Any]]:
    """The entries of one section by code, in their order."""
    return (await sections(session, name))[name]


async def sections(session: AsyncSession, *names: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Section → code → entry, of several sections in one statement, each in its order."""
    rows = await session.execute(SECTIONS, {"sections": list(names)})
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in names}
    for name, code, data in rows:
        found[name][code] = data
    return found


async def require(session: AsyncSession, name: str, code: str, *, pointer: str) -> dict[str, Any]:
    """The entry that a payload names at `pointer`.

    Raises:
        Invalid: there is no such entry, or it is switched off.
    """
    data = await find(session, name, code)
    if data is None or data.get("enabled") is False:
        raise Invalid.field(pointer, "unknown_code", "不在可选范围内")
    return data


async def require_all(session: AsyncSession, name: str, codes: Mapping[str, str | None]) -> None:
    """There is an entry for each of `codes` that is said, by where it stands in the payload; at
    most one statement.

    Raises:
        Invalid: as `require`, for the first that is none.
    """
    said = {pointer: code for pointer, code in codes.items() if code is not None}
    known = await section(session, name) if said else {}
    for pointer, code in said.items():
        if known.get(code, {"enabled": False}).get("enabled") is False:
            raise Invalid.field(pointer, "unknown_code", "不在可选范围内")
