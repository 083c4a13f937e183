"""Cells as people write them, and what they mean."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.sheets import cells
from app.core.sheets.buildings import MOST, building_number, buildings
from app.core.sheets.text import CellRefused, cleaned, narrow, text


def refusal(parse: Callable[[str], Any], value: str) -> str:
    """The code with which the cell is refused."""
    with pytest.raises(CellRefused) as found:
        parse(value)
    assert found.value.reason
    return found.value.code


def wide(said: str) -> str:
    """The text in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in said)


# Text


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("\u3000张三\xa0", "张三"),
        ("１３８ＡＢｃ", "138ABc"),
        ("（北区），甲", "（北区），甲"),
        ("甲 \r\n\n 乙\x0b丙", "甲\n乙\n丙"),
        ("\ufeff138\u200b0013\u202d8000\u202c", "13800138000"),
        ("䶮﨑〇·", "䶮﨑〇·"),
        (13800138000.0, "13800138000"),
        (1.38e10, "13800000000"),
        (2011.07, "2011.07"),
        (7, "7"),
        (True, "是"),
        (False, "否"),
        (date(2011, 7, 1), "2011-07-01"),
        (datetime(2011, 7, 1), "2011-07-01"),  # noqa: DTZ001 - a spreadsheet has no zone
        (datetime(2011, 7, 1, 13, 5), "2011-07-01 13:05:00"),  # noqa: DTZ001 - same
        (time(12), "12:00:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
    ],
)  # fmt: skip
def test_a_cell_becomes_its_text(cell: Any, said: str) -> None:
    assert text(cell, 100) == said


@given(st.text(max_size=30))
def test_cleaning_twice_is_cleaning_once(said: str) -> None:
    assert cleaned(cleaned(said)) == cleaned(said)
    assert narrow(narrow(said)) == narrow(said)


# Names


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("张三", "张三"),
        ("张\u3000三", "张三"),
        ("欧 阳 娜 娜", "欧阳娜娜"),
        ("武䶮兰", "武䶮兰"),
        ("\U00020bb7田", "\U00020bb7田"),
        ("阿卜杜拉 • 买买提．江", "阿卜杜拉·买买提·江"),
        ("迪丽热巴  迪力木拉提", "迪丽热巴 迪力木拉提"),
        ("Mary-Ann  O'Neil", "Mary-Ann O'Neil"),
        ("〇一", "〇一"),
    ],
)
def test_a_name_keeps_its_characters(value: str, meant: str) -> None:
    assert cells.name(value) == meant


@pytest.mark.parametrize(
    "value", ["张", "张" * 31, "张三（女）", "60人", "·张三", "张\ue863", "<b>"]
)
def test_what_is_no_name_is_refused(value: str) -> None:
    assert refusal(cells.name, value) == "bad_name"


# Phones


@pytest.mark.parametrize(
    "value",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+8613800138000",
        "+86 138 0013 8000",
        "86-13800138000",
        "008613800138000",
        "(+86)13800138000",
        "１３８００１３８０００",
        "＋８６　１３８００１３８０００",
        "'13800138000",
        "13800138000.0",
        "1.3800138000E+10",
        "138\u200b00138000\u202c",
    ],
)
def test_a_phone_is_eleven_digits_however_written(value: str) -> None:
    assert cells.phone(value) == "13800138000"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "empty"),
        (" ", "empty"),
        ("1380013800", "bad_phone"),
        ("0513-85512345", "bad_phone"),
        ("12800138000", "bad_phone"),
        ("13800138000/13900139000", "bad_phone"),
        ("1380013800.5", "bad_phone"),
        ("١٣٨٠٠١٣٨٠٠٠", "bad_phone"),
        ("60人", "bad_phone"),
        ("1.38E+10", "lost_digits"),
        ("1E99999", "lost_digits"),
    ],
)
def test_what_is_no_phone_is_refused(value: str, code: str) -> None:
    assert refusal(cells.phone, value) == code


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", "+86", "86", "0086", "+86 "]),
    st.sampled_from(["", " ", "-", "\u3000", "—"]),
    st.booleans(),
)
def test_every_mobile_number_is_understood(phone: str, start: str, gap: str, is_wide: bool) -> None:
    written = start + gap.join((phone[:3], phone[3:7], phone[7:]))
    assert cells.phone(wide(written) if is_wide else written) == phone
    assert cells.phone(text(float(phone), 20)) == phone


