"""The life of a service record. Source: domain.md §3.11, §5.4.

It is born approved (`add`), because minutes are confirmed by staff before they are written. Void
instead of delete.
"""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.order import RecordStatus as S
from app.permissions import Permission as P


class RecordAction(StrEnum):
    """What may happen to a record."""

    DISPUTE = "dispute"
    UPHOLD = "uphold"
    CORRECT = "correct"
    VOID = "void"


ADDED = "add"  # the birth of a record

A = RecordAction
RECORD = Lifecycle[S, A](
    {
        A.DISPUTE: Step({S.APPROVED}, S.DISPUTED, P.RECORD_OWN),
        A.UPHOLD: Step({S.DISPUTED}, S.APPROVED, P.RECORD_CORRECT, reason=True),
        A.CORRECT: Step({S.APPROVED, S.DISPUTED}, S.APPROVED, P.RECORD_CORRECT, reason=True),
        A.VOID: Step({S.APPROVED, S.DISPUTED}, S.VOIDED, P.RECORD_CORRECT, reason=True),
    }
)
