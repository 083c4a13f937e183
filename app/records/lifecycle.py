"""The lives of a service record, of a random check of one, and of a certificate.

Source: domain.md §3.11, §5.4.

What staff have confirmed is born approved (`add`); what a member declares waits for somebody else.
Void instead of delete. Silence approves nothing: the community is reminded.
"""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.record import CertificateStatus as C
from app.models.record import RecordStatus as S
from app.models.record import SampleStatus as F
from app.permissions import Permission as P


class RecordAction(StrEnum):
    """What may happen to a record."""

    APPROVE = "approve"
    REJECT = "reject"
    DISPUTE = "dispute"
    QUESTION = "question"
    UPHOLD = "uphold"
    CORRECT = "correct"
    VOID = "void"


ADDED, DECLARED = "add", "declare"  # the two births of a record
# steps that leave the status as it is: a correction for two, the answer no, a reminder
PROPOSED, DECLINED, REMINDED = "propose", "decline", "remind"

WAITING = frozenset({S.PENDING_APPROVAL, S.DISPUTED})

A = RecordAction
RECORD = Lifecycle[S, A](
    {
        A.APPROVE: Step({S.PENDING_APPROVAL}, S.APPROVED, P.RECORD_CORRECT),
        A.REJECT: Step({S.PENDING_APPROVAL}, S.REJECTED, P.RECORD_CORRECT, reason=True),
        A.DISPUTE: Step({S.APPROVED}, S.DISPUTED, P.RECORD_OWN),
        # a random check has found something
        A.QUESTION: Step({S.APPROVED}, S.DISPUTED, None, reason=True),
        A.UPHOLD: Step({S.DISPUTED}, S.APPROVED, P.RECORD_CORRECT, reason=True),
        A.CORRECT: Step({S.APPROVED, S.DISPUTED}, S.APPROVED, P.RECORD_CORRECT, reason=True),
        A.VOID: Step({S.APPROVED, S.DISPUTED}, S.VOIDED, P.RECORD_CORRECT, reason=True),
    }
)


class SampleAction(StrEnum):
    """What a check of a drawn record may find."""

    FIND_RIGHT = "find_right"
    FIND_WRONG = "find_wrong"


SAMPLE = Lifecycle[F, SampleAction](
    {
        SampleAction.FIND_RIGHT: Step({F.WAITING}, F.RIGHT, P.SAMPLE_AUDIT),
        SampleAction.FIND_WRONG: Step({F.WAITING}, F.WRONG, P.SAMPLE_AUDIT, reason=True),
    }
)


class CertificateAction(StrEnum):
    """What may happen to a certificate after it was asked for."""

    CHECK = "check"
    ISSUE = "issue"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"
    SUPERSEDE = "supersede"


REQUESTED = "request"  # the birth of a certificate
OUTDATED = "outdate"  # what it says has changed; the status stays until somebody decides

ASKED = frozenset({C.REQUESTED, C.CHECKED})

B = CertificateAction
CERTIFICATE = Lifecycle[C, B](
    {
        B.CHECK: Step({C.REQUESTED}, C.CHECKED, P.CERTIFICATE_CHECK),
        B.ISSUE: Step({C.CHECKED}, C.ISSUED, P.CERTIFICATE_ISSUE),
        B.REFUSE: Step(ASKED, C.REFUSED, P.CERTIFICATE_CHECK, reason=True),
        B.WITHDRAW: Step(ASKED, C.WITHDRAWN, P.CERTIFICATE_OWN),
        B.REVOKE: Step({C.ISSUED}, C.REVOKED, P.CERTIFICATE_ISSUE, reason=True),
        B.SUPERSEDE: Step({C.ISSUED}, C.SUPERSEDED, None),
    }
)
