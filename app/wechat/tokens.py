"""What the client needs of the keeper of its access token."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as WeChat gave it; `expires_in` seconds from the call."""

    token: str = field(repr=False)
    expires_in: int


class Fetch(Protocol):
    """Ask WeChat for the token; forced: the present one dies."""

    def __call__(self, *, force_refresh: bool) -> Awaitable[Grant]: ...


class Tokens(Protocol):
    """Keeps the one token of the account."""

    async def current(self, fetch: Fetch) -> str:
        """A token to use now. Raises WeChatError."""
        ...

    async def replace(self, failed: str, fetch: Fetch) -> str:
        """Another token than `failed`, which WeChat refused.

        Raises:
            TokenRefused: there is no other one for now.
            WeChatError: WeChat could not be asked.
        """
        ...
