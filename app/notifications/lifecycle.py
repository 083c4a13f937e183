"""The life of a message that leaves the house."""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.report import OutgoingStatus as S


class OutgoingAction(StrEnum):
    """What the worker does to it; `hold`, `gather` and `fold` are the steps of a digest."""

    HOLD = "hold"
    GATHER = "gather"
    FOLD = "fold"
    SEND = "send"
    DROP = "drop"
    DOUBT = "doubt"


A = OutgoingAction

LIFECYCLE: Lifecycle[S, A] = Lifecycle(
    {
        A.HOLD: Step({S.WAITING}, S.HELD, None),
        A.GATHER: Step({S.HELD}, S.WAITING, None),
        A.FOLD: Step({S.HELD}, S.FOLDED, None),
        A.SEND: Step({S.WAITING}, S.SENT, None),
        A.DROP: Step({S.WAITING, S.HELD}, S.DROPPED, None),
        A.DOUBT: Step({S.WAITING}, S.UNSURE, None),
    }
)
