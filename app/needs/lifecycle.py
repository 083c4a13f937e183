"""The lives of a need and of a resident's answer. Source: practice.md R1, R10; engineering.md D."""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.need import AcceptanceStatus as C
from app.models.need import NeedStatus as S
from app.permissions import Permission as P


class NeedAction(StrEnum):
    """What may happen to a need after it was submitted."""

    ASK_BACK = "ask_back"
    ANSWER_BACK = "answer_back"
    LAPSE = "lapse"
    ACCEPT = "accept"
    REFUSE = "refuse"
    MERGE = "merge"
    UNMERGE = "unmerge"
    WITHDRAW = "withdraw"
    START = "start"
    BACK_TO_TRIAGE = "back_to_triage"
    FINISH = "finish"
    SETTLE_SOLVED = "settle_solved"
    SETTLE_PARTLY = "settle_partly"
    SETTLE_UNSOLVED = "settle_unsolved"
    SETTLE_UNANSWERED = "settle_unanswered"
    REOPEN = "reopen"
    HAND_UP = "hand_up"
    DECIDE = "decide"
    CLOSE = "close"
    REVOKE = "revoke"


SUBMITTED = "submit"  # the birth of a need
FOLLOWED_UP = "follow_up"  # what became of it where it was passed on to; the status stays
A = NeedAction
FAILED = {S.PARTLY, S.UNSOLVED}
ENDED = frozenset({S.REFUSED, S.MERGED, S.WITHDRAWN, S.SOLVED, S.PARTLY, S.UNSOLVED, S.UNANSWERED})
# It is the community's turn: a need that came back from an order or from its resident stays
# accepted, and may be accepted anew by another route.
WAITING = {S.SUBMITTED, S.ACCEPTED}
# The box of the community when no state is named: also what nobody answered.
BOX = (S.SUBMITTED, S.ACCEPTED, S.LAPSED)
UNDECIDED = {*WAITING, S.LAPSED}

NEED = Lifecycle[S, A](
    {
        A.ASK_BACK: Step(WAITING, S.ASKED_BACK, P.NEED_TRIAGE, reason=True),
        A.ANSWER_BACK: Step({S.ASKED_BACK, S.LAPSED}, S.SUBMITTED, P.NEED_SPEAK),
        A.LAPSE: Step({S.ASKED_BACK}, S.LAPSED, None),
        A.ACCEPT: Step(UNDECIDED, S.ACCEPTED, P.NEED_TRIAGE),
        A.REFUSE: Step(UNDECIDED, S.REFUSED, P.NEED_TRIAGE, reason=True),
        A.MERGE: Step(UNDECIDED, S.MERGED, P.NEED_TRIAGE),
        A.UNMERGE: Step({S.MERGED}, S.SUBMITTED, None),
        A.WITHDRAW: Step({*UNDECIDED, S.ASKED_BACK}, S.WITHDRAWN, P.NEED_SPEAK),
        A.START: Step({S.ACCEPTED}, S.IN_HAND, P.NEED_TRIAGE),
        A.BACK_TO_TRIAGE: Step({S.IN_HAND}, S.ACCEPTED, None, reason=True),
        A.FINISH: Step({S.ACCEPTED, S.IN_HAND}, S.DONE, P.NEED_TRIAGE),
        A.SETTLE_SOLVED: Step({S.DONE}, S.SOLVED, None),
        A.SETTLE_PARTLY: Step({S.DONE}, S.PARTLY, None),
        A.SETTLE_UNSOLVED: Step({S.DONE}, S.UNSOLVED, None),
        A.SETTLE_UNANSWERED: Step({S.DONE}, S.UNANSWERED, None),
        A.REOPEN: Step(FAILED, S.ACCEPTED, None, reason=True),
        A.HAND_UP: Step(FAILED, S.HANDED_UP, None, reason=True),
        A.DECIDE: Step({S.HANDED_UP}, S.ACCEPTED, P.NEED_DECIDE, reason=True),
        A.CLOSE: Step({S.HANDED_UP}, S.UNSOLVED, P.NEED_DECIDE, reason=True),
        A.REVOKE: Step(set(S) - ENDED - {S.DONE}, S.WITHDRAWN, None),
    }
)

# What a resident says, or somebody wrote down for him: that is not handling.
SPOKEN = frozenset({A.ANSWER_BACK, A.REOPEN, A.HAND_UP})
# Who took one of these steps handled the need, and does not answer for its resident. Source:
# practice.md R19.
HANDLING = frozenset(
    {
        A.ASK_BACK,
        A.ACCEPT,
        A.REFUSE,
        A.MERGE,
        A.START,
        A.BACK_TO_TRIAGE,
        A.FINISH,
        A.DECIDE,
        A.CLOSE,
        FOLLOWED_UP,
    }
)


class AcceptanceAction(StrEnum):
    """What a resident may answer, and what the clock makes of silence."""

    SOLVED = "solved"
    PARTLY = "partly"
    UNSOLVED = "unsolved"
    SILENCE = "silence"


ASKED, REMINDED = "ask", "remind"  # a birth, and a fact that leaves the status as it is
B = AcceptanceAction

ACCEPTANCE = Lifecycle[C, B](
    {
        B.SOLVED: Step({C.ASKED}, C.SOLVED, None),
        B.PARTLY: Step({C.ASKED}, C.PARTLY, None, reason=True),
        B.UNSOLVED: Step({C.ASKED}, C.UNSOLVED, None, reason=True),
        B.SILENCE: Step({C.ASKED}, C.SILENT, None),
    }
)

# What an answer makes of the need.
SETTLES = {
    B.SOLVED: A.SETTLE_SOLVED,
    B.PARTLY: A.SETTLE_PARTLY,
    B.UNSOLVED: A.SETTLE_UNSOLVED,
    B.SILENCE: A.SETTLE_UNANSWERED,
}
