"""A made-up city: true in all that the house counts, the same out of the same seed, and readable."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.city import bare, build, chance, members, needs, orders, posts, wishes
from app.city.build import Built
from app.city.chance import Wheel
from app.city.size import Size
from app.commands import ledger, report_chains, statistics
from app.core import clock, database
from app.core.db import Base
from app.core.fields import Sealed
from app.models.member import Registration, RegistrationStatus
from app.models.order import Order, OrderStatus
from app.models.organization import Organization
from app.models.person import Person
from app.models.report import Report
from app.process import prepare
from app.simulator.clock import SimulatorClock
from app.simulator.users import Users
from tests.conftest import PREFIX, TEMPLATE, make_settings, recreate, settled, url_of

SCALE, SEED = 0.012, 7


@pytest.fixture(scope="module")
async def built(worker_id: str) -> AsyncIterator[tuple[AsyncEngine, Built]]:
    async def make(session: AsyncSession) -> Built:
        return await build.build(session, scale=SCALE, seed=SEED, today=clock.today())

    async with settled(f"{PREFIX}_city_{worker_id}", make) as made:
        yield made


@pytest.fixture(scope="module")
def engine(built: tuple[AsyncEngine, Built]) -> AsyncEngine:
    return built[0]


@pytest.fixture
def city(built: tuple[AsyncEngine, Built]) -> Built:
    return built[1]


async def examine(url: str) -> int:
    """How much differs in all that the doctor reckons again."""
    connection = await database.reader(url, timeout_ms=120_000)
    found = [
        await check(connection)
        for check in (ledger.examine, statistics.examine, report_chains.examine)
    ]
    await connection.close()
    return sum(found)


async def test_all_that_the_house_counts_is_true(
    city: Built, worker_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await examine(url_of(f"{PREFIX}_city_{worker_id}")) == 0, capsys.readouterr().out


async def test_no_due_time_has_passed(session: AsyncSession, city: Built) -> None:
    for table in Base.metadata.sorted_tables:
        for name in ("due_at", "remind_at", "renew_at", "erase_at", "offers_due_at"):
            if name in table.c:
                late = await session.scalar(
                    select(func.count()).where(table.c[name] < clock.day_starts(clock.today()))
                )
                assert late == 0, f"{table.name}.{name}"


async def test_enough_are_registered_and_enough_is_open(session: AsyncSession, city: Built) -> None:
    here = Registration.community_id == city.community_id
    active = await session.scalar(
        select(func.count()).where(here, Registration.status == RegistrationStatus.ACTIVE)
    )
    assert (active or 0) > Size.of(SCALE).biggest * 0.9
    free = await session.scalar(
        select(func.count()).where(
            Order.community_id == city.community_id,
            Order.status == OrderStatus.OPEN,
            Order.taken < Order.seats,
            Order.starts_at > clock.now(),
        )
    )
    assert (free or 0) >= 20


READS = {
    "党员": (
        "/organizations/{community}/orders/open?limit=20",
        "/me/records",
        "/me/seats",
        "/me/call-ups",
        "/me/notifications",
        "/organizations/{community}/posts/open",
    ),
    "居民": ("/me/notifications", "/me/needs"),
    "社区党组织书记": (
        "/organizations/{community}/needs",
        "/organizations/{community}/needs?status=submitted",
        "/organizations/{community}/registrations?status=active",
        "/organizations/{community}/orders?status=open",
        "/organizations/{community}/records?status=approved",
        "/organizations/{community}/claims?status=serving",
        "/organizations/{community}/call-ups",
        "/organizations/{community}/sheets",
    ),
    "单位党组织书记": (
        "/organizations/{employer}/roster",
        "/organizations/{employer}/standing",
        "/organizations/{employer}/summaries",
    ),
}
FIGURES = {
    "社区党组织书记": (
        "/organizations/{community}/triage",
        "/organizations/{community}/statistics",
    ),
    "单位党组织书记": ("/organizations/{employer}/statistics",),
    "党员": ("/me/home", "/me/registration", "/me/claims", "/me/records/totals"),
}


async def read(
    client: AsyncClient,
    sign_in: Callable[[Person], dict[str, str]],
    city: Built,
    who: str,
    path: str,
) -> Any:
    """What somebody of the city reads."""
    place = path.format(community=city.community_id, employer=city.employer_id)
    head = sign_in(Person(id=city.people[who].id))
    answer = await client.get(f"/api/v1{place}", headers=head)
    assert answer.status_code == 200, f"{who} {place}: {answer.text}"
    return answer.json()


@pytest.mark.parametrize(
    ("who", "path"), [(who, path) for who, paths in READS.items() for path in paths]
)
async def test_lists_have_something_on_them(
    client: AsyncClient,
    sign_in: Callable[[Person], dict[str, str]],
    city: Built,
    who: str,
    path: str,
) -> None:
    assert (await read(client, sign_in, city, who, path))["items"]


@pytest.mark.parametrize(
    ("who", "path"), [(who, path) for who, paths in FIGURES.items() for path in paths]
)
async def test_pages_of_figures_are_read(
    client: AsyncClient,
    sign_in: Callable[[Person], dict[str, str]],
    city: Built,
    who: str,
    path: str,
) -> None:
    assert await read(client, sign_in, city, who, path)


async def test_a_filled_database_is_refused(session: AsyncSession, city: Built) -> None:
    with pytest.raises(build.NotEmpty):
        await build.build(session, scale=SCALE, seed=SEED, today=clock.today())


TINY, DAY = 0.001, date(2026, 7, 29)  # a storm is not over yet


async def rows_of(session: AsyncSession) -> dict[str, str]:
    """A digest of every table, without what is sealed."""
    found = {}
    for table in Base.metadata.sorted_tables:
        said = ", ".join(
            f'"{column.name}"' for column in table.c if not isinstance(column.type, Sealed)
        )
        found[table.name] = await session.scalar(
            text(
                f"SELECT md5(coalesce(string_agg(row::text, '|' ORDER BY row::text), ''))"
                f" FROM (SELECT {said} FROM {table.name}) AS row"
            )
        )
    return found


@pytest.fixture
async def ground(worker_id: str) -> AsyncIterator[AsyncEngine]:
    """A migrated database in which nobody lives."""
    name = f"{PREFIX}_ground_{worker_id}"
    await recreate(name, TEMPLATE)
    settings = make_settings(url_of(name))
    prepare(settings)
    engine = database.engine(settings.database_url, pool=1, timeout_ms=120_000)
    yield engine
    await engine.dispose()


async def test_the_same_seed_makes_the_same_city(ground: AsyncEngine) -> None:
    made = []
    for seed in (SEED, SEED, SEED + 1):
        async with AsyncSession(ground) as session:
            await build.build(session, scale=TINY, seed=seed, today=DAY, with_reports=False)
            made.append(await rows_of(session))
            await session.rollback()
    assert made[0] == made[1]
    assert made[0]["people"] != made[2]["people"]


async def test_a_second_city_stands_beside_the_first(
    ground: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    async with AsyncSession(ground) as session, session.begin():
        await build.build(session, scale=TINY, seed=SEED, today=DAY, cities=2)
        cities = select(Organization.code).where(Organization.kind == "city")
        assert set(await session.scalars(cities)) == {"320600", "320700"}
        signed = select(func.count(Report.employer_id.distinct()))
        assert await session.scalar(signed) == 2 * Size.of(TINY).employers
    assert await examine(ground.url.render_as_string(hide_password=False)) == 0, (
        capsys.readouterr().out
    )


EVEN = (
    *((members, name) for name in ("FATES", "CAME", "CHANNELS")),
    *((needs, name) for name in ("ANSWERS", "BEGINNINGS")),
    *((orders, name) for name in ("FATES", "SEAT_FATES")),
    *((posts, "FATES"), (wishes, "FATES")),
)


async def test_however_the_dice_fall_all_is_true(
    ground: AsyncEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module, name in EVEN:
        table = getattr(module, name)
        monkeypatch.setattr(module, name, Wheel(table.items, [1 for _ in table.items]))
    monkeypatch.setattr(needs, "COMES_BACK", 1)
    async with AsyncSession(ground) as session, session.begin():
        await build.build(session, scale=SCALE, seed=SEED + 8, today=DAY, with_reports=False)
        found = await session.scalars(text("SELECT DISTINCT entered FROM need_steps"))
        assert {"unsolved", "handed_up", "accepted", "lapsed"} <= set(found)
        assert "claimed" in await session.scalars(text("SELECT DISTINCT status FROM wishes"))
    assert await examine(ground.url.render_as_string(hide_password=False)) == 0, (
        capsys.readouterr().out
    )


def test_people_sign_in_as_the_simulated_platform_calls_them() -> None:
    user = Users("wx-demo", SimulatorClock()).enter("13800000001")
    assert chance.openid("wx-demo", "13800000001") == user.openid


# Definitions as they are after a dump and its restoration: casts of constants are written otherwise.
SHAPE = """
    SELECT regexp_replace(replace(indexdef, '::character varying', ''), '[()]|::text(\\[\\])?', '', 'g')
    FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conrelid::regclass || ' ' || conname || ' '
           || regexp_replace(pg_get_constraintdef(oid), '[()]|::text(\\[\\])?|::character varying', '', 'g')
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    ORDER BY 1"""


async def test_every_index_and_constraint_stands_again(ground: AsyncEngine) -> None:
    async with AsyncSession(ground) as session:
        before = (await session.scalars(text(SHAPE))).all()
        stripped = await bare.strip(session)
        assert len((await session.scalars(text(SHAPE))).all()) < len(before)
        await bare.restore(session, stripped)
        after = (await session.scalars(text(SHAPE))).all()
    assert sorted(set(before) ^ set(after)) == []
