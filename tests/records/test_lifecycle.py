"""The lives of a random check and of a certificate, as tables written by hand."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.core.errors import Forbidden
from app.lifecycle import BadTransition, ReasonRequired
from app.models.record import CertificateStatus, SampleStatus
from app.records.lifecycle import CERTIFICATE, SAMPLE
from tests.lives import Rules, differing

ASKED = {"requested", "checked"}
LIVES: list[tuple[Any, Any, Rules]] = [
    (
        SAMPLE,
        SampleStatus,
        {"find_right": ({"waiting"}, "right"), "find_wrong": ({"waiting"}, "wrong")},
    ),
    (
        CERTIFICATE,
        CertificateStatus,
        {
            "check": ({"requested"}, "checked"),
            "issue": ({"checked"}, "issued"),
            "refuse": (ASKED, "refused"),
            "withdraw": (ASKED, "withdrawn"),
            "revoke": ({"issued"}, "revoked"),
            "supersede": ({"issued"}, "superseded"),
        },
    ),
]
STEPS = [(life, action) for life, _, _ in LIVES for action in life.steps]
GIVES_REASON = {"find_wrong", "refuse", "revoke"}


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
