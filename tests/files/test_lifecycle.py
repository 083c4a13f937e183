"""The life of a photo, as a table written by hand; nobody steps without the right."""

from types import SimpleNamespace

import pytest

from app.core.errors import Forbidden
from app.files.lifecycle import FILE, FileAction
from app.lifecycle import BadTransition, ReasonRequired
from app.models.file import FileStatus
from tests.lives import differing

LIVING = {"stored", "checking", "held", "shown"}
TABLE: dict[str, tuple[set[str], str]] = {
    "ask": ({"stored"}, "checking"),
    "ask_again": ({"checking"}, "stored"),
    "pass": ({"checking"}, "shown"),
    "condemn": ({"checking"}, "hidden"),
    "hold": ({"stored", "checking"}, "held"),
    "show": ({"held"}, "shown"),
    "hide": ({"held", "shown"}, "hidden"),
    "take_back": (LIVING, "removed"),
    "lapse": (LIVING, "removed"),
    "erase": (LIVING | {"hidden"}, "removed"),
}
BY_PEOPLE = {"show": "file:decide", "hide": "file:decide", "take_back": "file:own"}


def test_a_step_leaves_only_its_sources() -> None:
    assert differing(FILE, FileStatus, TABLE) == []


@pytest.mark.parametrize("action", FileAction)
def test_people_need_the_right_and_what_the_house_does_is_no_button(action: FileAction) -> None:
    row = SimpleNamespace(status=FileStatus(min(TABLE[action][0])))
    with pytest.raises(Forbidden if action in BY_PEOPLE else BadTransition):
        FILE.move(row, action, [], reason="why")
    if action in BY_PEOPLE:
        FILE.move(row, action, [BY_PEOPLE[action]], reason="why")
        assert row.status == TABLE[action][1]


def test_who_hides_a_photo_says_why() -> None:
    with pytest.raises(ReasonRequired):
        FILE.advance(SimpleNamespace(status=FileStatus.SHOWN), FileAction.HIDE)
