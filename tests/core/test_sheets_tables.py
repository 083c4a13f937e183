"""Headers under titles, by any name; what is wanted is taken, what is not is named and left."""

import io
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import FieldError
from app.core.sheets import cells, child, headers, reading
from app.core.sheets.forms import Column, Form, forms
from app.core.sheets.limits import LIMITS
from app.core.sheets.sources import Sheet, letter
from app.core.sheets.tables import CellError, Fault, Header, Row, Table
from app.policies import shipped
from tests.core.test_sheets_files import answer, built

CONTENT = yaml.load(shipped.FILE.read_text(encoding="utf-8"), shipped.Loader)["imports"]


def csv(*lines: str) -> dict[str, Any]:
    """What is read from the lines, or why not."""
    return answer("\n".join(lines).encode(), ".csv")


def table(*lines: str) -> dict[str, Any]:
    """The table of members in the lines."""
    found: dict[str, Any] = csv(*lines)["tables"][0]
    return found


def test_titles_above_the_header_are_passed_over() -> None:
    found = table(
        "单位在职党员名册,,", "填报单位：,手机", "", "序号,* 姓　名：,联系电话（必填）", "1,张三,1"
    )
    assert (found["header_row"], found["rows"]) == (4, [[5, {"name": "张三", "phone": "1"}, {}]])
    assert found["headers"] == {"name": ["B", "* 姓 名："], "phone": ["C", "联系电话（必填）"]}


def test_what_is_not_wanted_is_named_and_not_kept() -> None:
    found = table("姓名,身份证号码,手机号,民族,", "张三,320602199402126960,1,汉,x")
    assert found["ignored"] == ("身份证号码", "民族")
    assert found["rows"] == [[2, {"name": "张三", "phone": "1"}, {}]]


def test_missing_and_double_columns_are_named() -> None:
    refusal = csv("姓名,手机号,姓名,党员姓名", "张三,1,2,3")
    assert refusal["refused"] == (
        FieldError("/1/name", "double_column", "“姓名”有3列（A、C、D），请只留一列"),
    )
    assert csv("党支部,手机", "甲,1")["refused"] == (
        FieldError("/1", "missing_column", "缺少列：姓名"),
    )


def test_a_header_beyond_the_first_rows_is_not_found() -> None:
    refusal = csv(*["x"] * LIMITS.header_within, "姓名,手机号", "张三,1")
    assert refusal["detail"] == "找不到表头，应有这些列：姓名、手机号"


def test_a_header_with_a_note_counts_only_where_none_is_without() -> None:
    found = table("姓名,手机号,姓名（配偶）,联系电话(办公)", "张三,1,李四,2")
    assert found["ignored"] == ("姓名（配偶）", "联系电话(办公)")
    assert found["rows"][0][1] == {"name": "张三", "phone": "1"}


def test_the_proper_name_of_a_column_is_its_own() -> None:
    both = Form("x", "x", (Column("a", "甲", True, ("乙",)), Column("b", "乙", True)))
    sheet = Sheet("", lambda: iter([["乙", "甲", 3]]), {})
    assert headers.heads([sheet], [both], LIMITS)[0].columns == {"b": 0, "a": 1}


def test_sums_signatures_blank_and_repeated_rows_are_no_data() -> None:
    found = table(
        "序号,姓名,手机号",
        "1,张三,1",
        ",,",
        "序号,姓名,手机号",
        "2,,",
        "小计,2人,",
        "3,李四,",
        "合 计,2人,",
        "填表人：,王五,",
        "4,赵六,2",
    )
    assert [row[0] for row in found["rows"]] == [2, 6, 7, 10]
    assert found["skipped"] == [4, 5, 8, 9]


def test_a_short_row_has_empty_cells() -> None:
    assert table("姓名,手机号,党支部", "张三")["rows"][0][1] == {
        "name": "张三",
        "phone": "",
        "branch": "",
    }


def test_a_tall_merged_cell_holds_for_each_of_its_rows() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        for place, text in enumerate(["姓名", "党支部", "手机号"], 2):
            sheet.merge_range(2, place, 3, place, text)
        sheet.merge_range(0, 2, 0, 4, "名册")
        for number in range(4, 8):
            sheet.write(number, 2, f"张{number}")
        sheet.merge_range(4, 3, 6, 3, "第一支部")

    found = answer(built(fill))["tables"][0]
    assert found["headers"]["name"] == ["C", "姓名"]
    assert [(row[0], row[1]["branch"]) for row in found["rows"]] == [
        (5, "第一支部"),
        (6, "第一支部"),
        (7, "第一支部"),
        (8, ""),
    ]


