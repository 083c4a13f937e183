"""Rounds in turn: what is compared is measured within seconds of each other, several times."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import load
from bench.load import Load
from bench.server import Server


@dataclass(frozen=True)
class Rounds:
    """How many, of how many seconds each, after so many to warm up."""

    many: int
    seconds: float
    warm: float = 3

    @property
    def is_smoke(self) -> bool:
        """Only whether it works is wanted: the first cases will do."""
        return self.many == 1

    def in_turn(self, *sides: tuple[Server, Path], connections: int) -> list["Side"]:
        """Every side asked its list in every round; each was warmed up before: connections open,
        statements prepared, everybody here once, as on any working day."""
        made = [Side([], []) for _ in sides]
        for server, asks in sides:
            load.run(server.port, asks, connections=connections, seconds=self.warm)
        for _ in range(self.many):
            for side, (server, asks) in zip(made, sides, strict=True):
                before = server.cpu
                done = load.run(server.port, asks, connections=connections, seconds=self.seconds)
                side.loads.append(done)
                side.cpu.append((server.cpu - before) / done.answers * 1e6)
        return made


@dataclass
class Side:
    """The rounds of one server; CPU in µs an answer."""

    loads: list[Load]
    cpu: list[float]

    @property
    def rates(self) -> list[float]:
        """Answers a second, round by round."""
        return [each.rate for each in self.loads]

    @property
    def p50(self) -> float:
        """Milliseconds, the middle of the rounds."""
        return statistics.median(each.p50 for each in self.loads)

    @property
    def p99(self) -> float:
        """Milliseconds, the middle of the rounds."""
        return statistics.median(each.p99 for each in self.loads)

    @property
    def stretch(self) -> float:
        """p99 / p50, the middle of the rounds."""
        return statistics.median(each.p99 / each.p50 for each in self.loads)


def ratios(mine: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round."""
    return [a / b for a, b in zip(mine, theirs, strict=True)]
