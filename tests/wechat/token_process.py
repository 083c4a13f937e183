"""One process of the race: at each word it is given, it asks for the token and says it.

A word is the token that WeChat refused, or empty; None ends it.
"""

import asyncio
from multiprocessing.connection import Connection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken
from tests.wechat.sealing import seal, unseal


def run(line: "Connection[str | None, str | None]", database_url: str, account: Account) -> None:
    """A whole process."""
    asyncio.run(race(line, database_url, account))


async def race(
    line: "Connection[str | None, str | None]", database_url: str, account: Account
) -> None:
    """Connected first, so that the word finds everybody at the line."""
    engine = create_async_engine(database_url)
    tokens = SharedToken(async_sessionmaker(engine), account.appid, seal=seal, unseal=unseal)
    wechat = WeChat(account, tokens)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    line.send("ready")
    while (failed := await asyncio.to_thread(line.recv)) is not None:
        if failed:
            line.send(await tokens.replace(failed, wechat.stable_token))
        else:
            line.send(await tokens.current(wechat.stable_token))
    await wechat.close()
    await engine.dispose()
