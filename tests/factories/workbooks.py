"""Workbooks as communities and employers send them."""

import io
from collections.abc import Mapping, Sequence

import xlsxwriter

Sheets = Mapping[str, Sequence[Sequence[str]]]

BUILDINGS = ("社区", "小区", "小区类型", "楼栋", "单元数", "户数", "网格")
ORGANIZATIONS = ("社区", "类别", "名称", "上级组织", "对应网格")
APPOINTMENTS = ("组织", "职务", "姓名", "手机号", "起始日期")
EMPLOYERS = (
    "单位名称",
    "统一社会信用代码",
    "所属区县",
    "单位性质",
    "在职党员数",
    "联络员",
    "联络员电话",
    "党组织书记",
    "书记电话",
    "结对社区",
)


def make_workbook(sheets: Sheets) -> bytes:
    """An .xlsx with these sheets, every cell a text."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    sheet.write_string(number, place, cell)
    return content.getvalue()


def community_workbook(
    buildings: Sequence[Sequence[str]] = (),
    organizations: Sequence[Sequence[str]] = (),
    appointments: Sequence[Sequence[str]] = (),
) -> bytes:
    """A community's workbook with the rows given; sheets without rows have their header only."""
    return make_workbook(
        {
            "小区楼栋": [BUILDINGS, *buildings],
            "党组织与小组": [ORGANIZATIONS, *organizations],
            "任职": [APPOINTMENTS, *appointments],
        }
    )


def employer_list(*rows: Sequence[str]) -> bytes:
    """A list of employers with these rows."""
    return make_workbook({"单位": [EMPLOYERS, *rows]})
