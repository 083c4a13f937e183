"""The lives of a wish and of a claim, as tables written by hand; nobody steps without the right."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.core.errors import Forbidden
from app.lifecycle import BadTransition, ReasonRequired
from app.models.wish import WishClaimStatus, WishStatus
from app.wishes.lifecycle import CLAIM, ENDS_CLAIM, WISH
from tests.lives import Rules, differing

RULES: dict[str, tuple[set[str], str]] = {
    "verify": ({"submitted"}, "verified"),
    "reject": ({"submitted", "verified"}, "rejected"),
    "publish": ({"verified"}, "open"),
    "claim": ({"open"}, "claimed"),
    "cancel": ({"claimed"}, "open"),
    "revoke": ({"claimed"}, "open"),
    "expire": ({"claimed"}, "open"),
    "release": ({"claimed"}, "open"),
    "deliver": ({"claimed"}, "delivered"),
    "confirm": ({"delivered", "undecided"}, "fulfilled"),
    "deny": ({"delivered"}, "undecided"),
    "silence": ({"delivered"}, "undecided"),
    "settle": ({"undecided"}, "fulfilled"),
    "send_back": ({"undecided"}, "claimed"),
    "close": ({"fulfilled"}, "closed"),
    "withdraw": ({"submitted", "verified", "open"}, "withdrawn"),
    "take_down": ({"open"}, "withdrawn"),
    "drop": ({"submitted", "verified", "open", "claimed"}, "withdrawn"),
}
OF_CLAIM: dict[str, tuple[set[str], str]] = {
    "fulfil": ({"active"}, "fulfilled"),
    "cancel": ({"active"}, "cancelled"),
    "revoke": ({"active"}, "revoked"),
    "expire": ({"active"}, "expired"),
    "end": ({"active"}, "ended"),
}
LIVES: list[tuple[Any, Any, Rules]] = [
    (WISH, WishStatus, RULES),
    (CLAIM, WishClaimStatus, OF_CLAIM),
]
STEPS = [(life, action) for life, _, _ in LIVES for action in life.steps]
GIVES_REASON = {"reject", "revoke", "release", "deny", "settle", "send_back", "take_down"}


@pytest.mark.parametrize(("life", "statuses", "rules"), LIVES)
def test_a_step_leaves_only_its_sources(life: Any, statuses: Any, rules: Rules) -> None:
    assert differing(life, statuses, rules) == []


@pytest.mark.parametrize(("life", "action"), STEPS)
def test_a_step_wants_its_permission_and_its_reason(life: Any, action: Any) -> None:
    step = life.steps[action]
    row = SimpleNamespace(status=next(iter(step.sources)))
    with pytest.raises(BadTransition if step.needs is None else Forbidden):
        life.move(row, action, [], reason="why")
    wants = life is WISH and action.value in GIVES_REASON
    assert step.reason is wants
    if wants:
        with pytest.raises(ReasonRequired):
            life.advance(row, action)


def test_a_wish_that_leaves_its_claim_ends_it() -> None:
    held = {"claimed", "delivered", "undecided"}
    leaving = {
        action
        for action, step in WISH.steps.items()
        if held & {str(one) for one in step.sources} and step.target not in held
    }
    assert set(ENDS_CLAIM) == leaving
