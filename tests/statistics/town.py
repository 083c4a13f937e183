"""A small city for statistics: two communities of one subdistrict, two employers; facts told."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import events
from app.models.organization import Organization
from app.statistics import summing
from app.wiring import LISTENERS
from tests.factories.organizations import make_organization


@dataclass
class City:
    city: Organization
    district: Organization
    subdistrict: Organization
    communities: list[Organization]
    employers: list[Organization]


async def make_city(session: AsyncSession) -> City:
    """City, district, subdistrict, two communities that take part, two employers; flushed."""
    city = await make_organization(session, "city", code="320600000000")
    district = await make_organization(session, "district", city, code="320613000000")
    subdistrict = await make_organization(session, "subdistrict", district, code="320613001000")
    communities = [
        await make_organization(
            session, "community", subdistrict, code=f"32061300100{n}", takes_part=True
        )
        for n in (1, 2)
    ]
    employers = [await make_organization(session, "employer", district) for _ in range(2)]
    return City(city, district, subdistrict, communities, employers)


async def tell_all(sessions: async_sessionmaker[AsyncSession]) -> int:
    """Every fact that is due is told; how many."""
    told = 0
    while await events.tell_next(sessions, LISTENERS):
        told += 1
    return told


async def differing(reader: Any) -> dict[str, list[dict[str, Any]]]:
    """Where the summaries say something else than the source rows."""
    found = await summing.differences(reader)
    return {name: rows for name, rows in found.items() if rows}
