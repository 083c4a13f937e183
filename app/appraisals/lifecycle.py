"""The lives of a year's cycle and of an opening of raters. Source: domain.md §3.9; practice.md R24.

The clock moves a cycle, each step at its date, see `dates.due`; only that all employers have
acknowledged is no date. A cycle that some have not is archived on its last day all the same.
"""

from collections.abc import Mapping
from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.appraisal import OpeningStatus as O
from app.models.evaluation import CycleStatus as S
from app.permissions import Permission as P


class CycleAction(StrEnum):
    """What happens to a cycle after it was planned."""

    COLLECT = "collect"
    COMPUTE = "compute"
    OPEN_OBJECTIONS = "open_objections"
    FINALIZE = "finalize"
    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    ARCHIVE = "archive"


# history and facts that leave the status as it is, and the birth of a cycle
PLANNED, CHANGED, REMINDED = "plan", "change", "remind"
A = CycleAction

CYCLE = Lifecycle[S, A](
    {
        A.COLLECT: Step({S.PLANNED}, S.COLLECTING, None),
        A.COMPUTE: Step({S.COLLECTING}, S.COMPUTING, None),
        A.OPEN_OBJECTIONS: Step({S.COMPUTING}, S.OBJECTION_WINDOW, None),
        A.FINALIZE: Step({S.OBJECTION_WINDOW}, S.FINAL, None),
        A.SEND: Step({S.FINAL}, S.SENT, None),
        A.ACKNOWLEDGE: Step({S.SENT}, S.ACKNOWLEDGED, None),
        A.ARCHIVE: Step({S.SENT, S.ACKNOWLEDGED}, S.ARCHIVED, None),
    }
)
# what the clock does next
NEXT: Mapping[S, A] = {
    source: action
    for action, step in CYCLE.steps.items()
    if action is not A.ACKNOWLEDGE
    for source in step.sources
}


class OpeningAction(StrEnum):
    """What becomes of the question who rated."""

    AGREE = "agree"
    REFUSE = "refuse"
    LAPSE = "lapse"
    CLOSE = "close"


ASKED, LOOKED = "ask", "look"
B = OpeningAction

OPENING = Lifecycle[O, B](
    {
        B.AGREE: Step({O.ASKED}, O.OPEN, P.RATERS_OPEN),
        B.REFUSE: Step({O.ASKED}, O.REFUSED, P.RATERS_OPEN, reason=True),
        B.LAPSE: Step({O.ASKED}, O.LAPSED, None),
        B.CLOSE: Step({O.OPEN}, O.CLOSED, None),
    }
)
