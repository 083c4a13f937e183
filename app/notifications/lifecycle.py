"""The life of a message that leaves the house."""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.report import OutgoingStatus as S


class OutgoingAction(StrEnum):
    """What the worker does to it."""

    SEND = "send"
    DROP = "drop"
    DOUBT = "doubt"


A = OutgoingAction

LIFECYCLE: Lifecycle[S, A] = Lifecycle(
    {
        A.SEND: Step({S.WAITING}, S.SENT, None),
        A.DROP: Step({S.WAITING}, S.DROPPED, None),
        A.DOUBT: Step({S.WAITING}, S.UNSURE, None),
    }
)
