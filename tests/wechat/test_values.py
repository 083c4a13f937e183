"""Values of subscribe messages are made to fit."""

import pytest

from app.simulator.template_values import fits
from app.wechat.values import fit


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("thing1", "社区清洁", "社区清洁"),
        ("thing1", " 两行\r\n文字\u2028 ", "两行 文字"),
        ("thing1", "字" * 20, "字" * 20),
        ("thing1", "字" * 21, "字" * 19 + "…"),
        ("thing1", "🙂" * 11, "🙂" * 9 + "…"),
        ("name2", "王" * 11, "王" * 9 + "…"),
        ("name2", "a" * 20, "a" * 20),
        ("name2", "a" * 21, "a" * 20),
        ("phrase3", "审核已经通过", "审核已经通"),
        ("character_string4", "A" * 40, "A" * 32),
        ("time5", "2026年1月1日 09:30", "2026年1月1日 09:30"),
        ("number6", "1" * 40, "1" * 40),
        ("7", "x" * 99, "x" * 99),
    ],
)
def test_a_value_is_on_one_line_and_not_too_long(key: str, value: str, expected: str) -> None:
    assert fit(key, value) == expected


@pytest.mark.parametrize("value", ["字" * 99, "🙂" * 99, "a🙂" * 99, "一" + "🙂" * 99])
@pytest.mark.parametrize("key", ["thing1", "name2"])
def test_what_was_shortened_is_what_the_platform_takes(key: str, value: str) -> None:
    assert fits(key, fit(key, value))
