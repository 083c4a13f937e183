"""The tenant's words for organizations: kinds, compound types, posts, sheets of import files."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.models.organization import ContentItem

KINDS = (
    "organization_kinds.territory",
    "organization_kinds.community_side",
    "organization_kinds.employer_side",
    "organization_kinds.partners",
)
COMPOUND_TYPES = "compound_types"
POSTS = "appointments"


async def names(session: AsyncSession, *sections: str) -> dict[str, str]:
    """Chinese names by code, of what is switched on in these sections; one statement."""
    rows = await session.execute(
        select(ContentItem.code, ContentItem.data)
        .where(ContentItem.section.in_(sections))
        .order_by(ContentItem.section, ContentItem.position)
    )
    return {code: data["name"] for code, data in rows if data.get("enabled") is not False}


async def sheets(session: AsyncSession, file: str) -> list[dict[str, Any]]:
    """The sheets of one kind of import file with their columns, as the tenant names them."""
    data = await session.scalar(
        select(ContentItem.data).where(ContentItem.section == "imports", ContentItem.code == file)
    )
    if data is None:
        raise LookupError(file)
    found: list[dict[str, Any]] = data["value"]
    return found


async def require(session: AsyncSession, section: str, code: str, *, pointer: str) -> None:
    """Raises Invalid at `pointer` if `code` is not one of the section."""
    if code not in await names(session, section):
        raise Invalid.field(pointer, "unknown_code", "不在可选范围内")