ONE = Form("one", "小区楼栋", (Column("a", "甲", True), Column("b", "乙", False)))
TWO = Form("two", "任职", (Column("c", "丙", True),), also=("职务表",))


def named(**sheets: list[list[Any]]) -> bytes:
    """A workbook with named sheets."""

    def fill(book: Any) -> None:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)

    return built(fill)


def both(content: bytes, *wanted: Form) -> dict[str, Any]:
    """What the child says of a workbook of both forms."""
    return child.answer(io.BytesIO(content), ".xlsx", wanted or (ONE, TWO), LIMITS)


def where(found: dict[str, Any]) -> dict[str, str]:
    """The sheet of each form."""
    return {table["form"]: table["sheet"] for table in found["tables"]}


def test_sheets_are_known_by_name_then_by_columns() -> None:
    found = both(named(说明=[["填"]], 职务表一=[["丙"], ["x"]], 别的=[["甲"], ["y"]]))
    assert where(found) == {"two": "职务表一", "one": "别的"}
    assert found["unread"] == ["说明"]
    exact = both(named(任职旧=[["丙"], ["x"]], 任职=[["丙"], ["y"]]))
    assert (where(exact), exact["unread"]) == ({"two": "任职"}, ["任职旧"])


def test_several_sheets_for_one_form_are_refused() -> None:
    for sheets in (
        {"任职旧": [["丙"], ["x"]], "任职新": [["丙"], ["y"]]},
        {"一": [["丙"], ["x"]], "二": [["丙"], ["y"]]},
    ):
        assert both(named(**sheets), TWO)["refused"][0].code == "several_sheets"


def test_a_named_sheet_without_its_columns_is_refused() -> None:
    refusal = both(named(小区楼栋=[["乙"], ["x"]], 任职=[["丙"], ["y"]]))
    assert refusal["detail"] == "“小区楼栋”缺少列：甲"
    assert both(named(一=[["乙"], ["x"]], 二=[["x"]]))["detail"] == "“小区楼栋”缺少列：甲"


def test_an_empty_table_beside_a_full_one_is_fine() -> None:
    found = both(named(小区楼栋=[["甲"]], 任职=[["丙"], ["y"]]))
    assert [len(table["rows"]) for table in found["tables"]] == [0, 1]
    assert both(named(小区楼栋=[["甲"]], 任职=[["丙"], []]))["refused"][0].code == "empty_file"


def test_rows_of_all_tables_are_counted_together() -> None:
    content = named(小区楼栋=[["甲"], ["x"], ["y"]], 任职=[["丙"], ["y"]])
    few = replace(LIMITS, rows=2)
    refusal = child.answer(io.BytesIO(content), ".xlsx", (ONE, TWO), few)
    assert refusal["refused"][0].code == "too_many_rows"


