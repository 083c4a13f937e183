"""The lives of what follows from a year: suggestion, negative item, objection, talk, commendation.

Silence never decides against a person: the second person's lets an allegation fall, the member's is
written down as one, the community's passes an objection on, an authority's is reminded of. Source:
domain.md §3.9, §4.3; practice.md R8, R9, G.
"""

from collections.abc import Mapping
from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.commendation import CommendationStatus as C
from app.models.negative_item import NegativeItemStatus as N
from app.models.objection import ObjectionStatus as O
from app.models.suggestion import SuggestionStatus as S
from app.models.talk import TalkStatus as T
from app.permissions import Permission as P

REMINDED = "remind"  # history and facts that leave the status as it is
ALLEGED, RAISED, OPENED, PROPOSED = "allege", "raise", "open", "propose"  # births


class SuggestionAction(StrEnum):
    """A person decides, and may decide anew."""

    DECIDE = "decide"


SUGGESTION = Lifecycle[S, SuggestionAction](
    {SuggestionAction.DECIDE: Step({S.PROPOSED, S.DECIDED}, S.DECIDED, P.COMMUNITY_CONDUCT)}
)


class NegativeAction(StrEnum):
    """What may happen to an item after one person has alleged it."""

    AGREE = "agree"
    LAPSE = "lapse"
    ANSWER = "answer"
    SILENCE = "silence"
    CONFIRM = "confirm"
    REVIEW = "review"
    DROP = "drop"
    OBJECT = "object"
    STAND = "stand"
    UPHOLD = "uphold"
    CLEAR = "clear"
    EXPIRE = "expire"


NA = NegativeAction
NEGATIVE = Lifecycle[N, NA](
    {
        NA.AGREE: Step({N.ALLEGED}, N.ASKED, P.NEGATIVE_AGREE),
        NA.LAPSE: Step({N.ALLEGED}, N.DROPPED, None),
        NA.ANSWER: Step({N.ASKED}, N.ANSWERED, P.NEGATIVE_OWN),
        NA.SILENCE: Step({N.ASKED}, N.ANSWERED, None),
        NA.CONFIRM: Step({N.ANSWERED}, N.CONFIRMED, P.NEGATIVE_CONFIRM),
        NA.REVIEW: Step({N.CONFIRMED}, N.REVIEWED, P.NEGATIVE_REVIEW),
        NA.DROP: Step(
            {N.ALLEGED, N.ASKED, N.ANSWERED, N.CONFIRMED}, N.DROPPED, P.NEGATIVE_DROP, reason=True
        ),
        NA.OBJECT: Step({N.REVIEWED}, N.OBJECTED, None),
        NA.STAND: Step({N.REVIEWED}, N.UPHELD, None),
        # as the objection to it was decided
        NA.UPHOLD: Step({N.OBJECTED}, N.UPHELD, None),
        NA.CLEAR: Step({N.OBJECTED}, N.DROPPED, None),
        NA.EXPIRE: Step({N.UPHELD}, N.EXPIRED, None),
    }
)


# Each step of an accusation is another person's: whose it is not, by the columns of the item.
NEGATIVE_OTHERS: Mapping[NA, tuple[str, ...]] = {
    NA.AGREE: ("person_id", "alleged_by_id"),
    NA.CONFIRM: ("person_id", "agreed_by_id"),
    NA.REVIEW: ("person_id", "alleged_by_id", "agreed_by_id", "confirmed_by_id"),
}


class ObjectionAction(StrEnum):
    """The community answers, the subdistrict decides, the district once more."""

    ANSWER = "answer"
    PASS_ON = "pass_on"  # noqa: S105 - no password: the objection goes on to the subdistrict
    GRANT = "grant"
    KEEP = "keep"
    APPEAL = "appeal"
    LET_REST = "let_rest"
    GRANT_ABOVE = "grant_above"
    KEEP_ABOVE = "keep_above"
    WITHDRAW = "withdraw"


