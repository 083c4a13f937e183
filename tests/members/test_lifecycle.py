"""The lives of a registration and of a transfer, as tables written by hand."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.lifecycle import BadTransition
from app.members.lifecycle import REGISTRATION, TRANSFER, RegistrationAction, TransferAction
from app.models.member import RegistrationStatus, TransferStatus

WAITING = {"pending_employer", "pending_community"}
RETURNED = {"returned_by_employer", "returned_by_community"}
LIVES: list[tuple[Any, Any, Any, dict[str, tuple[set[str], str]]]] = [
    (
        REGISTRATION,
        RegistrationAction,
        RegistrationStatus,
        {
            "confirm": ({"pending_employer"}, "pending_community"),
            "return_to_member": ({"pending_employer"}, "returned_by_employer"),
            "accept": ({"pending_community"}, "active"),
            "return_from_community": ({"pending_community"}, "returned_by_community"),
            "apply_again": ({"returned_by_employer"}, "pending_employer"),
            "submit_again": ({"returned_by_community"}, "pending_community"),
            "withdraw": (WAITING | RETURNED, "withdrawn"),
            "suspend": ({"active"}, "suspended"),
            "resume": ({"suspended"}, "active"),
            "end": ({"active", "suspended"}, "ended"),
        },
    ),
    (
        TRANSFER,
        TransferAction,
        TransferStatus,
        {
            "let_go": ({"requested"}, "out_confirmed"),
            "keep": ({"requested"}, "refused"),
            "take_in": ({"out_confirmed"}, "effective"),
            "turn_down": ({"out_confirmed"}, "refused"),
            "withdraw": ({"requested", "out_confirmed"}, "withdrawn"),
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
