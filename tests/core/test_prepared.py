"""Prepared statements: the same rows as SQLAlchemy, decoded by the column types."""

from typing import Any

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.prepared import Prepared, PreparedPage
from app.models.organization import Organization
from app.models.person import Person, Role, RoleGrant
from tests.conftest import OwnReader
from tests.factories.organizations import make_community
from tests.factories.people import make_staff


async def test_sealed_columns_and_enums_are_decoded(
    session: AsyncSession, reader: OwnReader
) -> None:
    community = await make_community(session)
    person = await make_staff(session, Role.COMMUNITY_CLERK, community, name="李梅")
    statement = Prepared(
        select(Person.name, RoleGrant.role)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(Person.id == bindparam("person", type_=Person.id.type))
    )
    row = await statement.one(reader, {"person": person.id})
    assert row == {"name": "李梅", "role": Role.COMMUNITY_CLERK}


async def test_nothing_found_is_none(reader: OwnReader, session: AsyncSession) -> None:
    statement = Prepared(select(Organization.lineage).where(Organization.name == "nowhere"))
    assert await statement.one(reader, {}) is None


def test_an_expanding_bind_is_refused() -> None:
    wanted: Any = select(Organization.id).where(Organization.kind.in_(["grid", "building"]))
    with pytest.raises(ValueError, match="expanding"):
        Prepared(wanted).arguments({})


def test_a_column_that_only_we_can_read_is_not_left_to_postgresql() -> None:
    with pytest.raises(ValueError, match="only we can read"):
        PreparedPage(select(Person.id, Person.name).limit(2), "id")
