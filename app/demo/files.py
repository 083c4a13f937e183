"""The files of the demo, as a district, a community and an employer send them; everybody is made up."""

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from PIL import Image

COMMUNITY = "德民社区居委会"
COMPOUND, BUILDING = "德民新村", "3幢"
EMPLOYER, EMPLOYER_CODE = "南通市水务局（示范）", "11320600MB0DEM0015"
SECRETARY_PHONE, EMPLOYER_PHONE, LIAISON_PHONE = "13900000002", "13900000003", "13900000004"

EMPLOYERS = (
    (
        *("单位名称", "统一社会信用代码", "所属区县", "单位性质", "在职党员数", "联系人"),
        *("联系电话", "党组织书记", "书记手机", "共建社区"),
    ),
    (
        *(EMPLOYER, EMPLOYER_CODE, "崇川区", "机关", "30人", "钱晓梅"),
        *(LIAISON_PHONE, "孙建华", EMPLOYER_PHONE, COMMUNITY),
    ),
    (
        *("南通市图书馆（示范）", "12320600MB0DEM0038", "崇川区", "事业单位", "16", "周敏"),
        *("13900000005", "", "", ""),
    ),
    (
        *("江海水泵有限公司（示范）", "91320600MB0DEM0046", "崇川区", "国有企业", "42", "吴刚"),
        *("13900000006", "", "", ""),
    ),
)
BUILDINGS = (
    ("所属社区", "小区名称", "小区类型", "楼栋", "单元数", "户数", "网格"),
    (COMMUNITY, COMPOUND, "老旧小区", "1-6幢", "3", "216", "第一网格"),
    (COMMUNITY, COMPOUND, "老旧小区", "7～12幢", "3", "210", "第二网格"),
    (COMMUNITY, "城东花苑", "新建商品房小区", "1,3,5号楼", "2", "180", "第二网格"),
)
ORGANIZATIONS = (
    ("社区", "类别", "名称", "上级组织", "对应网格"),
    (COMMUNITY, "社区党委（党总支、党支部）", "德民社区党委", "", ""),
    (COMMUNITY, "网格党支部", "第一网格党支部", "德民社区党委", "第一网格"),
    (COMMUNITY, "网格党支部", "第二网格党支部", "德民社区党委", "第二网格"),
    (COMMUNITY, "双报到功能型党支部", "德民社区双报到功能型党支部", "", ""),
    (COMMUNITY, "双报到功能型党小组", "第一党小组", "", "第一网格"),
    (COMMUNITY, "双报到功能型党小组", "第二党小组", "", "第二网格"),
    (COMMUNITY, "业主委员会", "德民新村业主委员会", COMPOUND, ""),
)
APPOINTMENTS = (
    ("组织", "职务", "姓名", "手机号", "起始日期"),
    (COMMUNITY, "社区党组织书记", "赵卫国", SECRETARY_PHONE, "2024.03"),
    ("第一网格", "网格责任人（专职网格员）", "冯丽", "13900000007", "2025年1月1日"),
    ("德民社区双报到功能型党支部", "功能型党支部书记", "陈志强", "13900000008", ""),
    ("第一党小组", "功能型党小组组长", "褚红", "13900000009", ""),
    (f"{COMMUNITY}/{COMPOUND}/{BUILDING}", "楼栋长", "卫大妈", "13900000010", ""),
)
ROSTER = (
    *("序号", "姓 名", "身份证号码", "所在党支部", "职务/职级", "联系电话", "现居住小区"),
    *("楼栋-单元", "特长", "备注"),
)
BRANCHES = ("机关第一党支部", "机关第二党支部", "水文站党支部")
RETIRED = "离退休干部党支部"
SKILLS = ("水电维修", "法律咨询", "医疗急救、摄影", "儿童辅导", "")
SURNAMES = "王李张刘陈杨黄吴徐朱马胡郭林何高梁郑罗宋谢唐韩曹许邓冯曾彭蒋蔡贾丁魏薛叶阎余潘杜"
GIVEN = "建国志明文华晓东海涛丽娟秀英春梅玉兰立新永康宏伟景云思远子涵宇轩嘉禾清泉润泽安宁佳乐"


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody on the roster."""

    name: str
    phone: str
    branch: str


def people(most: int, retired: int) -> list[Listed]:
    """So many people of whom the last are retired; other names and phones at every call."""
    phones: set[str] = set()
    while len(phones) < most:
        phones.add(f"138{secrets.randbelow(10**8):08}")
    return [
        Listed(
            secrets.choice(SURNAMES) + secrets.choice(GIVEN) + secrets.choice(GIVEN),
            phone,
            RETIRED if place >= most - retired else BRANCHES[place % len(BRANCHES)],
        )
        for place, phone in enumerate(phones)
    ]


def employers() -> bytes:
    """The list of a district: three employers with their liaisons."""
    return _book({"单位": EMPLOYERS})


def community() -> bytes:
    """The workbook of the demo community: buildings, Party organizations, posts."""
    return _book({"小区楼栋": BUILDINGS, "党组织与小组": ORGANIZATIONS, "任职": APPOINTMENTS})


def roster(listed: Sequence[Listed]) -> bytes:
    """A roster as offices keep it: titles above the header, more columns than anybody needs, phones
    as numbers, as text, in full width; a sum below.
    """
    rows: list[Sequence[Any]] = [
        [f"{EMPLOYER}在职党员花名册"],
        ["填报单位（盖章）：", "", "", "", "", "", "", "填报时间：2026年11月"],
        ROSTER,
    ]
    for place, one in enumerate(listed):
        number = f"3206021985{place % 12 + 1:02}{place % 28 + 1:02}{place:03}X"
        home = (COMPOUND, f"{BUILDING}2单元") if place == 0 else ("", "")
        skills = SKILLS[place % len(SKILLS)]
        phone = _written(one.phone, place)
        rows.append([place + 1, one.name, number, one.branch, "科员", phone, *home, skills, ""])
    return _book({"花名册": [*rows, [], ["合计", f"{len(listed)}人"]], "填表说明": [["电话必填"]]})


def photo() -> bytes:
    """A picture as a phone takes one."""
    content = io.BytesIO()
    Image.linear_gradient("L").resize((1200, 900)).save(content, "JPEG")
    return content.getvalue()


def _written(phone: str, place: int) -> str | float:
    """The phone as this row's typist has written it."""
    wide = phone.translate({code: code + 0xFEE0 for code in range(ord("0"), ord("9") + 1)})
    return (float(phone), phone, f"{phone[:3]} {phone[3:7]} {phone[7:]}", wide)[place % 4]


def _book(sheets: dict[str, Sequence[Sequence[Any]]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return content.getvalue()
