"""Answers are read as leniently as they are written."""

from typing import Any

import pytest

from app.wechat import reply


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a":1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'{"a":"x\x01\ty"}', {"a": "x\x01\ty"}),
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b"", None),
        (b"[1]", None),
        (b'{"a":', None),
        (b"<html></html>", None),
        (b"[" * 100_000, None),
        (b'{"a":' + b"1" * 5_000 + b"}", None),
    ],
)
def test_an_object_is_read_or_there_is_none(content: bytes, expected: Any) -> None:
    assert reply.read_object(content) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        ("-7", -7),
        (7.0, 7),
        (None, None),
        (True, None),
        ("x", None),
        ([], None),
        (float("inf"), None),
    ],
)
def test_whole_numbers(value: Any, expected: int | None) -> None:
    assert reply.whole(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("x", "x"), (3395159288267931652, "3395159288267931652"), (True, ""), (None, ""), ([], "")],
)
def test_texts(value: Any, expected: str) -> None:
    assert reply.text(value) == expected


def test_a_missing_errcode_is_success_and_a_broken_one_is_unreadable() -> None:
    assert reply.errcode({}) == 0
    assert reply.errcode({"errcode": "40029"}) == 40029
    assert reply.errcode({"errcode": "what"}) is None


@pytest.mark.parametrize(
    ("errmsg", "expected"),
    [
        ("invalid code, rid: 6a4f0001-00000001-00000001", "6a4f0001-00000001-00000001"),
        ("ok", None),
        ("rid: some-secret-word", None),
        (7, None),
    ],
)
def test_the_rid_is_taken_out_of_errmsg(errmsg: Any, expected: str | None) -> None:
    assert reply.rid({"errmsg": errmsg}) == expected