OA = ObjectionAction
OBJECTION = Lifecycle[O, OA](
    {
        OA.ANSWER: Step({O.RAISED}, O.ANSWERED, P.OBJECTION_ANSWER),
        OA.PASS_ON: Step({O.RAISED}, O.ANSWERED, None),
        OA.GRANT: Step({O.ANSWERED}, O.GRANTED, P.OBJECTION_DECIDE, reason=True),
        OA.KEEP: Step({O.ANSWERED}, O.KEPT, P.OBJECTION_DECIDE, reason=True),
        OA.APPEAL: Step({O.KEPT}, O.APPEALED, P.OBJECTION_OWN),
        OA.LET_REST: Step({O.KEPT}, O.FINAL, None),
        OA.GRANT_ABOVE: Step({O.APPEALED}, O.GRANTED, P.OBJECTION_SETTLE, reason=True),
        OA.KEEP_ABOVE: Step({O.APPEALED}, O.FINAL, P.OBJECTION_SETTLE, reason=True),
        OA.WITHDRAW: Step({O.RAISED, O.ANSWERED, O.KEPT, O.APPEALED}, O.WITHDRAWN, P.OBJECTION_OWN),
    }
)
# As of items: not the member's himself, nor who answered for the community, or decided it below.
DECIDER = ("person_id", "answered_by_id", "decided_by_id")
OBJECTION_OTHERS: Mapping[OA, tuple[str, ...]] = {
    OA.ANSWER: ("person_id",),
    OA.GRANT: DECIDER,
    OA.KEEP: DECIDER,
    OA.GRANT_ABOVE: DECIDER,
    OA.KEEP_ABOVE: DECIDER,
}
# Nothing more will happen to it.
OBJECTION_ENDS = frozenset({O.GRANTED, O.FINAL, O.WITHDRAWN})


class TalkAction(StrEnum):
    """Opened by what a person decided; held, with one of four outcomes."""

    SCHEDULE = "schedule"
    HOLD = "hold"
    CLOSE = "close"


TA = TalkAction
TALK = Lifecycle[T, TA](
    {
        TA.SCHEDULE: Step({T.OPENED, T.SCHEDULED}, T.SCHEDULED, P.TALK_HOLD),
        TA.HOLD: Step({T.OPENED, T.SCHEDULED}, T.HELD, P.TALK_HOLD),
        TA.CLOSE: Step({T.OPENED, T.SCHEDULED}, T.CLOSED, None),
    }
)


class CommendationAction(StrEnum):
    """Two people of two organizations, then the person's own agreement to be named in public."""

    CONFIRM = "confirm"
    REFUSE = "refuse"
    LAPSE = "lapse"
    AGREE = "agree"
    DECLINE = "decline"
    STAND = "stand"
    WITHDRAW = "withdraw"


CA = CommendationAction
COMMENDATION = Lifecycle[C, CA](
    {
        CA.CONFIRM: Step({C.PROPOSED}, C.CONFIRMED, P.COMMENDATION_CONFIRM),
        CA.REFUSE: Step({C.PROPOSED}, C.REFUSED, P.COMMENDATION_CONFIRM, reason=True),
        # nobody has confirmed, or agreed, in time
        CA.LAPSE: Step({C.PROPOSED, C.CONFIRMED}, C.DECLINED, None),
        CA.AGREE: Step({C.CONFIRMED}, C.ON_NOTICE, P.COMMENDATION_OWN),
        CA.DECLINE: Step({C.CONFIRMED, C.ON_NOTICE}, C.DECLINED, P.COMMENDATION_OWN),
        CA.STAND: Step({C.CONFIRMED, C.ON_NOTICE}, C.STANDING, None),
        CA.WITHDRAW: Step(
            {C.PROPOSED, C.CONFIRMED, C.ON_NOTICE, C.STANDING},
            C.WITHDRAWN,
            P.COMMENDATION_WITHDRAW,
            reason=True,
        ),
    }
)
# It counts for the quota.
COMMENDED = frozenset({C.PROPOSED, C.CONFIRMED, C.ON_NOTICE, C.STANDING})
