"""Charts: where things stand in the drawing."""

import pytest

from app.console import charts


def test_columns_stand_beside_each_other_month_by_month() -> None:
    drawn = charts.columns(["2026-09", "2026-10"], [("提出", [4, 7]), ("办成", [None, 2])])
    assert [each.words for each in drawn.columns] == ["9月 提出 4", "10月 提出 7", "10月 办成 2"]
    first, second, third = drawn.columns
    assert first.x + first.width < second.x
    assert second.x + second.width == pytest.approx(third.x, abs=0.2)
    assert (second.series, third.series) == (1, 2)
    foot = charts.TOP + charts.PLOT
    assert all(each.y + each.height == pytest.approx(foot, abs=0.2) for each in drawn.columns)
    assert [each.words for each in drawn.months] == ["9月", "10月"]
    assert [each.words for each in drawn.lines] == ["0", "4", "8"]


def test_a_single_month_stands_in_the_middle_and_is_not_wide() -> None:
    (only,) = charts.columns(["2026-01"], [("提出", [1])]).columns
    assert only.width == charts.WIDEST
    middle = (charts.LEFT + charts.WIDTH - charts.RIGHT) / 2
    assert only.x + only.width / 2 == pytest.approx(middle, abs=0.1)


@pytest.mark.parametrize(
    ("most", "top"), [(0, "2"), (1, "2"), (10, "10"), (11, "20"), (100, "100"), (6234, "8000")]
)
def test_an_axis_ends_in_a_round_number(most: int, top: str) -> None:
    assert charts.columns(["2026-01"], [("", [most])]).lines[-1].words == top


def test_tiles_stand_row_by_row_in_the_order_given() -> None:
    units = [(f"第{n}社区", ("诉求1件",), 50.0) for n in range(3)]
    drawn = charts.tiles([*units, ("北濠桥第十一社区居委会", (), None)])
    assert [each.name for each in drawn.tiles][:3] == ["第0社区", "第1社区", "第2社区"]
    assert drawn.tiles[0].y == drawn.tiles[2].y < drawn.tiles[3].y
    assert drawn.tiles[0].filled == pytest.approx(drawn.bar_width / 2, abs=0.1)
    last = drawn.tiles[3]
    assert (last.name, last.full_name) == ("北濠桥第十一社区…", "北濠桥第十一社区居委会")
    assert last.filled is None
    assert drawn.height == last.y + charts.TILE_HEIGHT
    assert charts.tiles([]).tiles == []
