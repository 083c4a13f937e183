"""The lives of a call-up, of a seat on a shift and of a team, as tables written by hand."""

from typing import Any

import pytest

from app.emergency.lifecycle import (
    CALL_UP,
    SHIFT_SEAT,
    SHIFT_TEAM,
)
from app.models.emergency import CallUpStatus, ShiftSeatStatus
from app.models.shift_team import TeamStatus
from tests.lives import Rules, differing

LIVES: list[tuple[Any, Any, Rules]] = [
    (
        CALL_UP,
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
        TeamStatus,
        {
            "stand": ({"forming"}, "standing"),
            "merge": ({"forming"}, "merged"),
            "dissolve": ({"forming"}, "dissolved"),
            "lapse": ({"forming"}, "lapsed"),
        },
    ),
]


@pytest.mark.parametrize(("life", "statuses", "rules"), LIVES)
def test_a_step_leaves_only_its_sources(life: Any, statuses: Any, rules: Rules) -> None:
    assert differing(life, statuses, rules) == []
