"""Histories as the lifecycles would have written them: each step leaves where the last one entered.

What lies ahead of now has not happened: a life that is told to its end stops at the present, and
the row stands in the state that it has reached by then.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.city.chance import Chance
from app.city.rows import Rows
from app.core.db import Base
from app.lifecycle import Lifecycle


class Act(NamedTuple):
    """One step that somebody, or the clock, takes at some time; `also`: what else the row says."""

    action: str
    at: datetime
    actor_id: UUID | None = None
    reason: str | None = None
    also: dict[str, Any] | None = None


class Kind(NamedTuple):
    """Which table holds the steps, by which column they name their row, and what the steps may be."""

    table: type[Base]
    column: str
    life: Lifecycle[Any, Any]


class Told(NamedTuple):
    """Where a life stands now, what was done last, and how many of its acts were."""

    status: str
    last: Act
    done: frozenset[str]


def tell(
    rows: Rows,
    chance: Chance,
    kind: Kind,
    row_id: UUID,
    born: tuple[str, Act],
    acts: Iterable[Act],
    now: datetime,
) -> Told:
    """The steps of one life up to now; `born`: the status that it was born into, and by which act.

    An action that the lifecycle does not know leaves the status as it is.

    Raises:
        BadTransition, ReasonRequired: it is not a life that the table allows.
    """
    status, last = born
    _note(rows, chance, kind, row_id, last, None, status)
    done = {last.action}
    for act in acts:
        if act.at >= now:
            break
        left, status, last = status, _next(kind.life, status, act), act
        _note(rows, chance, kind, row_id, act, left, status)
        done.add(act.action)
    return Told(status, last, frozenset(done))


class _Bearer:
    def __init__(self, status: str) -> None:
        self.status = status


def _next(life: Lifecycle[Any, Any], status: str, act: Act) -> str:
    if act.action not in life.steps:
        return status
    bearer = _Bearer(status)
    life.advance(bearer, act.action, reason=act.reason)
    return bearer.status


def _note(
    rows: Rows,
    chance: Chance,
    kind: Kind,
    row_id: UUID,
    act: Act,
    left: str | None,
    entered: str,
) -> None:
    rows.add(
        kind.table,
        id=chance.id(act.at),
        at=act.at,
        actor_id=act.actor_id,
        action=act.action,
        left=left,
        entered=entered,
        reason=act.reason,
        **{kind.column: row_id},
        **(act.also or {}),
    )
