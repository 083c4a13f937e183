"""One process of the race: at each line it is given, it asks for the token and prints it.

`python -m tests.wechat.token_process DATABASE_URL SIMULATOR_URL APPID SECRET`; a line is the token
that WeChat refused, or `-`. It ends with its input.
"""

import asyncio
import sys

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken
from tests.wechat.sealing import seal, unseal


async def race(database_url: str, simulator_url: str, appid: str, secret: str) -> None:
    """Connected first, so that the word finds everybody at the line."""
    engine = create_async_engine(database_url)
    tokens = SharedToken(async_sessionmaker(engine), appid, seal=seal, unseal=unseal)
    wechat = WeChat(Account(simulator_url, appid, secret), tokens)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    say("ready")
    while failed := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if failed == "-":
            say(await tokens.current(wechat.stable_token))
        else:
            say(await tokens.replace(failed, wechat.stable_token))
    await wechat.close()
    await engine.dispose()


def say(word: str) -> None:
    """To the test."""
    print(word, flush=True)  # noqa: T201 - its way to speak


if __name__ == "__main__":
    asyncio.run(race(*sys.argv[1:]))
