"""The lives of a registration and of a transfer, as tables written by hand."""

from typing import Any

import pytest

from app.members.lifecycle import REGISTRATION, TRANSFER
from app.models.member import RegistrationStatus, TransferStatus
from tests.lives import Rules, differing

WAITING = {"pending_employer", "pending_community"}
RETURNED = {"returned_by_employer", "returned_by_community"}
LIVES: list[tuple[Any, Any, Rules]] = [
    (
        REGISTRATION,
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


@pytest.mark.parametrize(("life", "statuses", "rules"), LIVES)
def test_a_step_leaves_only_its_sources(life: Any, statuses: Any, rules: Rules) -> None:
    assert differing(life, statuses, rules) == []
