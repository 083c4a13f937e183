"""The life of a sheet or a summary. Source: engineering.md D, practice.md R11."""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.report import ReportStatus as S
from app.permissions import Permission as P


class ReportAction(StrEnum):
    """Read, reminded and replied are dates, not steps. Stopped: the member agrees no longer."""

    ISSUE = "issue"
    DELIVER = "deliver"
    ACKNOWLEDGE = "acknowledge"
    SUPERSEDE = "supersede"
    VOID = "void"
    STOP = "stop"


A = ReportAction
OUT = {S.ISSUED, S.DELIVERED, S.ACKNOWLEDGED}

LIFECYCLE: Lifecycle[S, A] = Lifecycle(
    {
        A.ISSUE: Step({S.DRAFT}, S.ISSUED, P.REPORT_SIGN),
        A.DELIVER: Step({S.ISSUED}, S.DELIVERED, None),
        A.ACKNOWLEDGE: Step({S.DELIVERED}, S.ACKNOWLEDGED, P.REPORT_ACKNOWLEDGE),
        A.SUPERSEDE: Step(OUT, S.SUPERSEDED, None),
        A.VOID: Step(OUT, S.VOID, P.REPORT_SIGN, reason=True),
        A.STOP: Step({S.DRAFT, S.ISSUED}, S.VOID, None),
    }
)
