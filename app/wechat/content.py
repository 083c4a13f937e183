"""Verdicts of the content checks, and texts cut into pieces that a check takes.

Source: facts.md §6.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from app.wechat import reply

# Source: facts.md §6.1: at most 2,500 characters, below it, with overlap. Counted in UTF-16 units,
# since the platform does not say what an emoji counts.
MOST_UNITS = 2_400
OVERLAP_UNITS = 100


class Suggest(StrEnum):
    """What to do with a content, mildest first."""

    PASS = "pass"  # noqa: S105 - a verdict
    REVIEW = "review"
    RISKY = "risky"


class Scene(IntEnum):
    """Where a content stands. Source: facts.md §6.1."""

    PROFILE = 1
    COMMENT = 2
    FORUM = 3
    LOG = 4


class Media(IntEnum):
    """What a file holds. Source: facts.md §6.2."""

    AUDIO = 1
    IMAGE = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst suggestion over all pieces; labels in the order met, each once, 100 (normal) left
    out; one trace id a piece."""

    suggest: Suggest
    labels: tuple[int, ...] = ()
    trace_ids: tuple[str, ...] = ()


def read_verdict(fields: Mapping[str, Any]) -> Verdict | None:
    """The verdict of one answer or push; None when it holds none.

    Decided by `result.suggest`; one that we do not know goes to people. A detail adds its label if
    its own errcode is 0.
    """
    result = reply.table(fields.get("result"))
    suggest = reply.text(result.get("suggest"))
    if not suggest:
        return None
    labels = [result.get("label"), *(each.get("label") for each in _counted(fields.get("detail")))]
    return Verdict(
        Suggest(suggest) if suggest in set(Suggest) else Suggest.REVIEW,
        _distinct(reply.whole(label) for label in labels),
        (reply.text(fields.get("trace_id")),),
    )


def worst(verdicts: list[Verdict]) -> Verdict:
    """One verdict of a text out of those of its pieces; a text without pieces passes."""
    order = list(Suggest)
    return Verdict(
        max((each.suggest for each in verdicts), key=order.index, default=Suggest.PASS),
        _distinct(label for each in verdicts for label in each.labels),
        tuple(trace_id for each in verdicts for trace_id in each.trace_ids),
    )


def pieces(text: str) -> list[str]:
    """The text in pieces of at most 2,400 units, neighbours sharing 100; none of an empty text.

    A character of two units that a cut divides is whole in the neighbour.
    """
    units = text.encode("utf-16-le", "replace")
    size, step = 2 * MOST_UNITS, 2 * (MOST_UNITS - OVERLAP_UNITS)
    starts = range(0, max(len(units) - 2 * OVERLAP_UNITS, min(len(units), 1)), step)
    return [units[start : start + size].decode("utf-16-le", "ignore") for start in starts]


def _counted(detail: Any) -> Iterator[Mapping[str, Any]]:
    """The items that count: their own errcode is 0, or not said."""
    for item in detail if isinstance(detail, list) else [detail]:
        found = reply.table(item)
        if reply.errcode(found) == 0:
            yield found


def _distinct(labels: Iterable[int | None]) -> tuple[int, ...]:
    normal = 100
    return tuple(dict.fromkeys(label for label in labels if label and label != normal))
