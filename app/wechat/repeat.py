"""Repeats a call as often as a repeat is harmless, with a growing pause.

Source: facts.md §0.1 (1 s, 2 s, 4 s…, at most 5 tries; 44990 after 1 s).
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.wechat.apis import Api
from app.wechat.errors import Transient

Result = TypeVar("Result")
Sleep = Callable[[float], Awaitable[None]]

BUSY = -1
MOST_TRIES = 5


async def repeated(api: Api, once: Callable[[], Awaitable[Result]], pause: Sleep) -> Result:
    """What `once` answers at last. Raises WeChatError: that of the last try."""
    tried = 0
    while True:
        tried += 1
        try:
            return await once()
        except Transient as failed:
            errcode = failed.errcode
            if tried >= _most(api, errcode):
                raise
        await pause(2.0 ** (tried - 1) if errcode in (None, BUSY) else 1.0)


def _most(api: Api, errcode: int | None) -> int:
    """A call that was turned away at the door (44990, 43108) did nothing and may be repeated."""
    if errcode is None:
        return api.lost_tries
    return api.busy_tries if errcode == BUSY else MOST_TRIES
