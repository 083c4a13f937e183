"""The life of a photo. Source: engineering.md D; domain.md §5.7."""

from enum import StrEnum

from app.lifecycle import Lifecycle, Step
from app.models.file import FileStatus as S
from app.permissions import Permission as P


class FileAction(StrEnum):
    """What may happen to a photo after it came in."""

    ASK = "ask"
    ASK_AGAIN = "ask_again"
    PASS = "pass"  # noqa: S105 - a verdict, no password
    CONDEMN = "condemn"
    HOLD = "hold"
    SHOW = "show"
    HIDE = "hide"
    TAKE_BACK = "take_back"
    LAPSE = "lapse"
    ERASE = "erase"


UPLOADED, ATTACHED = "upload", "attach"  # its birth; it belongs to something, the status stays
UNCHECKED = frozenset({S.STORED, S.CHECKING})
# There are bytes behind it.
LIVING = UNCHECKED | {S.HELD, S.SHOWN}

A = FileAction
# A verdict leads only out of `checking`: late and doubled ones change nothing.
FILE = Lifecycle[S, A](
    {
        A.ASK: Step({S.STORED}, S.CHECKING, None),
        A.ASK_AGAIN: Step({S.CHECKING}, S.STORED, None),
        A.PASS: Step({S.CHECKING}, S.SHOWN, None),
        A.CONDEMN: Step({S.CHECKING}, S.HIDDEN, None),
        A.HOLD: Step(UNCHECKED, S.HELD, None),
        A.SHOW: Step({S.HELD}, S.SHOWN, P.FILE_DECIDE),
        A.HIDE: Step({S.HELD, S.SHOWN}, S.HIDDEN, P.FILE_DECIDE, reason=True),
        A.TAKE_BACK: Step(LIVING, S.REMOVED, P.FILE_OWN),
        A.LAPSE: Step(LIVING, S.REMOVED, None),
        A.ERASE: Step(LIVING | {S.HIDDEN}, S.REMOVED, None),
    }
)
