"""Names in the order of the field, by the table of the library."""

from app.core.strokes import name_key


def test_names_stand_by_strokes_and_then_by_code_point() -> None:
    assert sorted(("李四", "王五", "丁一", "张三", "万一", "上官"), key=name_key) == [
        "丁一",
        "万一",
        "上官",
        "王五",
        "张三",
        "李四",
    ]


def test_what_has_no_strokes_stands_first() -> None:
    assert name_key("A\U000e0000𠀀") == ((0, "A"), (0, "\U000e0000"), (2, "𠀀"))
