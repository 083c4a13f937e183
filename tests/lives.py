"""Every state × every action of a life, beside the table that its test writes down once more."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from itertools import product
from types import SimpleNamespace
from typing import Any, TypeAlias

from app.lifecycle import BadTransition, Lifecycle

Rules: TypeAlias = Mapping[str, tuple[Collection[str], str]]  # sources and target by action


def differing(
    life: Lifecycle[Any, Any], statuses: Iterable[StrEnum], rules: Rules
) -> list[tuple[str, str, str | None]]:
    """State, action and where it leads (None: nowhere) of whatever is not as `rules` say.

    Both name every action that there is.
    """
    actions: Any = type(next(iter(life.steps)))
    assert {*rules} == {*life.steps} == {*actions}
    wrong: list[tuple[str, str, str | None]] = []
    for action, status in product(life.steps, statuses):
        sources, target = rules[action]
        row = SimpleNamespace(status=status)
        try:
            life.advance(row, action, reason="why")
            leads = row.status
        except BadTransition:
            leads = None
        if leads != (target if status in sources else None):
            wrong.append((status, action, leads))
    return wrong
