"""The lives of a post and of a claim on one. Source: domain.md §3.3, practice.md "Over-cautious".

The clock of a claim is the end of its term, or the day by which a wish to leave is answered: whoever
is silent until then lets go. A claim that waits for its answer is only reminded of; silence gives
nobody a post.
"""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.post import LIVING
from app.models.post import ClaimStatus as C
from app.models.post import PostStatus as S
from app.permissions import Permission as P


class PostAction(StrEnum):
    """What may happen to a post."""

    PUBLISH = "publish"
    PAUSE = "pause"
    CLOSE = "close"


# history and facts that leave the status as it is
DRAFTED, CHANGED = "draft", "change"

A = PostAction
POST = Lifecycle[S, A](
    {
        A.PUBLISH: Step({S.DRAFT, S.PAUSED}, S.OPEN, P.POST_RUN),
        A.PAUSE: Step({S.OPEN}, S.PAUSED, P.POST_RUN),
        A.CLOSE: Step({S.DRAFT, S.OPEN, S.PAUSED}, S.CLOSED, P.POST_RUN, reason=True),
    }
)


class ClaimAction(StrEnum):
    """What may happen to a claim after it was made."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    ASK_EXIT = "ask_exit"
    LET_GO = "let_go"
    KEEP = "keep"
    DISMISS = "dismiss"
    COMPLETE = "complete"
    END = "end"


CLAIMED, REMINDED = "claim", "remind"  # the birth of a claim; a claim that waits for its answer

B = ClaimAction
CLAIM = Lifecycle[C, B](
    {
        B.APPROVE: Step({C.PENDING}, C.SERVING, P.CLAIM_RUN),
        B.REJECT: Step({C.PENDING}, C.REJECTED, P.CLAIM_RUN, reason=True),
        B.WITHDRAW: Step({C.PENDING}, C.WITHDRAWN, P.CLAIM_OWN),
        B.ASK_EXIT: Step({C.SERVING}, C.EXIT_PENDING, P.CLAIM_OWN, reason=True),
        B.LET_GO: Step({C.EXIT_PENDING}, C.EXITED, P.CLAIM_RUN),
        B.KEEP: Step({C.EXIT_PENDING}, C.SERVING, P.CLAIM_RUN, reason=True),
        B.DISMISS: Step({C.SERVING}, C.DISMISSED, P.CLAIM_RUN, reason=True),
        B.COMPLETE: Step({C.SERVING}, C.COMPLETED, None),
        # with the registration it was made under, or with the post
        B.END: Step(frozenset(LIVING), C.ENDED, None, reason=True),
    }
)