@pytest.mark.parametrize(
    ("place", "letters"),
    [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")],
)
def test_columns_have_the_letters_of_a_spreadsheet(place: int, letters: str) -> None:
    assert letter(place) == letters


# Tables in the hands of an importer

TABLE = Table(
    "members",
    "花名册",
    3,
    {"name": Header("B", "姓 名"), "phone": Header("I", "联系电话")},
    ("民族",),
    (),
    (
        Row(4, {"name": "张三", "phone": "138 0013 8000"}),
        Row(5, {"name": "", "phone": "13800138000"}),
        Row(6, {"phone": ""}, {"name": Fault("formula", "不接受公式")}),
    ),
)


def test_a_cell_is_its_value_or_its_error() -> None:
    first, second, third = TABLE.rows
    assert TABLE.take(first, "phone", cells.phone) == "13800138000"
    error = TABLE.take(second, "name", cells.name)
    assert error == CellError("members", "花名册", 5, "name", "B", "姓 名", "empty", "不能为空")
    assert error.message == "“花名册”第5行B列（姓 名）：不能为空"
    assert error.problem == FieldError("/members/5/name", "empty", error.message)
    assert TABLE.take(third, "name", cells.optional(cells.name)) == TABLE.error(
        6, "name", "formula", "不接受公式"
    )


def test_a_column_that_the_file_does_not_have_is_empty() -> None:
    row = TABLE.rows[0]
    assert TABLE.take(row, "skills", cells.items) == ()
    error = TABLE.take(row, "skills", cells.phone)
    assert isinstance(error, CellError)
    assert error.message == "“花名册”第4行列（skills）：不能为空"


def test_repeated_keys_name_their_first_row() -> None:
    keys = [(4, "1"), (5, None), (6, "1"), (7, None), (8, "2"), (9, "1")]
    errors = TABLE.repeated("phone", keys)
    assert [(error.row, error.reason) for error in errors] == [
        (6, "与第4行重复"),
        (9, "与第4行重复"),
    ]


@given(st.lists(st.integers(0, 5)))
def test_what_is_left_without_the_repeated_is_each_key_once(keys: list[int]) -> None:
    errors = TABLE.repeated("phone", list(enumerate(keys)))
    rows = {error.row for error in errors}
    assert [key for at, key in enumerate(keys) if at not in rows] == list(dict.fromkeys(keys))


# The forms of the product


def test_the_content_gives_the_forms() -> None:
    members = forms(CONTENT["roster"])
    assert [form.code for form in members] == ["members"]
    assert members[0].footers == ("合计",)
    assert [form.name for form in forms(CONTENT["community_workbook"])] == [
        "小区楼栋",
        "党组织与小组",
        "任职",
    ]
    assert forms([{"sheet": {"code": "a", "name": "甲", "also": ["乙"]}, "columns": []}]) == (
        Form("a", "甲", (), ("乙",)),
    )


@pytest.mark.parametrize("form", [form for kind in CONTENT.values() for form in forms(kind)])
def test_every_header_of_the_content_finds_its_column(form: Form) -> None:
    places = {column.code: at for at, column in enumerate(form.columns)}
    for at, column in enumerate(form.columns):
        for name in (column.name, *column.also):
            row: list[Any] = [column.name for column in form.columns]
            row[at] = name
            sheet = Sheet("", partial(iter, [row]), {})
            assert headers.heads([sheet], [form], LIMITS)[0].columns == places


def test_a_roster_as_an_employer_sends_it() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("花名册")
        sheet.merge_range("A1:I1", "某局在职党员花名册")
        sheet.write_row("A2", ["填报单位（盖章）：", "", "", "", "", "填报时间：2026年11月"])
        sheet.write_row(
            "A3",
            [
                "序号",
                "姓 名",
                "身份证号码",
                "所在党支部",
                "职务/职级",
                "联系电话",
                "现居住小区",
                "楼栋-单元",
                "特长",
            ],
        )
        sheet.write_row(
            "A4",
            [
                1,
                "何  洋",
                "32060X",
                "机关 第二党支部",
                "科员",
                13800138000,
                "虹桥新村",
                "26幢2单元",
                "书法、摄影",
            ],
        )
        sheet.write_row(
            "A5",
            [
                2,
                "杨\u3000文",
                "32060X",
                "离退休干部党支部",
                "",
                "１５０ ０１５０ ０１５０",
                "",
                "",
                "",
            ],
        )
        sheet.write_row(
            "A6", [3, "=HYPERLINK(1)", "32060X", "第三党支部", "", "0513-85512345", "", "", ""]
        )
        sheet.write_row("A7", [4, "李四", "32060X", "第三党支部", "", "+8613800138000", "", "", ""])
        sheet.write_row("A9", ["合计", "4人"])
        book.add_worksheet("填表说明").write(0, 0, "联系电话必填")

    content = built(fill, strings_to_formulas=False)
    workbook = reading.read(io.BytesIO(content), "名册.xlsx", forms(CONTENT["roster"]))
    members = workbook.tables["members"]
    assert (members.sheet, members.header_row, workbook.unread) == ("花名册", 3, ("填表说明",))
    assert members.ignored == ("序号", "身份证号码", "职务/职级")
    assert members.skipped == (9,)
    assert "32060X" not in repr(workbook)
    taken = [
        (row.number, members.take(row, "name", cells.name), members.take(row, "phone", cells.phone))
        for row in members.rows
    ]
    errors = [value for row in taken for value in row if isinstance(value, CellError)]
    phones = [(row, phone) for row, _, phone in taken if isinstance(phone, str)]
    assert [row[1] for row in taken[:2]] == ["何洋", "杨文"]
    assert [error.message for error in (*errors, *members.repeated("phone", phones))] == [
        "“花名册”第6行B列（姓 名）：不接受公式，请填写文字",
        "“花名册”第6行F列（联系电话）：应填一个11位手机号（1开头）",
        "“花名册”第7行F列（联系电话）：与第4行重复",
    ]
