"""What a browser sends becomes what a client of the API would send."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.datastructures import FormData

from app.console.forms import Form, _closed_up, _read
from app.core import clock
from app.core.schemas import Day, Flag, In, Moment, Text, Whole
from app.models.person import Role

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


class InnerIn(In):
    """A shape inside another."""

    words: Annotated[str, Text(20)]
    is_new: Flag = False


class OuterIn(In):
    """One field of each kind."""

    inner: InnerIn | None = None
    role: Role | None = None
    count: Annotated[int, Whole(1, 9)] | None = None
    ids: Annotated[list[UUID], Field(default_factory=list)]
    numbers: Annotated[list[Annotated[int, Whole(1, 9)]], Field(default_factory=list)]
    on: Day | None = None
    at: Moment | None = None
    text: Annotated[str, Text(20)] | None = None
    lines: Annotated[list[InnerIn], Field(default_factory=list)]


def read(*pairs: tuple[str, str]) -> OuterIn:
    return _read(OuterIn, FormData([*pairs]))


def test_every_kind_of_field_is_read() -> None:
    body = read(
        ("inner/words", "一行\r\n两行"),
        ("inner/is_new", "false"),
        ("inner/is_new", "true"),  # the box behind its hidden twin
        ("role", "auditor"),
        ("count", "3"),
        ("ids", str(ID)),
        ("ids", ""),
        ("numbers", "1"),
        ("numbers", "2"),
        ("on", "2026-11-29"),
        ("at", "2026-11-29T09:00"),
        ("text", ""),
        ("nobody asked", "x"),
    )
    assert body.inner == InnerIn(words="一行\n两行", is_new=True)
    assert (body.role, body.count, body.ids, body.numbers) == (Role.AUDITOR, 3, [ID], [1, 2])
    assert body.at == datetime(2026, 11, 29, 9, tzinfo=clock.ZONE)
    assert body.on is not None and body.on.isoformat() == "2026-11-29"
    assert body.text is None and "text" not in body.model_fields_set


def test_the_rows_of_a_list_are_closed_up_and_read_in_their_order() -> None:
    data = _closed_up(
        FormData(
            [
                ("text", "前"),
                ("lines", ""),
                ("lines/0/words", " "),
                ("lines/0/words", ""),
                ("lines/7/words", "乙"),
                ("lines/7/is_new", "true"),
                ("lines/1/words", ""),
                ("lines/2/words", "甲"),
                ("other/3/words", "丙"),
            ]
        )
    )
    form = Form(values={name: [str(each)] for name, each in data.items()})
    assert form.rows("lines") == 3 and form.rows("text") == 0
    assert form.value("lines/1/words") == "甲" and form.value("other/0/words") == "丙"
    with pytest.raises(RequestValidationError) as refused:
        _read(OuterIn, data)
    assert refused.value.errors()[0]["loc"] == ("body", "lines", 0, "words")
    rows = read(("lines", ""), ("lines/0/words", "甲"), ("lines/1/words", "乙")).lines
    assert rows == [InnerIn(words="甲"), InnerIn(words="乙")]
    assert read(("lines", "")).lines == [] and read(("lines", "")).model_fields_set == {"lines"}


def test_what_is_left_out_is_left_out() -> None:
    assert read().model_fields_set == set()


@pytest.mark.parametrize(
    ("name", "value"), [("count", "三"), ("at", "tomorrow"), ("inner/is_new", "maybe")]
)
def test_what_cannot_be_read_is_refused_by_the_shape(name: str, value: str) -> None:
    with pytest.raises(RequestValidationError) as refused:
        read((name, value))
    assert [*refused.value.errors()][-1]["loc"] == ("body", *name.split("/"))


def test_a_form_begins_with_what_is_known_and_keeps_what_was_typed() -> None:
    blank, typed = Form(), Form("refuse", {"text": ["又来"], "ids": ["a", "b"]})
    assert (blank.value("text", "旧的"), blank.value("text", None)) == ("旧的", "")
    assert typed.value("text", "旧的") == "又来"
    assert blank.chosen("ids", [ID]) == [str(ID)]
    assert typed.chosen("ids", [ID]) == ["a", "b"]
    assert (blank.id("a/b"), typed.id("text")) == ("field-a-b", "field-refuse-text")