# Days


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("2011.07", date(2011, 7, 1)),
        ("2011.7", date(2011, 7, 1)),
        ("2011.10", date(2011, 10, 1)),
        ("2011-07-01", date(2011, 7, 1)),
        ("2011/7/1", date(2011, 7, 1)),
        ("2011.7.1", date(2011, 7, 1)),
        ("2011/7", date(2011, 7, 1)),
        ("2011/1", date(2011, 1, 1)),
        ("2011年7月1日", date(2011, 7, 1)),
        ("2011 年 7 月 1 号", date(2011, 7, 1)),
        ("2011年7月", date(2011, 7, 1)),
        ("２０１１．０７", date(2011, 7, 1)),
        ("20110701", date(2011, 7, 1)),
        ("201107", date(2011, 7, 1)),
        ("2011-07-01 00:00:00", date(2011, 7, 1)),
        ("2011/7/1 13:05", date(2011, 7, 1)),
        ("40725", date(2011, 7, 1)),
        ("40725.0", date(2011, 7, 1)),
        ("73050", date(2099, 12, 31)),
    ],
)
def test_a_day_is_understood(value: str, meant: date) -> None:
    assert cells.day(value) == meant


@pytest.mark.parametrize(
    "value",
    ["2011.1", "2011", "不详", "11.7.1", "2011-13", "2011-02-30", "1899-12-31", "2100.05", "73051", "61"],
)  # fmt: skip
def test_what_is_no_day_is_refused(value: str) -> None:
    assert refusal(cells.day, value) == "bad_day"
    assert refusal(cells.day, "") == "empty"


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["{0}-{1}-{2}", "{0}.{1:02}.{2:02}", "{0}/{1}/{2}", "{0}年{1}月{2}日", "{0}{1:02}{2:02}"]),
)  # fmt: skip
def test_every_day_is_understood_in_every_form(day: date, form: str) -> None:
    assert cells.day(form.format(day.year, day.month, day.day)) == day
    assert cells.day(text(day, 20)) == day


@given(st.integers(10_000, 73_050))
def test_a_day_count_is_a_day(count: int) -> None:
    assert (cells.day(text(float(count), 20)) - date(1899, 12, 30)).days == count


# Choices, lists, numbers


def test_yes_and_no() -> None:
    assert [cells.yes_no(value) for value in ("是", "√", "1", " Y ", "ＴＲＵＥ")] == [True] * 5
    assert [cells.yes_no(value) for value in ("", "否", "×", "0", "－", "无")] == [False] * 6
    assert refusal(cells.yes_no, "也许") == "bad_choice"


def test_a_choice_is_named_or_refused_with_what_there_is() -> None:
    parse = cells.choice({"正式党员": "full", "正式": "full", "预备党员": "probationary"})
    assert (parse("正 式"), parse("预备党员")) == ("full", "probationary")
    assert (refusal(parse, ""), refusal(parse, "其他")) == ("empty", "bad_choice")


def test_a_list_has_each_item_once() -> None:
    assert cells.items("书法、摄影，水电 维修;书法；\n教") == ("书法", "摄影", "水电 维修", "教")
    assert cells.items("") == ()
    assert refusal(cells.items, "、".join(map(str, range(51)))) == "too_many"


def test_words_stand_in_one_line() -> None:
    assert cells.words(5)("甲 \n 乙") == "甲 乙"
    assert refusal(cells.words(5), "x" * 6) == "too_long"
    assert refusal(cells.words(5), " ") == "empty"


def test_an_optional_cell_may_be_empty() -> None:
    parse = cells.optional(cells.phone)
    assert (parse(" "), parse("13800138000")) == (None, "13800138000")
    assert refusal(parse, "1") == "bad_phone"


