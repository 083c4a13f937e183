"""The lives of a call-up, of a seat on a shift and of a team that forms for one. Source: domain.md §3.8.

A call-up is activated by its last needed approval, so that step belongs to nobody. An immediate one
whose second approval does not come in time lapses by the clock. A seat is born by `claim` or `name`.
"""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.emergency import CallUpStatus as C
from app.models.emergency import ShiftSeatStatus as S
from app.models.shift_team import TeamStatus as T
from app.permissions import Permission as P


class CallUpAction(StrEnum):
    """What may happen to a call-up."""

    ACTIVATE = "activate"
    WITHDRAW = "withdraw"
    STAND_DOWN = "stand_down"
    LAPSE = "lapse"
    REVIEW = "review"


# history that leaves the status as it is
DRAFTED, APPROVED, LOCATED = "draft", "approve", "require_location"

A = CallUpAction
CALL_UP = Lifecycle[C, A](
    {
        A.ACTIVATE: Step({C.DRAFT}, C.ACTIVE, None),  # enough have approved
        A.WITHDRAW: Step({C.DRAFT}, C.WITHDRAWN, P.CALL_UP_RUN, reason=True),
        A.STAND_DOWN: Step({C.ACTIVE}, C.STOOD_DOWN, P.CALL_UP_RUN),
        A.LAPSE: Step({C.ACTIVE}, C.STOOD_DOWN, None),  # no second approval in time
        A.REVIEW: Step({C.STOOD_DOWN}, C.REVIEWED, P.CALL_UP_RUN, reason=True),
    }
)

# While somebody may still approve it, and while service on it may still be entered.
APPROVABLE = frozenset({C.DRAFT, C.ACTIVE})
COUNTED = frozenset({C.ACTIVE, C.STOOD_DOWN})


class ShiftSeatAction(StrEnum):
    """What may happen to a seat on a shift after it was taken or named."""

    ACCEPT = "accept"
    DECLINE = "decline"
    RELEASE = "release"
    LEAVE = "leave"
    ATTEND = "attend"
    MISS = "miss"
    RELIEVE = "relieve"
    CONFIRM = "confirm"
    CANCEL = "cancel"


CLAIMED, NAMED = "claim", "name"  # the two births of a seat
CHECKED_IN, UNLOCATED = "check_in", "no_location"  # history that leaves its status as it is

FREED = frozenset({S.DECLINED, S.RELEASED, S.CANCELLED})
PROMISED = frozenset({S.NAMED, S.TAKEN})
PRESENT = frozenset({S.ON_DUTY, S.RELIEVED})

B = ShiftSeatAction
SHIFT_SEAT = Lifecycle[S, B](
    {
        B.ACCEPT: Step({S.NAMED}, S.TAKEN, P.SHIFT_SEAT_OWN),
        B.DECLINE: Step({S.NAMED}, S.DECLINED, P.SHIFT_SEAT_OWN),
        B.RELEASE: Step({S.TAKEN}, S.RELEASED, P.SHIFT_SEAT_OWN),
        B.LEAVE: Step(PROMISED, S.RELEASED, None),  # registered no more
        B.ATTEND: Step(PROMISED, S.ON_DUTY, P.CALL_UP_RUN),
        B.MISS: Step(PROMISED, S.NO_SHOW, P.CALL_UP_RUN, reason=True),
        B.RELIEVE: Step({S.ON_DUTY}, S.RELIEVED, P.CALL_UP_RUN),
        B.CONFIRM: Step(PRESENT, S.CONFIRMED, P.CALL_UP_RUN),
        B.CANCEL: Step(PROMISED, S.CANCELLED, None),
    }
)


class ShiftTeamAction(StrEnum):
    """What may happen to a team after it was started."""

    STAND = "stand"
    MERGE = "merge"
    DISSOLVE = "dissolve"
    LAPSE = "lapse"


# history that leaves the status as it is; `drop`: he did not fit any more when it would have stood
STARTED, JOINED, LEFT, DROPPED = "start", "join", "leave", "drop"

D = ShiftTeamAction
SHIFT_TEAM = Lifecycle[T, D](
    {
        D.STAND: Step({T.FORMING}, T.STANDING, None),  # as many as wanted
        D.MERGE: Step({T.FORMING}, T.MERGED, P.SHIFT_TEAM_LEAD),
        D.DISSOLVE: Step({T.FORMING}, T.DISSOLVED, None),  # the last one left
        D.LAPSE: Step({T.FORMING}, T.LAPSED, None),  # too few in time, or the call-up is over
    }
)
