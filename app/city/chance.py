"""Everything that the city leaves to chance, out of one seed: the same seed draws the same city."""

import base64
import hashlib
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriverUUID

from app.core.ids import ALPHABET

Item = TypeVar("Item")

SECOND = timedelta(seconds=1)
VERSION, VARIANT = 7 << 76, 2 << 62


class Chance:
    """Draws in a fixed order; whoever draws in between changes all that comes later."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - a made-up city, no secret
        self.roll = self._random.random
        self.bits = self._random.getrandbits
        self.shuffle = self._random.shuffle
        self.normal = self._random.gauss

    def id(self, at: datetime) -> UUID:
        """A UUIDv7 of the row's own time: indexes grow as they do in life."""
        bits = self.bits(74)
        value = int(at.timestamp() * 1000) << 80 | VERSION | (bits >> 62) << 64
        # of the driver's own kind, which it writes fastest
        return DriverUUID((value | VARIANT | bits & (1 << 62) - 1).to_bytes(16, "big"))

    def code(self, length: int, kind: str) -> str:
        """As `app.core.ids.code`; the city's documents can be verified."""
        return kind + "".join(ALPHABET[self.bits(5)] for _ in range(length))

    def below(self, most: int) -> int:
        """A whole number from 0 on, below `most`."""
        return int(self.roll() * most)

    def among(self, least: int, most: int) -> int:
        """A whole number of these, both included."""
        return least + int(self.roll() * (most - least + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of them, each as likely."""
        return items[int(self.roll() * len(items))]

    def about(self, mean: float) -> int:
        """A whole number that comes to `mean` on average."""
        return int(mean + self.roll())

    def after(self, moment: datetime, least_hours: float, most_hours: float) -> datetime:
        """Some time later, to the second, and never at once."""
        hours = least_hours + self.roll() * (most_hours - least_hours)
        return moment + timedelta(seconds=int(hours * 3600)) + SECOND


class Wheel(Generic[Item]):
    """Items of different likelihood, drawn again and again."""

    def __init__(self, items: Sequence[Item], weights: Iterable[float]) -> None:
        self.items, self._heaps = items, list(accumulate(weights))

    @classmethod
    def of(cls, table: Mapping[Item, float]) -> "Wheel[Item]":
        """The keys of a table, as likely as its values say."""
        return cls(list(table), table.values())

    def spin(self, chance: Chance) -> Item:
        """One of the items."""
        return self.items[bisect(self._heaps, chance.roll() * self._heaps[-1])]


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """`total` dealt out by weight; nothing is lost to rounding."""
    heaps = list(accumulate(weights))
    marks = [round(total * heap / heaps[-1]) for heap in heaps]
    return [mark - before for mark, before in zip(marks, [0, *marks[:-1]], strict=True)]


def phone(kind: int, number: int) -> str:
    """The `number`-th phone of a kind: none twice, and in no order that anybody sees."""
    return f"1{kind}{(number * 61_803_399 + 27_182_818) % 100_000_000:08}"


def openid(appid: str, number: str) -> str:
    """As the simulated platform calls the owner of the phone, so that he can sign in there."""
    digest = hashlib.sha256(f"{appid}|86|{number}".encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]
