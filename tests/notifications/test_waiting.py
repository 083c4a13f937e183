"""What waits, in a world where a row of every kind stands."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.models.person import Role
from app.notifications import waiting
from app.permissions import Actor
from tests.conftest import OwnReader
from tests.factories.people import make_person
from tests.factories.world import World


@pytest.fixture(scope="session")
def engine(standing: tuple[AsyncEngine, World]) -> AsyncEngine:
    return standing[0]


async def test_each_kind_is_counted_in_its_place(
    session: AsyncSession, reader: OwnReader, world: World
) -> None:
    held = {role: (world.community.id, world.employer.id) for role in Role}
    rows = await waiting.show(reader, Actor((await make_person(session)).id, held))
    found = {(row["kind"], row["place_name"]) for row in rows}
    assert {
        ("needs_to_triage", world.community.name),
        ("photos_to_look_at", world.community.name),
        ("certificates_to_check", world.community.name),
        ("summaries_to_acknowledge", world.employer.name),
    } <= found
    assert all(row["count"] > 0 for row in rows)
