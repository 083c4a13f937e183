"""The lives of a cycle and of an opening, as tables written by hand."""

from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from app.appraisals.lifecycle import CYCLE, NEXT, OPENING, CycleAction, OpeningAction
from app.core.errors import Forbidden
from app.lifecycle import BadTransition, ReasonRequired
from app.models.appraisal import OpeningStatus
from app.models.evaluation import CycleStatus
from app.policies import shipped
from app.rules.appraisals import OPENERS
from tests.lives import Rules, differing

OF_CYCLE: dict[str, tuple[set[str], str]] = {
    "collect": ({"planned"}, "collecting"),
    "compute": ({"collecting"}, "computing"),
    "open_objections": ({"computing"}, "objection_window"),
    "finalize": ({"objection_window"}, "final"),
    "send": ({"final"}, "sent"),
    "acknowledge": ({"sent"}, "acknowledged"),
    "archive": ({"sent", "acknowledged"}, "archived"),
}
OF_OPENING: dict[str, tuple[set[str], str]] = {
    "agree": ({"asked"}, "open"),
    "refuse": ({"asked"}, "refused"),
    "lapse": ({"asked"}, "lapsed"),
    "close": ({"open"}, "closed"),
}
LIVES: list[tuple[Any, Any, Rules]] = [
    (CYCLE, CycleStatus, OF_CYCLE),
    (OPENING, OpeningStatus, OF_OPENING),
]
STEPS = [(life, action) for life, _, _ in LIVES for action in life.steps]


@pytest.mark.parametrize(("life", "statuses", "rules"), LIVES)
def test_a_step_leaves_only_its_sources(life: Any, statuses: Any, rules: Rules) -> None:
    assert differing(life, statuses, rules) == []


@pytest.mark.parametrize(("life", "action"), STEPS)
def test_nobody_steps_without_the_right(life: Any, action: Any) -> None:
    step = life.steps[action]
    row = SimpleNamespace(status=next(iter(step.sources)))
    with pytest.raises(BadTransition if step.needs is None else Forbidden):
        life.move(row, action, [], reason="why")


def test_who_is_refused_is_told_why() -> None:
    row = SimpleNamespace(status=OpeningStatus.ASKED)
    with pytest.raises(ReasonRequired):
        OPENING.advance(row, OpeningAction.REFUSE)


def test_the_clock_has_one_next_step_from_every_status_but_the_last() -> None:
    assert set(NEXT) == set(CycleStatus) - {CycleStatus.ARCHIVED}
    assert CycleAction.ACKNOWLEDGE not in NEXT.values()


def test_who_opens_raters_is_whom_the_locked_policy_names() -> None:
    content = yaml.load(shipped.FILE.read_text(encoding="utf-8"), shipped.Loader)
    (policy,) = [
        each for each in content["policies"] if each["key"] == "evaluation.rater_identity_opened_by"
    ]
    assert (policy["value"], policy["set_by"]) == ([role.value for role in OPENERS], "locked")
