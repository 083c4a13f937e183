"""The lives of a registration and of a transfer. Source: domain.md §3.1, §3.10; practice.md R12.

Silence accepts nothing: an overdue registration is only reminded of (`remind_at`).
"""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.member import RegistrationStatus as S
from app.models.member import TransferStatus as T
from app.permissions import Permission as P


class RegistrationAction(StrEnum):
    """What may happen to a registration."""

    CONFIRM = "confirm"
    RETURN_TO_MEMBER = "return_to_member"
    ACCEPT = "accept"
    RETURN_FROM_COMMUNITY = "return_from_community"
    APPLY_AGAIN = "apply_again"
    SUBMIT_AGAIN = "submit_again"
    WITHDRAW = "withdraw"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"


WAITING = frozenset({S.PENDING_EMPLOYER, S.PENDING_COMMUNITY})
RETURNED = frozenset({S.RETURNED_BY_EMPLOYER, S.RETURNED_BY_COMMUNITY})
REGISTERED = frozenset({S.ACTIVE, S.SUSPENDED})
LIVING = WAITING | RETURNED | REGISTERED

A = RegistrationAction
REGISTRATION = Lifecycle[S, A](
    {
        A.CONFIRM: Step({S.PENDING_EMPLOYER}, S.PENDING_COMMUNITY, P.REGISTRATION_CONFIRM),
        A.RETURN_TO_MEMBER: Step(
            {S.PENDING_EMPLOYER}, S.RETURNED_BY_EMPLOYER, P.REGISTRATION_CONFIRM, reason=True
        ),
        A.ACCEPT: Step({S.PENDING_COMMUNITY}, S.ACTIVE, P.REGISTRATION_ACCEPT),
        A.RETURN_FROM_COMMUNITY: Step(
            {S.PENDING_COMMUNITY}, S.RETURNED_BY_COMMUNITY, P.REGISTRATION_ACCEPT, reason=True
        ),
        A.APPLY_AGAIN: Step({S.RETURNED_BY_EMPLOYER}, S.PENDING_EMPLOYER, P.REGISTRATION_OWN),
        A.SUBMIT_AGAIN: Step({S.RETURNED_BY_COMMUNITY}, S.PENDING_COMMUNITY, P.REGISTRATION_OWN),
        A.WITHDRAW: Step(WAITING | RETURNED, S.WITHDRAWN, P.REGISTRATION_OWN),
        A.SUSPEND: Step({S.ACTIVE}, S.SUSPENDED, P.REGISTRATION_SUSPEND, reason=True),
        A.RESUME: Step({S.SUSPENDED}, S.ACTIVE, P.REGISTRATION_SUSPEND),
        A.END: Step(REGISTERED, S.ENDED, P.REGISTRATION_SUSPEND, reason=True),
    }
)


class TransferAction(StrEnum):
    """What may happen to a transfer."""

    LET_GO = "let_go"
    KEEP = "keep"
    TAKE_IN = "take_in"
    TURN_DOWN = "turn_down"
    WITHDRAW = "withdraw"


TA = TransferAction
TRANSFER = Lifecycle[T, TA](
    {
        TA.LET_GO: Step({T.REQUESTED}, T.OUT_CONFIRMED, P.TRANSFER_LET_GO),
        TA.KEEP: Step({T.REQUESTED}, T.REFUSED, P.TRANSFER_LET_GO, reason=True),
        TA.TAKE_IN: Step({T.OUT_CONFIRMED}, T.EFFECTIVE, P.TRANSFER_TAKE_IN),
        TA.TURN_DOWN: Step({T.OUT_CONFIRMED}, T.REFUSED, P.TRANSFER_TAKE_IN, reason=True),
        TA.WITHDRAW: Step({T.REQUESTED, T.OUT_CONFIRMED}, T.WITHDRAWN, P.TRANSFER_OWN),
    }
)
