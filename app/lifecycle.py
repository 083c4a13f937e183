"""A life written as one table: which action leads where, from where, and who may take it."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from app.core.errors import Conflict, Invalid
from app.permissions import Permission, require

State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


class BadTransition(Conflict):
    """The action does not leave the row's present state."""

    code, title = "bad_transition", "当前状态下不能进行此操作"


class ReasonRequired(Invalid):
    """A person is refused, and is told why."""

    code, title = "reason_required", "请说明原因"


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """From any of `sources` to `target`, by who holds `needs`; None: only the clock or a use case
    of the house itself (`advance`). `reason`: must be said."""

    sources: AbstractSet[State]
    target: State
    needs: Permission | None
    reason: bool = False


@dataclass(frozen=True, slots=True)
class Timeout(Generic[Action]):
    """What the clock does to a row that stays in a status: `action` after the policy's time."""

    action: Action
    policy: str


@dataclass(frozen=True)
class Lifecycle(Generic[State, Action]):
    """The table of one life, and the only place that assigns a status."""

    steps: Mapping[Action, Step[State]]
    timeouts: Mapping[State, Timeout[Action]] = field(default_factory=dict)

    def open_to(self, row: Any, granted: Collection[str]) -> list[Action]:
        """The actions that `granted` permits on this row now: the buttons to draw."""
        return self.open_in(row.status, granted)

    def open_in(self, status: Any, granted: Collection[str]) -> list[Action]:
        """As `open_to`, for a row read as a dict."""
        return [
            action
            for action, step in self.steps.items()
            if status in step.sources and step.needs is not None and step.needs in granted
        ]

    def move(
        self, row: Any, action: Action, granted: Collection[str], *, reason: str | None = None
    ) -> State:
        """Set the row's status; returns the state it left.

        Raises:
            Forbidden: `granted` lacks what the step needs.
            BadTransition: the action does not leave the row's state.
            ReasonRequired: the step wants a reason and none is given.
        """
        needs = self.steps[action].needs
        if needs is None:
            raise BadTransition
        require(granted, needs)
        return self.advance(row, action, reason=reason)

    def advance(self, row: Any, action: Action, *, reason: str | None = None) -> State:
        """As `move`, without a person: for the clock, and for what follows from another move."""
        step = self.steps[action]
        if row.status not in step.sources:
            raise BadTransition
        if step.reason and not reason:
            raise ReasonRequired.field("/reason", "reason_required", "请说明原因")
        left: State = row.status
        row.status = step.target
        return left
