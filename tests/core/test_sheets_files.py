"""Files as they are sent: of every kind, broken, hostile; none of them hurts the process that reads."""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from app.core import confined
from app.core.errors import TooLarge, Unavailable
from app.core.sheets import archives, child, reading
from app.core.sheets.forms import Column, Form
from app.core.sheets.limits import LIMITS, MEGABYTE, FileRefused, Limits
from app.core.sheets.tables import Workbook
from app.core.sheets.text import cleaned

MEMBERS = Form(
    "members",
    "在职党员名册",
    (
        Column("name", "姓名", True, ("党员姓名", "姓 名")),
        Column("phone", "手机号", True, ("联系电话", "手机")),
        Column("branch", "所在党支部", False, ("党支部",)),
    ),
    footers=("合计",),
)
ROWS: list[list[Any]] = [["姓名", "手机号"], ["张三", 13800138000.0], ["李四", "13900139000"]]
TAKEN = [
    {"name": "张三", "phone": "13800138000"},
    {"name": "李四", "phone": "13900139000"},
]


def xlsx(*sheets: Sequence[Sequence[Any]], **options: Any) -> bytes:
    """A workbook whose sheets are called 表1, 表2, …"""
    return built(
        lambda book: [
            sheet.write_row(number, 0, row)
            for at, rows in enumerate(sheets, 1)
            for sheet in [book.add_worksheet(f"表{at}")]
            for number, row in enumerate(rows)
        ],
        **options,
    )


def built(fill: Callable[[Any], Any], **options: Any) -> bytes:
    """A workbook that `fill` has filled."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True} | options) as book:
        fill(book)
    return file.getvalue()


def changed(workbook: bytes, parts: Mapping[str, bytes]) -> bytes:
    """A workbook with other parts, deflated."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return file.getvalue()


def record(kind: int, content: bytes) -> bytes:
    """One record of BIFF8."""
    return struct.pack("<HH", kind, len(content)) + content


def biff(
    rows: Sequence[Sequence[Any]],
    *,
    before: bytes = b"",
    xf: int = 0,
    after: bytes = b"",
    is_1904: bool = False,
) -> bytes:
    """The stream of an .xls with one sheet 表1; the numbers' cells have the format `xf`."""
    tail = struct.pack("<HHII", 0x0DBB, 0x07CC, 0, 6)
    top = record(0x809, struct.pack("<HH", 0x600, 5) + tail) + before
    top += record(0x42, struct.pack("<H", 1200)) + record(0x22, struct.pack("<H", is_1904))
    for style in (0, 14):
        top += record(0xE0, struct.pack("<HH", 0, style) + b"\0" * 16)
    name = "表1".encode("utf-16-le")
    start = len(top) + 4 + 8 + len(name) + 4
    top += record(0x85, struct.pack("<IBBBB", start, 0, 0, 2, 1) + name) + record(0x0A, b"")
    sheet = record(0x809, struct.pack("<HH", 0x600, 16) + tail)
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, str):
                head = struct.pack("<HHHHB", number, place, 0, len(cell), 1)
                sheet += record(0x204, head + cell.encode("utf-16-le"))
            else:
                sheet += record(0x203, struct.pack("<HHHd", number, place, xf, cell))
    return top + sheet + after + record(0x0A, b"")


