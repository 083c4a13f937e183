"""The lives of what follows from a year, as tables written by hand."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.core.errors import Forbidden
from app.evaluations import lifecycle as lives
from app.lifecycle import BadTransition, ReasonRequired
from app.models.commendation import CommendationStatus
from app.models.negative_item import NegativeItemStatus
from app.models.objection import ObjectionStatus
from app.models.suggestion import SuggestionStatus
from app.models.talk import TalkStatus
from tests.lives import Rules, differing

ITEM: Rules = {
    "agree": ({"alleged"}, "asked"),
    "lapse": ({"alleged"}, "dropped"),
    "answer": ({"asked"}, "answered"),
    "silence": ({"asked"}, "answered"),
    "confirm": ({"answered"}, "confirmed"),
    "review": ({"confirmed"}, "reviewed"),
    "drop": ({"alleged", "asked", "answered", "confirmed"}, "dropped"),
    "object": ({"reviewed"}, "objected"),
    "stand": ({"reviewed"}, "upheld"),
    "uphold": ({"objected"}, "upheld"),
    "clear": ({"objected"}, "dropped"),
    "expire": ({"upheld"}, "expired"),
}
OBJECTION: Rules = {
    "answer": ({"raised"}, "answered"),
    "pass_on": ({"raised"}, "answered"),
    "grant": ({"answered"}, "granted"),
    "keep": ({"answered"}, "kept"),
    "appeal": ({"kept"}, "appealed"),
    "let_rest": ({"kept"}, "final"),
    "grant_above": ({"appealed"}, "granted"),
    "keep_above": ({"appealed"}, "final"),
    "withdraw": ({"raised", "answered", "kept", "appealed"}, "withdrawn"),
}
TALK: Rules = {
    "schedule": ({"opened", "scheduled"}, "scheduled"),
    "hold": ({"opened", "scheduled"}, "held"),
    "close": ({"opened", "scheduled"}, "closed"),
}
PRAISE: Rules = {
    "confirm": ({"proposed"}, "confirmed"),
    "refuse": ({"proposed"}, "refused"),
    "lapse": ({"proposed", "confirmed"}, "declined"),
    "agree": ({"confirmed"}, "on_notice"),
    "decline": ({"confirmed", "on_notice"}, "declined"),
    "stand": ({"confirmed", "on_notice"}, "standing"),
    "withdraw": ({"proposed", "confirmed", "on_notice", "standing"}, "withdrawn"),
}
LIVES: list[tuple[Any, Any, Rules]] = [
    (lives.SUGGESTION, SuggestionStatus, {"decide": ({"proposed", "decided"}, "decided")}),
    (lives.NEGATIVE, NegativeItemStatus, ITEM),
    (lives.OBJECTION, ObjectionStatus, OBJECTION),
    (lives.TALK, TalkStatus, TALK),
    (lives.COMMENDATION, CommendationStatus, PRAISE),
]
STEPS = [(life, action) for life, _, _ in LIVES for action in life.steps]


@pytest.mark.parametrize(("life", "statuses", "rules"), LIVES)
def test_a_step_leaves_only_its_sources(life: Any, statuses: Any, rules: Rules) -> None:
    assert differing(life, statuses, rules) == []


@pytest.mark.parametrize(("life", "action"), STEPS)
def test_a_step_wants_its_permission_and_its_reason(life: Any, action: Any) -> None:
    step = life.steps[action]
    row = SimpleNamespace(status=next(iter(step.sources)))
    with pytest.raises(BadTransition if step.needs is None else Forbidden):
        life.move(row, action, [], reason="why")
    if step.reason:
        with pytest.raises(ReasonRequired):
            life.advance(row, action)


def test_every_life_is_written_down_whole() -> None:
    for life, _, table in LIVES:
        assert {str(action) for action in life.steps} == set(table)
