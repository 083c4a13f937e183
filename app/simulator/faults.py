"""Faults that a test or an operator switches on, each on one path or on many, n times or for ever.

Source: facts.md §12.
"""

import asyncio
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

EVERY = "*"
AUTHORISED = "authorised"


class FaultKind(StrEnum):
    """What goes wrong."""

    ERRCODE = "errcode"
    STRING_ERRCODE = "string_errcode"
    NO_ERRCODE = "no_errcode"
    HANG = "hang"
    INVALID_JSON = "invalid_json"
    BAD_GATEWAY = "bad_gateway"
    TEXT_PLAIN = "text_plain"
    CONTROL_CHARACTERS = "control_characters"


class Fault(BaseModel):
    """One fault: on a path, on `*`, or on every `authorised` path (those that take a token)."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    path: str = EVERY
    errcode: int | None = Field(None, description="Answered in place of the call's own outcome.")
    times: int | None = Field(1, ge=1, description="How many calls it spoils; null: for ever.")
    seconds: float = Field(60, gt=0, description="How long a hang lasts.")
    after_effect: bool = Field(
        False, description="The call does its work first: the code is spent, the message sent."
    )


class Faults:
    """What is switched on, oldest first; a call meets the first that fits its path."""

    def __init__(self) -> None:
        self._on: list[Fault] = []
        self._released = asyncio.Event()

    def switch_on(self, fault: Fault) -> None:
        """From the next call on."""
        self._on.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more, and what hangs is released."""
        self._on.clear()
        self._released.set()
        self._released = asyncio.Event()

    def listed(self) -> list[Fault]:
        """What is still on."""
        return list(self._on)

    def take(self, path: str, *, is_authorised: bool) -> Fault | None:
        """The fault of this call, one time less of it."""
        places = {EVERY, path} | ({AUTHORISED} if is_authorised else set())
        for fault in self._on:
            if fault.path in places:
                self._spend(fault)
                return fault
        return None

    async def hang(self, fault: Fault) -> None:
        """As long as it lasts, or until the faults are cleared."""
        released = asyncio.create_task(self._released.wait())
        await asyncio.wait([released], timeout=fault.seconds)
        released.cancel()

    def _spend(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if not fault.times:
            self._on.remove(fault)
