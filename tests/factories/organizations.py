"""Organizations for tests."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.organization import Organization


async def make_organization(
    session: AsyncSession, kind: str, parent: Organization | None = None, **fields: Any
) -> Organization:
    """An organization below `parent`; flushed."""
    made = new_id()
    above: list[UUID] = parent.lineage if parent else []
    row = Organization(
        **{
            "id": made,
            "kind": kind,
            "name": f"{kind}-{made.hex[-6:]}",
            "parent_id": parent.id if parent else None,
            "lineage": [*above, made],
            "opened_on": clock.today(),
        }
        | fields
    )
    session.add(row)
    await session.flush()
    return row


async def make_community(session: AsyncSession, **fields: Any) -> Organization:
    """A community that takes part, with city, district and subdistrict above it."""
    city = await make_organization(session, "city")
    district = await make_organization(session, "district", city)
    subdistrict = await make_organization(session, "subdistrict", district)
    return await make_organization(
        session,
        "community",
        subdistrict,
        **{"takes_part": True, "community_kind": "urban"} | fields,
    )


async def make_employer(session: AsyncSession, **fields: Any) -> Organization:
    """An employer below a city of its own, unless `parent` is given."""
    parent = fields.pop("parent", None) or await make_organization(session, "city")
    return await make_organization(session, "employer", parent, **fields)
