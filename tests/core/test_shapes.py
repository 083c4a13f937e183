"""The scalar types of In-shapes: strict where JSON is sloppy, and storable."""

from datetime import date, datetime
from typing import Annotated

import pytest
from pydantic import ValidationError

from app.core.schemas import PLAIN, Day, Flag, In, Moment, Text, Whole


class Sample(In):
    word: Annotated[str, Text(5)] = "x"
    line: Annotated[str, Text(5, pattern=PLAIN)] = "x"
    number: Annotated[int, Whole(0, 10)] = 1
    flag: Flag = False
    moment: Moment | None = None
    day: Day | None = None


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("word", ""),
        ("word", "   "),
        ("word", "123456"),
        ("word", 5),
        ("word", "a\x00"),
        ("word", "\ud800"),
        ("word", "\u200b"),
        ("word", "\u3164 \u200b"),
        ("word", "王\u202e国"),
        ("word", "王\u2067"),
        ("line", "王\u200b国"),
        ("line", "王\n国"),
        ("line", "\ufeff王"),
        ("number", False),
        ("number", "1"),
        ("number", 1.0),
        ("number", 11),
        ("flag", 0),
        ("flag", "true"),
        ("moment", 1_700_000_000),
        ("moment", "2026-01-01T00:00:00"),
        ("day", 20_260_101),
        ("moment", "9999-12-31T23:59:59-14:00"),
        ("moment", "0001-01-01T00:00:00+14:00"),
        ("day", "2026-13-01"),
        ("day", "0001-01-01"),
        ("day", "9999-12-31"),
        ("unknown", 1),
    ],
)
def test_a_wrong_value_is_refused(field: str, bad: object) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate({field: bad})


def test_a_text_is_stripped_and_a_moment_keeps_its_offset() -> None:
    made = Sample.model_validate(
        {"word": " 灯 ", "moment": "2026-01-01T08:00:00+08:00", "day": "2026-01-01"}
    )
    assert Sample.model_validate({"line": "𠮷野·é"}).line == "𠮷野·é"
    assert (made.word, made.day) == ("灯", date(2026, 1, 1))
    assert made.moment == datetime.fromisoformat("2026-01-01T00:00:00+00:00")
