"""One process of the race: waits for the word, then asks for the token and prints it.

`python -m tests.wechat.token_process DATABASE_URL SIMULATOR_URL FAILED`; FAILED is the token that
WeChat refused, or `-`.
"""

import asyncio
import sys

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken
from tests.simulator.hands import APPID, SECRET
from tests.wechat.conftest import seal, unseal


async def race(database_url: str, simulator_url: str, failed: str) -> None:
    """Connected first, so that the word finds everybody at the line."""
    engine = create_async_engine(database_url)
    tokens = SharedToken(async_sessionmaker(engine), APPID, seal=seal, unseal=unseal)
    wechat = WeChat(Account(simulator_url, APPID, SECRET), tokens)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    print("ready", flush=True)  # noqa: T201 - spoken to the test
    await asyncio.to_thread(sys.stdin.readline)
    if failed == "-":
        token = await tokens.current(wechat.stable_token)
    else:
        token = await tokens.replace(failed, wechat.stable_token)
    print(token, flush=True)  # noqa: T201 - spoken to the test
    await wechat.close()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(race(*sys.argv[1:]))