def test_a_whole_number_may_carry_its_unit() -> None:
    assert [cells.whole_number(99)(v) for v in ("60", "60人", "６０ 户", "60.0", "0")] == [
        60
    ] * 4 + [0]
    for value in ("100", "-1", "6.5", "约60"):
        assert refusal(cells.whole_number(99), value) == "bad_number"


def test_a_credit_code_has_a_check_sign() -> None:
    assert cells.credit_code("91350100m000100y43") == "91350100M000100Y43"
    assert cells.credit_code("９１３５０１００Ｍ０００ １００Ｙ４３") == "91350100M000100Y43"
    for value in ("91350100M000100Y44", "91350100M000100Y4", "91350100I000100Y43"):
        assert refusal(cells.credit_code, value) == "bad_credit_code"


# Buildings


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("1-3幢", ("1幢", "2幢", "3幢")),
        ("１～３栋", ("1栋", "2栋", "3栋")),
        ("1-3,5,7-9号楼", tuple(f"{n}号楼" for n in (1, 2, 3, 5, 7, 8, 9))),
        ("A1-A3栋", ("A1栋", "A2栋", "A3栋")),
        ("a1-3栋", ("A1栋", "A2栋", "A3栋")),
        ("1幢-3幢", ("1幢", "2幢", "3幢")),
        ("1号楼至3号楼", ("1号楼", "2号楼", "3号楼")),
        ("1到2", ("1幢", "2幢")),
        ("1#、2#楼，3号", ("1号楼", "2号楼", "3号楼")),
        ("1幢、2栋、3", ("1幢", "2栋", "3栋")),
        ("1 2\n3幢", ("1幢", "2幢", "3幢")),
        ("A-C座", ("A座", "B座", "C座")),
        ("A座至B座", ("A座", "B座")),
        ("一期01-02幢、综合楼", ("一期1幢", "一期2幢", "综合楼")),
        ("综合楼", ("综合楼",)),
        ("12", ("12幢",)),
    ],
)
def test_buildings_are_named_one_by_one(value: str, meant: tuple[str, ...]) -> None:
    assert buildings(value) == meant


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "empty"),
        ("、，", "empty"),
        ("3-1幢", "bad_range"),
        ("C-A座", "bad_range"),
        ("A1-B3栋", "bad_range"),
        ("1-11幢（单号）", "bad_buildings"),
        ("1-2-3", "bad_buildings"),
        ("12345幢", "bad_buildings"),
        ("1-3幢、2幢", "duplicate"),
        ("1-501幢", "too_many"),
        ("1-300幢、A1-A300幢", "too_many"),
    ],
)
def test_what_names_no_buildings_is_refused(value: str, code: str) -> None:
    assert refusal(buildings, value) == code


@given(
    st.sampled_from(["", "A", "东"]),
    st.integers(1, 9_000),
    st.integers(1, MOST),
    st.sampled_from(["幢", "栋", "号楼", "座"]),
    st.sampled_from(["-", "～", "—", "至", "到"]),
)
def test_a_range_names_every_building_in_order(
    stem: str, first: int, count: int, unit: str, dash: str
) -> None:
    names = buildings(f"{stem}{first}{dash}{stem}{first + count - 1}{unit}")
    assert names == tuple(f"{stem}{number}{unit}" for number in range(first, first + count))
    assert [building_number(name) for name in names] == [name.removesuffix(unit) for name in names]


@given(st.text("0123456789AB幢栋号楼-～至、, #", max_size=20))
def test_any_text_is_named_or_refused(value: str) -> None:
    try:
        names = buildings(value)
    except CellRefused:
        return
    assert 0 < len(set(names)) == len(names) <= MOST
    assert all(names)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("26幢2单元", "26"),
        ("38栋3单元", "38"),
        ("３２号楼", "32"),
        ("4号楼1单元", "4"),
        ("12-2-301", "12"),
        ("a03 栋", "A3"),
        ("A座", "A"),
        ("综合楼", None),
        ("", None),
        ("12345", None),
    ],
)
def test_a_building_is_known_by_its_number(value: str, number: str | None) -> None:
    assert building_number(value) == number
