"""The life of a workbook that was asked for: made by the worker, kept some days. Source: design.md §6."""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.export import ExportStatus as S


class ExportAction(StrEnum):
    """Only the house moves an export; `take`: whoever began to make it is no more."""

    MAKE = "make"
    TAKE = "take"
    FINISH = "finish"
    FAIL = "fail"
    EXPIRE = "expire"


ASKED = "ask"  # its birth

A = ExportAction
EXPORT = Lifecycle[S, A](
    {
        A.MAKE: Step({S.ASKED}, S.MAKING, None),
        A.TAKE: Step({S.MAKING}, S.MAKING, None),
        A.FINISH: Step({S.MAKING}, S.READY, None),
        A.FAIL: Step({S.MAKING}, S.FAILED, None),
        A.EXPIRE: Step({S.READY}, S.GONE, None),
    }
)
