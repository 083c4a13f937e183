"""`city --scale 1 --seed 7 [--today DAY]`: a made-up city with a year behind it, for trying and measuring."""

import argparse
import asyncio
import gc
import sys
import time
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.city import build
from app.commands import costs
from app.core import clock, database
from app.process import prepare
from app.settings import Environment, Settings

LONG_MS = 7_200_000
PLACE = text("SELECT pg_size_pretty(pg_database_size(current_database()))")


def add(parser: argparse.ArgumentParser) -> None:
    """How large, out of which seed, and as of which day."""
    parser.add_argument(
        "--scale", type=float, default=1, help="how many Nantongs: 0.05; 10 for ten cities"
    )
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same city")
    parser.add_argument("--today", type=date.fromisoformat, help="the day up to which it has lived")


def run(settings: Settings, found: argparse.Namespace) -> int:
    """Builds on an empty, migrated database; refuses in production and where anybody lives."""
    if settings.environment is Environment.PRODUCTION:
        print("`city` makes people up; it is not for production", file=sys.stderr)
        return 2
    if not settings.database_url:
        print("APP_DATABASE_URL is not set", file=sys.stderr)
        return 2
    return asyncio.run(_build(settings, found.scale, found.seed, found.today or clock.today()))


async def _build(settings: Settings, scale: float, seed: int, today: date) -> int:
    began, cities = time.perf_counter(), max(1, round(scale))
    gc.disable()  # millions of rows come and go, and none of them holds another
    prepare(settings)
    engine = database.engine(settings.database_url, pool=1, timeout_ms=LONG_MS)
    try:
        async with AsyncSession(engine) as session, session.begin():
            built = await build.build(
                session,
                scale=scale / cities,
                seed=seed,
                today=today,
                cities=cities,
                appid=settings.wechat_appid,
            )
        await _tidy(engine)
        async with AsyncSession(engine) as session:
            size = await session.scalar(PLACE)
    except build.NotEmpty:
        print(
            "there are people or organizations here already: nothing was changed", file=sys.stderr
        )
        return 1
    finally:
        await engine.dispose()
    _tell(built)
    print(f"占用 {size} on disk; {costs.line(began)}")
    return 0


async def _tidy(engine: AsyncEngine) -> None:
    """Tables are as a database has them that has run for a while: counted, and visible at once."""
    async with engine.connect() as connection:
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.execute(text("VACUUM (ANALYZE)"))


def _tell(built: build.Built) -> None:
    for table, count in sorted(built.rows.items()):
        print(f"{table:<28}{count:>12,}")
    print("可以这样试试（手机号在模拟微信里登录）:")
    for what, who in built.people.items():
        print(f"  {what}: {who.name} {who.phone}")
