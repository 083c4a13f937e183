"""Cells as a page shows them: sums, rates, medians; who is too few is not shown."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from app.ratings import service as ratings
from app.statistics.sources import HOURS

Cell = Sequence[Any]  # figure, key, bucket, number
PEOPLE = ("services", "volunteer_minutes", "work_minutes")
COUNTS = (
    *("needs", "solved", "partly", "unsolved", "unanswered", "on_behalf", "responses", "in_time"),
    *("solutions", "orders", "orders_taken", "orders_unmet"),
)
GROUPS: Mapping[str, str] = {
    **dict.fromkeys(PEOPLE, "mode"),
    **dict.fromkeys(COUNTS, "need_kind"),
    "routed": "need_route",
    "orders": "order_size",
    "orders_taken": "order_size",
    "orders_unmet": "unmet_reason",
}


def summed(cells: Iterable[Cell], *, hides_people: bool, proxy_percent: int) -> dict[str, Any]:
    """Sums, with the rates that follow from them; `hides_people`: what few have done is null.

    `proxy_percent`: from more answers noted down for residents on, the rate says so beside it.
    """
    numbers: defaultdict[str, int] = defaultdict(int)
    times: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for figure, _, bucket, number in cells:
        numbers[figure] += number
        times[figure][bucket] += number
    answered = numbers["solved"] + numbers["partly"] + numbers["unsolved"]
    return {
        **{figure: None if hides_people else numbers[figure] for figure in PEOPLE},
        **{figure: numbers[figure] for figure in COUNTS},
        "accepted": numbers["routed"],
        "resolution_percent": percent(numbers["solved"], answered),
        "is_mostly_on_behalf": 100 * numbers["on_behalf"] > proxy_percent * answered,
        "in_time_percent": percent(numbers["in_time"], numbers["responses"]),
        "response_hours": median(times["responses"]),
        "solution_hours": median(times["solutions"]),
        "are_people_hidden": hides_people,
    }


def percent(part: int | None, whole: int | None) -> float | None:
    """To one decimal; null of nothing, or where a side is not shown."""
    return None if not whole or part is None else round(100 * part / whole, 1)


def median(classes: Mapping[int, int]) -> int | None:
    """Half of them took less than so many hours: the upper end of the class of the median.

    Of the last class, which has none, its lower end.
    """
    if not classes:
        return None
    places = sorted(classes)
    before = accumulate(classes[place] for place in places)
    passed = sum(2 * seen < sum(classes.values()) for seen in before)
    return HOURS[min(places[passed], len(HOURS) - 1)]


def lines(cells: Iterable[Cell], by: str) -> dict[tuple[str, str], list[Cell]]:
    """The cells of each line, by its group and key, in that order; of months only one group."""
    found: defaultdict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        found[GROUPS[cell[0]] if by == "kind" else by, cell[1]].append(cell)
    return dict(sorted(found.items()))


def standing(came: Iterable[Cell], until: str) -> int:
    """How many are there at the end of the month `until` (2026-11)."""
    return sum(int(people) for month, people in came if month[:7] <= until)


def satisfaction(votes: Sequence[Any] | None, said: Mapping[str, Any]) -> dict[str, Any]:
    """What the pooled votes that are shown anyway make together, and on how many it stands.

    Source: practice.md R6 (b), R10.
    """
    valid, satisfied, raters = votes or (None, None, None)
    words = ratings.shown(
        ratings.Votes(valid or 0, satisfied or 0, raters or 0),
        least_exact=said["satisfaction.min_votes_exact"],
        least_band=said["satisfaction.min_votes_band"],
        bands=said["satisfaction.bands"],
    )
    return {"satisfaction": words, "votes": None if words == ratings.TOO_FEW else valid}
