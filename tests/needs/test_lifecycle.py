"""The lives of a need and of an answer, as tables."""

from types import SimpleNamespace

import pytest

from app.lifecycle import BadTransition
from app.models.need import AcceptanceStatus, NeedStatus
from app.needs.lifecycle import ACCEPTANCE, NEED, SETTLES, AcceptanceAction, NeedAction

# action → from where, to where; written by hand from practice.md R1 and engineering.md D
LIFE = {
    "ask_back": ({"submitted"}, "asked_back"),
    "answer_back": ({"asked_back", "lapsed"}, "submitted"),
    "lapse": ({"asked_back"}, "lapsed"),
    "accept": ({"submitted"}, "accepted"),
    "refuse": ({"submitted"}, "refused"),
    "merge": ({"submitted"}, "merged"),
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
}


@pytest.mark.parametrize("status", NeedStatus)
@pytest.mark.parametrize("action", NeedAction)
def test_a_need_moves_as_the_table_says(status: NeedStatus, action: NeedAction) -> None:
    sources, target = LIFE[action]
    need = SimpleNamespace(status=status)
    if status in sources:
        assert NEED.advance(need, action, reason="why") is status
        assert need.status == target
    else:
        with pytest.raises(BadTransition):
            NEED.advance(need, action, reason="why")


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
