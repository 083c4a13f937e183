"""What a run has found: tables, and each goal with whether it was reached."""

import statistics
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from bench import machine

FOLDER = Path(__file__).parent / "results"


class Results:
    """The tables and goals of one run."""

    def __init__(self) -> None:
        self._tables: list[str] = []
        self._goals: list[str] = []
        self.missed = 0

    def table(self, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """One more table, shown at once."""
        lines = [f"## {title}", "", _row(head), "|---|" + "--:|" * (len(head) - 1)]
        text = "\n".join([*lines, *(_row(each) for each in rows)])
        print(f"\n{text}", flush=True)
        self._tables.append(text)

    def goal(self, what: str, found: float, wanted: float, *, at_most: bool = False) -> None:
        """One more goal: `found` is to be at least, or at most, what is wanted."""
        is_reached = found <= wanted if at_most else found >= wanted
        self.missed += not is_reached
        sign, said = "≤" if at_most else "≥", "reached" if is_reached else "**missed**"
        self._goals.append(_row([what, f"{found:.2f}", f"{sign} {wanted:g}", said]))

    def say(self) -> None:
        """The goals, to the screen."""
        print(*("", *self._reached()), sep="\n")

    def write(self, words: Sequence[str]) -> None:
        """All of it stands in bench/results/<day>.md, or for another kind of run beside it."""
        day = date.today().isoformat()  # noqa: DTZ011 - the machine's own day names the file
        head = f"# {day} {' '.join(words)}".rstrip()
        FOLDER.mkdir(exist_ok=True)
        text = "\n\n".join([head, machine.name(), *self._tables, *self._reached()])
        (FOLDER / f"{'-'.join([day, *words])}.md").write_text(text + "\n", encoding="utf-8")

    def _reached(self) -> list[str]:
        """The table of goals, where there are any."""
        head = ["## Goals", "", _row(["what", "found", "goal", ""]), "|---|--:|--:|---|"]
        return ["\n".join([*head, *self._goals])] if self._goals else []


def spread(values: Sequence[float], form: str = "{:,.0f}") -> str:
    """Median (least – most)."""
    functions: tuple[Callable[[Sequence[float]], float], ...] = (statistics.median, min, max)
    middle, least, most = (form.format(f(values)) for f in functions)
    return f"{middle} ({least} – {most})"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
