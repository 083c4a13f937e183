"""The lives of an order, of a seat, of a series of orders and of a poll.

Source: engineering.md D, domain.md §3.5.

The clock of an open order is its own end: nobody has taken it by then, and it expires; where a
need waits, some days suffice. A seat is
born by `take` (`seats.py`), `wait` or `offer`; an offer that nobody answers lapses, and the waiting
ends with the begin of the service. Whether a need is reopened, handed up and decided is the
need's own life (practice.md R1): the order that served it stays closed, and what is done about it
next is a new order.
"""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.order import OrderStatus as O
from app.models.order import SeatStatus as S
from app.models.order_series import SeriesStatus as R
from app.models.poll import PollStatus as Q
from app.permissions import Permission as P


class OrderAction(StrEnum):
    """What may happen to an order."""

    PUBLISH = "publish"
    START = "start"
    COMPLETE = "complete"
    CLOSE_UNASKED = "close_unasked"
    SETTLE = "settle"
    EXPIRE = "expire"
    CANCEL = "cancel"


# history and facts that leave the status as it is
DRAFTED, CHANGED, REMINDED, CHASED, JUDGED = "draft", "change", "remind", "chase", "judge"

A = OrderAction
ORDER = Lifecycle[O, A](
    {
        A.PUBLISH: Step({O.DRAFT}, O.OPEN, P.ORDER_RUN),
        A.START: Step({O.OPEN}, O.IN_PROGRESS, P.ORDER_ATTEND),
        A.COMPLETE: Step({O.OPEN, O.IN_PROGRESS}, O.PENDING_ACCEPTANCE, P.ORDER_RUN),
        A.CLOSE_UNASKED: Step({O.OPEN, O.IN_PROGRESS}, O.CLOSED, None),  # no need stands behind it
        A.SETTLE: Step({O.PENDING_ACCEPTANCE}, O.CLOSED, None),  # all answered, or silent
        A.EXPIRE: Step({O.OPEN, O.IN_PROGRESS}, O.EXPIRED, None),  # nobody took it, or nobody came
        A.CANCEL: Step({O.DRAFT, O.OPEN, O.IN_PROGRESS}, O.CANCELLED, P.ORDER_RUN, reason=True),
    }
)


# Published, and neither over nor cancelled.
RUNNING = frozenset({O.OPEN, O.IN_PROGRESS})


class SeriesAction(StrEnum):
    """What may happen to a series of orders."""

    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    RUN_OUT = "run_out"


C = SeriesAction
SERIES = Lifecycle[R, C](
    {
        C.PAUSE: Step({R.ACTIVE}, R.PAUSED, P.SERIES_RUN),
        C.RESUME: Step({R.PAUSED}, R.ACTIVE, P.SERIES_RUN),
        C.END: Step({R.ACTIVE, R.PAUSED}, R.ENDED, P.SERIES_RUN, reason=True),
        C.RUN_OUT: Step({R.ACTIVE}, R.ENDED, None),  # after its last day
    }
)


class SeatAction(StrEnum):
    """What may happen to a seat."""

    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    LAPSE = "lapse"
    END_WAIT = "end_wait"
    REPLACE = "replace"
    RELEASE = "release"
    LEAVE = "leave"
    EXCUSE = "excuse"
    ATTEND = "attend"
    MISS = "miss"
    REPORT = "report"
    SEND_BACK = "send_back"
    CONFIRM = "confirm"
    CANCEL = "cancel"


TAKEN, WAITED = "take", "wait"  # births of a seat, beside `offer`
MARKED = "mark"  # leaves the status as it is

# What keeps its holder in touch with the resident.
PRESENT = frozenset({S.ATTENDED, S.REPORTED})
LIVE = PRESENT | {S.TAKEN, S.CONFIRMED}

B = SeatAction
SEAT = Lifecycle[S, B](
    {
        B.OFFER: Step({S.WAITING}, S.OFFERED, None),
        B.ACCEPT: Step({S.OFFERED}, S.TAKEN, P.SEAT_OWN),
        B.DECLINE: Step({S.WAITING, S.OFFERED}, S.DECLINED, P.SEAT_OWN),
        B.LAPSE: Step({S.OFFERED}, S.LAPSED, None),
        B.END_WAIT: Step({S.WAITING}, S.LAPSED, None),
        B.REPLACE: Step({S.OFFERED, S.TAKEN}, S.REPLACED, P.TAKE_NAME),
        B.RELEASE: Step({S.TAKEN}, S.RELEASED, P.SEAT_OWN),
        B.LEAVE: Step({S.WAITING, S.OFFERED, S.TAKEN}, S.RELEASED, None),  # registered no more
        B.EXCUSE: Step({S.TAKEN, S.NO_SHOW}, S.EXCUSED, P.ORDER_ATTEND, reason=True),
        B.ATTEND: Step({S.TAKEN}, S.ATTENDED, P.ORDER_ATTEND),
        B.MISS: Step({S.TAKEN}, S.NO_SHOW, P.ORDER_ATTEND, reason=True),
        B.REPORT: Step({S.ATTENDED}, S.REPORTED, P.SEAT_OWN),
        B.SEND_BACK: Step({S.REPORTED}, S.ATTENDED, P.ORDER_RUN, reason=True),
        B.CONFIRM: Step(PRESENT, S.CONFIRMED, P.ORDER_RUN),
        B.CANCEL: Step(
            {S.WAITING, S.OFFERED, S.TAKEN, S.ATTENDED, S.NO_SHOW, S.REPORTED}, S.CANCELLED, None
        ),
    }
)


class PollAction(StrEnum):
    """What may happen to a poll."""

    CLOSE = "close"


ASKED = "ask"  # the birth of a poll

POLL = Lifecycle[Q, PollAction]({PollAction.CLOSE: Step({Q.OPEN}, Q.CLOSED, P.POLL_RUN)})