def ole(stream: bytes, *names: str) -> bytes:
    """An OLE container with the stream under the first name, and empty ones under the others."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    count = len(stream) // 512
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0
    )
    head += struct.pack("<109I", 0, *[free] * 108)
    fat = [0xFFFFFFFD, end, *range(3, count + 2), end]
    entries = [("Root Entry", 5, end, 0), *((name, 2, end, 0) for name in names)]
    entries[1] = (names[0], 2, 2, len(stream))
    folder = b""
    for at, (name, kind, start, size) in enumerate(entries):
        coded = name.encode("utf-16-le") + b"\0\0"
        right = at + 1 if 0 < at < len(entries) - 1 else free
        below = 1 if at == 0 else free
        folder += coded.ljust(64, b"\0") + struct.pack("<HBB", len(coded), kind, 1)
        folder += struct.pack("<III", free, right, below) + b"\0" * 36
        folder += struct.pack("<IQ", start, size)
    fat += [free] * (128 - len(fat))
    return head + struct.pack("<128I", *fat) + folder.ljust(512, b"\0") + stream


def xls(rows: Sequence[Sequence[Any]], **options: Any) -> bytes:
    """An .xls with one sheet."""
    return ole(biff(rows, **options), "Workbook")


def read(content: bytes, name: str = "a.xlsx", limits: Limits = LIMITS) -> Workbook:
    """The members in the file."""
    return reading.read(io.BytesIO(content), name, (MEMBERS,), limits)


def answer(content: bytes, ending: str = ".xlsx", limits: Limits = LIMITS) -> dict[str, Any]:
    """What the child would say, without a child."""
    return child.answer(io.BytesIO(content), ending, (MEMBERS,), limits)


def code(content: bytes, ending: str = ".xlsx", limits: Limits = LIMITS) -> str:
    """Why the child would refuse the file."""
    found: list[str] = [error.code for error in answer(content, ending, limits)["refused"]]
    return found[0]


def cells(content: bytes, ending: str = ".xlsx") -> list[dict[str, str]]:
    """The cells that the child takes, row by row."""
    return [row[1] for row in answer(content, ending)["tables"][0]["rows"]]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (xlsx(ROWS), "名册.XLSX"),
        (xls(ROWS), "名册.xls"),
        ("姓名,手机号\n张三,13800138000\n李四,13900139000\n".encode(), "a.csv"),
        ("姓名,手机号\r\n张三,13800138000\r\n李四,13900139000".encode("utf-8-sig"), "a.csv"),
        ("姓名\t手机号\n张三\t13800138000\n李四\t13900139000\n".encode("gb18030"), "a.csv"),
        ('手机号;"姓\n名"\n13800138000;张三\n13900139000;李四\n'.encode("gb18030"), "a.csv"),
    ],
)
def test_every_kind_of_file_is_read(content: bytes, name: str) -> None:
    workbook = read(content, name)
    assert [dict(row.cells) for row in workbook.tables["members"].rows] == TAKEN
    assert [row.number for row in workbook.tables["members"].rows] == [2, 3]


def test_the_reading_process_gets_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_SECRET_KEY", "secret")
    seen: list[Any] = []
    run = subprocess.run

    def spy(*args: Any, **options: Any) -> Any:
        seen.append(options["env"])
        return run(*args, **options)

    monkeypatch.setattr(subprocess, "run", spy)
    read(xlsx(ROWS))
    assert [key for key in seen[0] if key.startswith("APP_")] == []


@pytest.mark.parametrize("name", ["a.ods", "a.xlsm", "a", "a.xlsx.exe", ""])
def test_other_endings_are_refused(name: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(xlsx(ROWS), name)
    assert [error.code for error in refusal.value.errors] == ["wrong_extension"]


@pytest.mark.parametrize(
    ("content", "ending"),
    [(xlsx(ROWS), ".xls"), (xls(ROWS), ".csv"), ("姓名,手机号".encode(), ".xlsx")],
)
def test_an_ending_that_disagrees_with_the_content_is_refused(content: bytes, ending: str) -> None:
    assert code(content, ending) == "wrong_extension"


def test_a_refusal_of_the_child_arrives_whole() -> None:
    with pytest.raises(FileRefused) as refusal:
        read("姓名,电邮\n张三,a@b\n".encode(), "a.csv")
    assert refusal.value.detail == "缺少列：手机号"
    assert refusal.value.errors == (("/1", "missing_column", "缺少列：手机号"),)


def test_a_file_over_the_limit_is_not_read() -> None:
    with pytest.raises(TooLarge):
        read(b"x" * (2 * MEGABYTE), "a.csv", replace(LIMITS, size=MEGABYTE))


def test_a_cell_at_the_far_end_costs_the_child_its_life_only() -> None:
    far = built(
        lambda book: [
            sheet.write(*cell, "姓名")
            for sheet in [book.add_worksheet()]
            for cell in ((0, 0), (1_048_575, 16_383))
        ]
    )
    with pytest.raises(FileRefused) as refusal:
        read(far)
    assert [error.code for error in refusal.value.errors] == ["damaged"]


def test_a_child_that_takes_too_long_is_ended() -> None:
    with pytest.raises(FileRefused):
        read(xlsx(ROWS), limits=replace(LIMITS, wall=0))


def test_an_answer_too_long_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    # not measured: the bound would cut off what the measuring writes as well
    monkeypatch.setenv("MEASURED", "")
    with pytest.raises(FileRefused):
        read(
            xlsx([["姓名", "手机号"], *([f"{n}", "x" * 400] for n in range(500))]),
            limits=replace(LIMITS, answer=100_000),
        )


def test_more_files_at_once_than_turns_wait_and_then_come_back_later() -> None:
    with reading.TURNS, reading.TURNS, pytest.raises(Unavailable):
        read(xlsx(ROWS), limits=replace(LIMITS, wall=0))


def test_a_parser_that_fails_is_a_damaged_file() -> None:
    broken = changed(xlsx(ROWS), {"xl/workbook.xml": b"<workbook><sheets><sheet"})
    with pytest.raises(FileRefused) as refusal:
        read(broken)
    assert [error.code for error in refusal.value.errors] == ["damaged"]


def test_a_lower_bound_of_the_machine_stays() -> None:
    lines = (
        "import resource, sys",
        "from app.core.sheets import child",
        "from app.core.sheets.limits import LIMITS",
        "resource.setrlimit(resource.RLIMIT_CPU, (3, 3))",
        "child.confine(LIMITS)",
        "print(resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_CORE))",
    )
    said = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        check=True,
        cwd=confined.HOUSE,
        env=dict(os.environ),
    )
    assert said.stdout == "(3, 3) (0, 0)\n"


# Not a table


@pytest.mark.parametrize(
    ("content", "ending", "expected"),
    [
        (b"", ".csv", "empty_file"),
        (b"<html><table><tr><td>x</td></tr></table></html>", ".xls", "markup"),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?><Workbook/>", ".xls", "markup"),
        (b"a,b\0\n", ".csv", "not_a_table"),
        ("姓名,手机号".encode("utf-16"), ".csv", "bad_encoding"),
        (b"\x80\x80\xff", ".csv", "bad_encoding"),
        (b"\x89PNG\r\n\x1a\n\0\0", ".xlsx", "not_a_table"),
        ('姓名,手机号\n张三,13800138000\n"李四,1'.encode(), ".csv", "bad_line"),
        ('姓名,手机号\n"张三"x,13800138000\n'.encode(), ".csv", "bad_line"),
        (("姓名,手机号\n张三," + "1" * 200_000).encode(), ".csv", "bad_line"),
        (("姓名,手机号\n张三,1," + "1" * 40_000).encode(), ".csv", "too_large"),
        (("姓名,手机号\n张三,1" + ",1" * 300).encode(), ".csv", "too_many_columns"),
        ("姓名,手机号\n,,,,,\n\n".encode(), ".csv", "empty_file"),
        (b"PK\x03\x04" + b"\0" * 100, ".xlsx", "damaged"),
        (xlsx(ROWS)[:2000], ".xlsx", "damaged"),
        (ole(b"", "WordDocument"), ".xls", "damaged"),
        (ole(b"", "Workbook", "EncryptedPackage"), ".xlsx", "encrypted"),
        (ole(biff(ROWS), "Workbook", "_VBA_PROJECT_CUR"), ".xls", "macros"),
        (ole(biff(ROWS), "Book", "_VBA_PROJECT"), ".xls", "macros"),
        (
            xls(ROWS, before=record(0x2F, struct.pack("<HHH", 1, 1, 1) + b"\0" * 48)),
            ".xls",
            "encrypted",
        ),
        (changed(xlsx(ROWS), {"xl/vbaProject.bin": b"x"}), ".xlsx", "macros"),
        (changed(xlsx(ROWS), {"xl/macrosheets/sheet1.xml": b"x"}), ".xlsx", "macros"),
    ],
)
def test_what_is_not_a_safe_table_is_refused(content: bytes, ending: str, expected: str) -> None:
    assert code(content, ending) == expected


def test_a_name_in_the_text_of_an_xls_is_no_entry_of_its_directory() -> None:
    rows = [*ROWS, ["王五", "1", "EncryptedPackage\0"]]
    assert len(cells(xls(rows), ".xls")) == 3


# Zips


def zipped(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip that is no workbook but for its names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def why(content: bytes, limits: Limits = LIMITS) -> str:
    """Why the zip is not handed to a parser."""
    with pytest.raises(FileRefused) as refusal:
        archives.check(io.BytesIO(content), limits)
    return refusal.value.errors[0].code


def lying(content: bytes, size: int) -> bytes:
    """The zip whose directory says `size` of its first part."""
    at = content.index(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", size) + content[at + 4 :]


BOOK = {"xl/workbook.xml": b"<workbook/>"}
BIG = {"xl/workbook.xml": b" " * (20 * MEGABYTE)}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (zipped({"word/document.xml": b""}), "not_a_table"),
        (zipped({"xl/workbook.bin": b""}), "not_a_table"),
        (zipped(BIG), "too_large"),
        (lying(zipped(BIG), 100), "too_large"),
        (lying(zipped(BOOK), 5), "damaged"),
        (lying(zipped(BOOK, zipfile.ZIP_STORED), 5), "damaged"),
        (zipped(BOOK, zipfile.ZIP_BZIP2), "damaged"),
        (zipped(BOOK | {f"{n}": b"" for n in range(2_000)}), "damaged"),
        (zipped(BOOK | {"a.xml": b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>'}), "entities"),
        (zipped(BOOK | {"a.xml": '<?xml encoding="UTF-16"?><!ENTITY'.encode("utf-16")}), "entities"),
        (zipped(BOOK | {"a.xml": os.urandom(archives.CHUNK - 5) + b"<!DOCTYPE>"}, zipfile.ZIP_STORED), "entities"),
        (zipped(BOOK).replace(b"PK\x03\x04", b"PK\x03\x05", 1), "damaged"),
    ],
)  # fmt: skip
def test_a_zip_is_measured_before_it_is_parsed(content: bytes, expected: str) -> None:
    assert why(content) == expected


def test_many_views_of_one_part_are_counted_each_time() -> None:
    whole = zipped({"xl/workbook.xml": b" " * (60 * MEGABYTE // 100)})
    start = whole.index(b"PK\x01\x02")
    entry, end = whole[start : whole.index(b"PK\x05\x06")], whole[whole.index(b"PK\x05\x06") :]
    entries = b"".join(entry.replace(b"workbook", b"workbk%02d" % n) for n in range(99)) + entry
    counts = struct.pack("<HHII", 100, 100, len(entries), start)
    assert why(whole[:start] + entries + end[:8] + counts + end[20:]) == "too_large"


def test_a_stream_without_an_end_is_damaged() -> None:
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = engine.compress(os.urandom(3000)) + engine.flush(zlib.Z_SYNC_FLUSH)
    whole = zipped({"xl/workbook.xml": packed}, zipfile.ZIP_STORED)
    at = whole.index(b"PK\x01\x02")
    deflated = whole[: at + 10] + struct.pack("<H", 8) + whole[at + 12 :]
    assert why(deflated) == "damaged"
    noise = zipped({"xl/workbook.xml": b"\xff" * 3000}, zipfile.ZIP_STORED)
    at = noise.index(b"PK\x01\x02")
    assert why(noise[: at + 10] + struct.pack("<H", 8) + noise[at + 12 :]) == "damaged"


def test_large_parts_that_are_honest_pass() -> None:
    content = os.urandom(3 * archives.CHUNK) + b" " * MEGABYTE
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        archives.check(io.BytesIO(zipped(BOOK | {"media/a.png": content}, method)), LIMITS)


def test_a_cell_larger_than_a_spreadsheet_holds_refuses_the_file() -> None:
    book = xlsx([["姓名", "手机号", "备注"], ["张三", "1", "MARK"]])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        strings = archive.read("xl/sharedStrings.xml")
    noise = os.urandom(2 * MEGABYTE).hex().encode()
    found = answer(changed(book, {"xl/sharedStrings.xml": strings.replace(b"MARK", noise)}))
    assert found["refused"] == (("/2/C", "too_large", "第2行C列的单元格过大"),)


# What a spreadsheet holds


def test_of_a_formula_the_last_result_is_taken() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "手机号", "党支部"])
        sheet.write(1, 0, "张三")
        sheet.write_formula(1, 1, "=A1", None, 13800138000)
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")

    assert cells(built(fill)) == [{"name": "张三", "phone": "13800138000", "branch": ""}]


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_a_text_that_would_run_as_a_formula_is_refused(ending: str) -> None:
    bad = ["=1+1", "＝1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+SUM(A1)", " =1"]
    good = ["+86 13800138000", "-", "+无", "－"]
    rows = [["姓名", "手机号"], *([f"张{n}", text] for n, text in enumerate(bad + good))]
    content = (
        xlsx(rows, strings_to_formulas=False)
        if ending == ".xlsx"
        else "\n".join(",".join(row) for row in rows).encode()
    )
    taken = answer(content, ending)["tables"][0]["rows"]
    assert [row[2].get("phone", [""])[0] for row in taken] == ["formula"] * 6 + [""] * 4


def test_cells_that_cannot_be_kept_are_refused_one_by_one() -> None:
    rows: list[list[Any]] = [
        ["姓名", "手机号", "党支部"],
        ["张三", 320602199402126960, "x" * 501],
        ["李\x01四", -0.5, True],
        ["王五", 1.5e10, False],
    ]
    workbook = read(xlsx(rows).replace(b"_x0001_", b"\x01"))
    faults = [
        (row.number, column, fault.code)
        for row in workbook.tables["members"].rows
        for column, fault in row.faults.items()
    ]
    assert faults[:2] == [(2, "phone", "lost_digits"), (2, "branch", "too_long")]
    taken = workbook.tables["members"].rows
    assert (taken[1].cells["phone"], taken[1].cells["branch"]) == ("-0.5", "是")
    assert (taken[2].cells["phone"], taken[2].cells["branch"]) == ("15000000000", "否")
    assert cells("姓名,手机号\n张\x01三,1\n".encode(), ".csv") == [{"phone": "1"}]


def test_a_number_that_is_none_is_refused() -> None:
    book = xlsx([["姓名", "手机号"], ["张三", 7]])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    for number in (b"NaN", b"1e999"):
        parts = {"xl/worksheets/sheet1.xml": sheet.replace(b"<v>7</v>", b"<v>%s</v>" % number)}
        assert answer(changed(book, parts))["tables"][0]["rows"][0][2]["phone"][0] == "lost_digits"


@pytest.mark.parametrize(("is_1904", "serial"), [(False, 40725), (True, 39263)])
def test_formatted_days_come_as_days_whatever_the_count(is_1904: bool, serial: int) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "手机号"])
        sheet.write(1, 0, "张三")
        sheet.write(1, 1, serial, book.add_format({"num_format": "yyyy-mm-dd"}))

    assert cells(built(fill, date_1904=is_1904))[0]["phone"] == "2011-07-01"
    rows: list[list[Any]] = [["姓名", "手机号"], ["张三", float(serial)]]
    assert cells(xls(rows, xf=1, is_1904=is_1904), ".xls")[0]["phone"] == "2011-07-01"


def test_hidden_sheets_and_charts_are_left_alone() -> None:
    def fill(book: Any) -> None:
        for name in ("甲", "乙"):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(ROWS):
                sheet.write_row(number, 0, row)
        book.add_chartsheet("图")
        sheet.hide()

    workbook = read(built(fill))
    assert (workbook.tables["members"].sheet, workbook.unread) == ("甲", ())


def test_too_many_sheets_and_rows_are_refused() -> None:
    assert code(xlsx(*[ROWS] * 21)) == "too_many_sheets"
    assert code(xlsx(ROWS), limits=replace(LIMITS, rows=1)) == "too_many_rows"


def test_a_workbook_without_a_visible_sheet_is_refused() -> None:
    def fill(book: Any) -> None:
        book.add_chartsheet("图")

    assert code(built(fill)) == "empty_file"


TEXTS = st.text(
    st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="=＝@+＋-－"),
    max_size=20,
)


@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5),
    st.sampled_from(["utf-8-sig", "gb18030"]),
)
def test_what_is_written_as_csv_is_read_back(pairs: list[tuple[str, str]], encoding: str) -> None:
    lines = ["名,手机号".replace("名", "姓名"), "张三,1"]
    lines += [",".join('"' + text.replace('"', '""') + '"' for text in pair) for pair in pairs]
    found = answer("\n".join(lines).encode(encoding), ".csv")["tables"][0]
    numbers = {row[0]: row[1] for row in found["rows"]}
    for at, (first, second) in enumerate(pairs, 3):
        row = numbers.get(at, {"name": "", "phone": ""})
        assert row == {"name": cleaned(first), "phone": cleaned(second)} or at in found["skipped"]


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "姓名,手机号\n".encode()]
    ),
)
def test_noise_is_answered_in_words(noise: bytes, start: bytes) -> None:
    for ending in (".xlsx", ".xls", ".csv"):
        assert set(answer(start + noise, ending)) in ({"refused", "detail"}, {"tables", "unread"})
