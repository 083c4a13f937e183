"""Pieces of long texts, and verdicts out of loose answers."""

from typing import Any

import pytest

from app.wechat.content import Suggest, Verdict, pieces, read_verdict, worst


def test_an_empty_text_has_no_pieces() -> None:
    assert pieces("") == []


@pytest.mark.parametrize("length", [1, 50, 100, 101, 2399, 2400])
def test_a_short_text_is_one_piece(length: int) -> None:
    assert pieces("字" * length) == ["字" * length]


@pytest.mark.parametrize("length", [2401, 4700, 4701, 9999])
def test_a_long_text_is_cut_with_overlap_and_nothing_is_lost(length: int) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(length))
    found = pieces(text)
    assert all(len(piece) <= 2400 for piece in found)
    assert found[0] + "".join(piece[100:] for piece in found[1:]) == text
    assert len(found[-1]) > 100


def test_an_emoji_on_the_cut_is_whole_in_one_piece() -> None:
    text = "x" * 2399 + "🙂" + "y" * 100
    first, second = pieces(text)
    assert "🙂" not in first
    assert "🙂" in second
    text = "x" * 2299 + "🙂" + "y" * 2000
    first, second = pieces(text)
    assert "🙂" in first
    assert "🙂" not in second


def test_a_lone_surrogate_is_no_obstacle() -> None:
    assert pieces("a\ud800b") == ["a?b"]


def answer(suggest: Any = "pass", label: Any = 100, detail: Any = ()) -> dict[str, Any]:
    return {"trace_id": "t", "result": {"suggest": suggest, "label": label}, "detail": detail}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (answer(), Verdict(Suggest.PASS, (), ("t",))),
        (answer("review", 20003), Verdict(Suggest.REVIEW, (20003,), ("t",))),
        (answer("risky", "20002"), Verdict(Suggest.RISKY, (20002,), ("t",))),
        (answer("block", 21000), Verdict(Suggest.REVIEW, (21000,), ("t",))),
        (
            answer("review", 20003, [{"errcode": 0, "label": 20006}, {"label": 20003}]),
            Verdict(Suggest.REVIEW, (20003, 20006), ("t",)),
        ),
        (
            answer("pass", 100, [{"errcode": -1, "suggest": "risky", "label": 20001}, "x"]),
            Verdict(Suggest.PASS, (), ("t",)),
        ),
        (
            answer("review", None, {"errcode": "0", "label": "20006"}),
            Verdict(Suggest.REVIEW, (20006,), ("t",)),
        ),
        ({"result": {}}, None),
        ({"result": "pass"}, None),
        ({}, None),
    ],
)
def test_a_verdict_is_that_of_the_result(fields: dict[str, Any], expected: Verdict | None) -> None:
    assert read_verdict(fields) == expected


def test_the_worst_verdict_counts() -> None:
    found = worst(
        [
            Verdict(Suggest.PASS, (), ("a",)),
            Verdict(Suggest.RISKY, (20001,), ("b",)),
            Verdict(Suggest.REVIEW, (20003, 20001), ("c",)),
        ]
    )
    assert found == Verdict(Suggest.RISKY, (20001, 20003), ("a", "b", "c"))
    assert worst([]) == Verdict(Suggest.PASS)
