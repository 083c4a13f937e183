"""The lives of a post and of a claim, as tables written by hand; nobody steps without the right."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.core.errors import Forbidden
from app.lifecycle import BadTransition, ReasonRequired
from app.models.post import ClaimStatus, PostStatus
from app.posts.lifecycle import CLAIM, POST
from tests.lives import Rules, differing

LIVING = {"pending", "serving", "exit_pending"}
LIVES: list[tuple[Any, Any, Rules]] = [
    (
        POST,
        PostStatus,
        {
            "publish": ({"draft", "paused"}, "open"),
            "pause": ({"open"}, "paused"),
            "close": ({"draft", "open", "paused"}, "closed"),
        },
    ),
    (
        CLAIM,
        ClaimStatus,
        {
            "approve": ({"pending"}, "serving"),
            "reject": ({"pending"}, "rejected"),
            "withdraw": ({"pending"}, "withdrawn"),
            "ask_exit": ({"serving"}, "exit_pending"),
            "let_go": ({"exit_pending"}, "exited"),
            "keep": ({"exit_pending"}, "serving"),
            "dismiss": ({"serving"}, "dismissed"),
            "complete": ({"serving"}, "completed"),
            "end": (LIVING, "ended"),
        },
    ),
]
STEPS = [(life, action) for life, _, _ in LIVES for action in life.steps]
GIVES_REASON = {"close", "reject", "ask_exit", "keep", "dismiss", "end"}


@pytest.mark.parametrize(("life", "statuses", "rules"), LIVES)
def test_a_step_leaves_only_its_sources(life: Any, statuses: Any, rules: Rules) -> None:
    assert differing(life, statuses, rules) == []


@pytest.mark.parametrize(("life", "action"), STEPS)
def test_a_step_wants_its_permission_and_its_reason(life: Any, action: Any) -> None:
    step = life.steps[action]
    row = SimpleNamespace(status=next(iter(step.sources)))
    with pytest.raises(BadTransition if step.needs is None else Forbidden):
        life.move(row, action, [], reason="why")
    assert step.reason is (action.value in GIVES_REASON)
    if step.reason:
        with pytest.raises(ReasonRequired):
            life.advance(row, action)
