"""The lives of a call-up, of a seat on a shift and of a team, as tables written by hand."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.emergency.lifecycle import (
    CALL_UP,
    SHIFT_SEAT,
    SHIFT_TEAM,
    CallUpAction,
    ShiftSeatAction,
    ShiftTeamAction,
)
from app.lifecycle import BadTransition
from app.models.emergency import CallUpStatus, ShiftSeatStatus
from app.models.shift_team import TeamStatus

LIVES: list[tuple[Any, Any, Any, dict[str, tuple[set[str], str]]]] = [
    (
        CALL_UP,
        CallUpAction,
        CallUpStatus,
        {
            "activate": ({"draft"}, "active"),
            "withdraw": ({"draft"}, "withdrawn"),
            "stand_down": ({"active"}, "stood_down"),
            "lapse": ({"active"}, "stood_down"),
            "review": ({"stood_down"}, "reviewed"),
        },
    ),
    (
        SHIFT_SEAT,
        ShiftSeatAction,
        ShiftSeatStatus,
        {
            "accept": ({"named"}, "taken"),
            "decline": ({"named"}, "declined"),
            "release": ({"taken"}, "released"),
            "leave": ({"named", "taken"}, "released"),
            "attend": ({"named", "taken"}, "on_duty"),
            "miss": ({"named", "taken"}, "no_show"),
            "relieve": ({"on_duty"}, "relieved"),
            "confirm": ({"on_duty", "relieved"}, "confirmed"),
            "cancel": ({"named", "taken"}, "cancelled"),
        },
    ),
    (
        SHIFT_TEAM,
        ShiftTeamAction,
        TeamStatus,
        {
            "stand": ({"forming"}, "standing"),
            "merge": ({"forming"}, "merged"),
            "dissolve": ({"forming"}, "dissolved"),
            "lapse": ({"forming"}, "lapsed"),
        },
    ),
]
CASES = [
    (life, action, status, table[action.value])
    for life, actions, statuses, table in LIVES
    for action in actions
    for status in statuses
]


@pytest.mark.parametrize(("life", "action", "status", "rule"), CASES)
def test_a_step_leaves_only_its_sources(life: Any, action: Any, status: Any, rule: Any) -> None:
    row = SimpleNamespace(status=status)
    if status.value in rule[0]:
        life.advance(row, action, reason="why")
        assert row.status == rule[1]
    else:
        with pytest.raises(BadTransition):
            life.advance(row, action, reason="why")
