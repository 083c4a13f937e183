"""The mechanism of a life: who may, from where, with which reason."""

from enum import StrEnum
from types import SimpleNamespace

import pytest

from app.core.errors import Forbidden
from app.lifecycle import BadTransition, Lifecycle, ReasonRequired, Step
from app.permissions import Permission


class State(StrEnum):
    NEW = "new"
    OLD = "old"


class Action(StrEnum):
    AGE = "age"
    REFUSE = "refuse"
    TICK = "tick"


LIFE = Lifecycle[State, Action](
    {
        Action.AGE: Step({State.NEW}, State.OLD, Permission.ORDER_RUN),
        Action.REFUSE: Step({State.NEW}, State.OLD, Permission.ORDER_RUN, reason=True),
        Action.TICK: Step({State.NEW}, State.OLD, None),
    }
)
GRANTED = [Permission.ORDER_RUN]


def row(state: State = State.NEW) -> SimpleNamespace:
    return SimpleNamespace(status=state)


def test_a_step_sets_the_status_and_says_what_it_left() -> None:
    thing = row()
    assert LIFE.move(thing, Action.AGE, GRANTED) is State.NEW
    assert thing.status is State.OLD


def test_without_the_permission_nothing_moves() -> None:
    thing = row()
    with pytest.raises(Forbidden):
        LIFE.move(thing, Action.AGE, [])
    assert thing.status is State.NEW


def test_from_the_wrong_state_nothing_moves() -> None:
    with pytest.raises(BadTransition):
        LIFE.move(row(State.OLD), Action.AGE, GRANTED)


def test_who_is_refused_is_told_why() -> None:
    with pytest.raises(ReasonRequired):
        LIFE.move(row(), Action.REFUSE, GRANTED)
    LIFE.move(row(), Action.REFUSE, GRANTED, reason="why")


def test_a_step_of_the_clock_is_no_persons() -> None:
    with pytest.raises(BadTransition):
        LIFE.move(row(), Action.TICK, GRANTED)
    assert LIFE.advance(row(), Action.TICK) is State.NEW


def test_the_buttons_are_what_is_open_and_granted() -> None:
    assert LIFE.open_to(row(), GRANTED) == [Action.AGE, Action.REFUSE]
    assert LIFE.open_to(row(State.OLD), GRANTED) == []
    assert LIFE.open_to(row(), []) == []
