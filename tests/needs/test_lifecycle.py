"""The lives of a need and of an answer, as tables."""

from types import SimpleNamespace

import pytest

from app.lifecycle import BadTransition
from app.models.need import AcceptanceStatus, NeedStatus
from app.needs.lifecycle import (
    ACCEPTANCE,
    ENDED,
    HANDLING,
    NEED,
    SETTLES,
    SPOKEN,
    AcceptanceAction,
)
from app.permissions import Permission
from tests.lives import differing

# action → from where, to where; written by hand from practice.md R1 and engineering.md D
LIFE = {
    "ask_back": ({"submitted", "accepted"}, "asked_back"),
    "answer_back": ({"asked_back", "lapsed"}, "submitted"),
    "lapse": ({"asked_back"}, "lapsed"),
    "accept": ({"submitted", "accepted", "lapsed"}, "accepted"),
    "refuse": ({"submitted", "accepted", "lapsed"}, "refused"),
    "merge": ({"submitted", "accepted", "lapsed"}, "merged"),
    "unmerge": ({"merged"}, "submitted"),
    "withdraw": ({"submitted", "asked_back", "lapsed", "accepted"}, "withdrawn"),
    "start": ({"accepted"}, "in_hand"),
    "back_to_triage": ({"in_hand"}, "accepted"),
    "finish": ({"accepted", "in_hand"}, "done"),
    "settle_solved": ({"done"}, "solved"),
    "settle_partly": ({"done"}, "partly"),
    "settle_unsolved": ({"done"}, "unsolved"),
    "settle_unanswered": ({"done"}, "unanswered"),
    "reopen": ({"partly", "unsolved"}, "accepted"),
    "hand_up": ({"partly", "unsolved"}, "handed_up"),
    "decide": ({"handed_up"}, "accepted"),
    "close": ({"handed_up"}, "unsolved"),
    "revoke": (
        {"submitted", "asked_back", "lapsed", "accepted", "in_hand", "handed_up"},
        "withdrawn",
    ),
}
# What the house does by its clock, and what a resident's answer makes of a need: no door of its own.
BY_CLOCK = {"lapse", "settle_unanswered"}
BY_ANSWER = {"settle_solved", "settle_partly", "settle_unsolved"}
BY_RESIDENT = {"answer_back", "withdraw", *BY_ANSWER}
END = {"refused", "merged", "withdrawn", "solved", "partly", "unsolved", "unanswered"}


def test_a_need_moves_as_the_table_says() -> None:
    assert differing(NEED, NeedStatus, LIFE) == []


def reachable(status: str, actions: set[str]) -> set[str]:
    """Every state that these actions lead to from `status`."""
    seen = {status}
    while True:
        more = {LIFE[action][1] for action in actions if LIFE[action][0] & seen} - seen
        if not more:
            return seen
        seen |= more


@pytest.mark.parametrize("status", sorted(set(NeedStatus) - END))
@pytest.mark.parametrize("left_out", [set(), BY_RESIDENT, {*BY_RESIDENT, "start"}])
def test_from_every_state_an_end_is_reached_even_without_the_resident(
    status: NeedStatus, left_out: set[str]
) -> None:
    assert set(NeedStatus) - ENDED == set(NeedStatus) - END
    by_people = {action.value for action, step in NEED.steps.items() if step.needs is not None}
    ways = (by_people | BY_CLOCK | BY_ANSWER | {"back_to_triage"}) - left_out
    assert reachable(status, ways) & END


def test_who_decides_about_a_need_handles_it_and_who_speaks_for_the_resident_does_not() -> None:
    spoken = {"answer_back", "withdraw", "reopen", "hand_up"}
    assert spoken >= SPOKEN
    assert not spoken & HANDLING
    by_staff = {
        action
        for action, step in NEED.steps.items()
        if step.needs in (Permission.NEED_TRIAGE, Permission.NEED_DECIDE)
    }
    assert by_staff <= HANDLING


@pytest.mark.parametrize("status", AcceptanceStatus)
@pytest.mark.parametrize("action", AcceptanceAction)
def test_an_answer_is_given_once(status: AcceptanceStatus, action: AcceptanceAction) -> None:
    row = SimpleNamespace(status=status)
    if status is AcceptanceStatus.ASKED:
        ACCEPTANCE.advance(row, action, reason="why")
        assert row.status == ("silent" if action is AcceptanceAction.SILENCE else action.value)
        assert SETTLES[action].value.startswith("settle_")
    else:
        with pytest.raises(BadTransition):
            ACCEPTANCE.advance(row, action, reason="why")
