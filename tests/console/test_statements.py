"""Every page costs few statements: the session and the roles, one each, and what its readings cost.

Generated from the routes, in a world where a row of every kind stands; who asks holds every role there.
That a list costs no more when it is longer is held by `tests/test_statements.py`, over the same readings.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.models.person import Role
from tests.console.conftest import Visit
from tests.console.test_pages import PAGES
from tests.factories.world import World
from tests.test_doors import hold, ids_of

LIST, ONE = 5, 7
# The door, what is no page of a person, and a page of nobody but its owner.
APART = {
    *("show_sign_in", "get_code", "get_state", "get_asset", "go_home", "find_nothing"),
    *("show_export", "download_layer"),
}
READ = {
    route.name: route
    for route in PAGES
    if "GET" in (route.methods or ()) and route.name not in APART
}


@pytest.fixture(scope="session")
def engine(standing: tuple[AsyncEngine, World]) -> AsyncEngine:
    return standing[0]


@pytest.mark.parametrize("name", sorted(READ))
async def test_a_page_is_cheap(
    session: AsyncSession,
    world: World,
    visit: Visit,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
    name: str,
) -> None:
    (person,) = await hold(
        session, [[(place, role) for role in Role for place in (world.community, world.employer)]]
    )
    browser: AsyncClient = await visit(person)
    path = READ[name].path
    most = ONE if "_id}" in path.rpartition("/")[2] else LIST
    with count_statements() as statements:
        page = await browser.get(path.format(**{k: str(v) for k, v in ids_of(world).items()}))
    assert page.status_code == 200, page.text
    assert len(statements) <= most
    assert len(page.content) <= 60_000
