"""Kinds of template values and their limits."""

import pytest

from app.simulator.template_values import fits


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", "社区清洁 10 号楼"),
        ("number1", "3.5"),
        ("letter1", "Abc"),
        ("symbol1", "+-*"),
        ("character_string1", "NT-2026 #7"),
        ("time1", "09:30"),
        ("time1", "2026年1月1日 09:30~2026年1月1日 10:30:00"),
        ("date1", "2026年1月1日"),
        ("date1", "2026年1月"),
        ("date1", "1月1日"),
        ("date1", "2026-01-01 09:30~11:00"),
        ("date1", "2026/1/1~2026/1/2"),
        ("date1", "2026.1.1"),
        ("amount1", "¥12.50元"),
        ("phone_number1", "0513-8888 7777"),
        ("car_number1", "苏F12345"),
        ("name1", "王小明"),
        ("name1", "Alexander Hamilton"),
        ("phrase1", "已通过"),
    ],
)
def test_a_value_of_its_kind_fits(key: str, value: str) -> None:
    assert fits(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", ""),
        ("thing1", "字" * 21),
        ("thing1", "🙂" * 11),
        ("thing1", "两\n行"),
        ("thing1", 7),
        ("thing", "没有编号"),
        ("unknown1", "x"),
        ("number1", "七"),
        ("letter1", "a1"),
        ("symbol1", "+-*/+-"),
        ("character_string1", "编号7"),
        ("time1", "25:00"),
        ("date1", "明天"),
        ("amount1", "12345678901"),
        ("phone_number1", "1" * 18),
        ("car_number1", "苏F1234567"),
        ("name1", "王" * 11),
        ("name1", "a" * 21),
        ("phrase1", "ok"),
        ("phrase1", "审核已经通过"),
        ("enum1", "x"),
    ],
)
def test_a_value_of_another_kind_does_not(key: str, value: object) -> None:
    assert not fits(key, value)


def test_an_enum_takes_its_choices() -> None:
    assert fits("enum1", "上门", ["上门", "到店"])
    assert not fits("enum1", "线上", ["上门", "到店"])
