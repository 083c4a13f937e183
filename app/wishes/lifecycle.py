"""The lives of a wish and of a claim on it. Source: domain.md §3.4.

The clock of a claimed wish ends the claim; that of a delivered one makes it the community's turn
(`undecided`), as does the answer that nothing was solved. A claim moves with its wish.
"""

from collections.abc import Mapping
from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.wish import WishClaimStatus as C
from app.models.wish import WishStatus as S
from app.permissions import Permission as P


class WishAction(StrEnum):
    """What may happen to a wish after it was submitted."""

    VERIFY = "verify"
    REJECT = "reject"
    PUBLISH = "publish"
    CLAIM = "claim"
    CANCEL = "cancel"
    REVOKE = "revoke"
    EXPIRE = "expire"
    RELEASE = "release"
    DELIVER = "deliver"
    CONFIRM = "confirm"
    DENY = "deny"
    SILENCE = "silence"
    SETTLE = "settle"
    SEND_BACK = "send_back"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    TAKE_DOWN = "take_down"
    DROP = "drop"


# history and facts that leave the status as it is, and the birth of a wish
SUBMITTED, CHANGED, REMINDED = "submit", "change", "remind"
A = WishAction
ENDED = frozenset({S.REJECTED, S.CLOSED, S.WITHDRAWN})
# It is the community's turn: it is reminded in time.
WAITING = frozenset({S.SUBMITTED, S.VERIFIED, S.UNDECIDED, S.FULFILLED})
# Everybody may read the community's text of it.
PUBLIC = frozenset({S.OPEN, S.CLAIMED, S.DELIVERED, S.UNDECIDED, S.FULFILLED, S.CLOSED})
ANSWERABLE = {S.DELIVERED, S.UNDECIDED}

WISH = Lifecycle[S, A](
    {
        A.VERIFY: Step({S.SUBMITTED}, S.VERIFIED, P.WISH_RUN),
        A.REJECT: Step({S.SUBMITTED, S.VERIFIED}, S.REJECTED, P.WISH_RUN, reason=True),
        A.PUBLISH: Step({S.VERIFIED}, S.OPEN, P.WISH_RUN),
        A.CLAIM: Step({S.OPEN}, S.CLAIMED, P.WISH_CLAIM),
        A.CANCEL: Step({S.CLAIMED}, S.OPEN, P.WISH_SERVE),
        A.REVOKE: Step({S.CLAIMED}, S.OPEN, P.WISH_RUN, reason=True),
        A.EXPIRE: Step({S.CLAIMED}, S.OPEN, None),
        # with the registration that it was claimed under
        A.RELEASE: Step({S.CLAIMED}, S.OPEN, None, reason=True),
        A.DELIVER: Step({S.CLAIMED}, S.DELIVERED, P.WISH_SERVE),
        A.CONFIRM: Step(ANSWERABLE, S.FULFILLED, P.WISH_OWN),
        A.DENY: Step({S.DELIVERED}, S.UNDECIDED, P.WISH_OWN, reason=True),
        A.SILENCE: Step({S.DELIVERED}, S.UNDECIDED, None),
        A.SETTLE: Step({S.UNDECIDED}, S.FULFILLED, P.WISH_RUN, reason=True),
        A.SEND_BACK: Step({S.UNDECIDED}, S.CLAIMED, P.WISH_RUN, reason=True),
        A.CLOSE: Step({S.FULFILLED}, S.CLOSED, P.WISH_RUN),
        A.WITHDRAW: Step({S.SUBMITTED, S.VERIFIED, S.OPEN}, S.WITHDRAWN, P.WISH_OWN),
        A.TAKE_DOWN: Step({S.OPEN}, S.WITHDRAWN, P.WISH_RUN, reason=True),
        # with the consent or the account of the beneficiary; what was delivered is decided about
        A.DROP: Step({S.SUBMITTED, S.VERIFIED, S.OPEN, S.CLAIMED}, S.WITHDRAWN, None),
    }
)


class WishClaimAction(StrEnum):
    """What becomes of a claim that holds its wish."""

    FULFIL = "fulfil"
    CANCEL = "cancel"
    REVOKE = "revoke"
    EXPIRE = "expire"
    END = "end"


B = WishClaimAction

CLAIM = Lifecycle[C, B](
    {
        B.FULFIL: Step({C.ACTIVE}, C.FULFILLED, None),
        B.CANCEL: Step({C.ACTIVE}, C.CANCELLED, None),
        B.REVOKE: Step({C.ACTIVE}, C.REVOKED, None),
        B.EXPIRE: Step({C.ACTIVE}, C.EXPIRED, None),
        B.END: Step({C.ACTIVE}, C.ENDED, None),
    }
)

# Who took one of these steps organised it, and does not answer for the beneficiary. Source:
# practice.md R19.
HANDLING = frozenset({A.VERIFY, A.PUBLISH, A.SEND_BACK})
# What a step of the wish makes of its living claim.
ENDS_CLAIM: Mapping[WishAction, WishClaimAction] = {
    A.CANCEL: B.CANCEL,
    A.REVOKE: B.REVOKE,
    A.EXPIRE: B.EXPIRE,
    A.RELEASE: B.END,
    A.CONFIRM: B.FULFIL,
    A.SETTLE: B.FULFIL,
    A.DROP: B.END,
}
