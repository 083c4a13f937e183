"""A report on paper: PDF/UA-1 (tagged, titled, in Chinese).

The same report read by the same right gives the same bytes. Source: practice.md R29.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.core import typesetting
from app.models.report import ReportStatus
from app.reports import paper

TEMPLATE = Path(__file__).with_name("report.typ")
STANDING = {
    ReportStatus.SUPERSEDED: "本单已由新版替代。",
    ReportStatus.VOID: "本单已作废。",
}
NARROWEST, WIDEST = 4, 16  # characters


def report(
    row: Mapping[str, Any],
    form: Mapping[str, Any],
    lines: Iterable[Mapping[str, Any]],
    sees_votes: bool,
    public_url: str,
) -> bytes:
    """The PDF of what `reading.open_report` has opened; call it in a thread."""
    head = row["content"]["head"]
    code = head.get("verification_code", "")
    page = f"{public_url}/v/{code}" if code else ""
    said = {
        "title": form["name"],
        "number": row["number"] or "",
        "issuer": row["issuer_name"],
        "issued_on": head.get("issued_on", ""),
        "code": code,
        "page": page,
        "qr": typesetting.qr(page or "-"),
        "footer": form["footer"],
        "sections": _sections(row, form, lines, sees_votes),
    }
    return typesetting.pdf(TEMPLATE, said, typesetting.TAGGED)


def _sections(
    row: Mapping[str, Any],
    form: Mapping[str, Any],
    lines: Iterable[Mapping[str, Any]],
    sees_votes: bool,
) -> list[dict[str, Any]]:
    content = row["content"]
    found = [
        _section(name, rows=[[field, str(value)] for field, value in fields])
        for name, fields in paper.rows(form, content)
    ]
    if row["status"] in STANDING:
        found.insert(0, _section("状态", lines=[STANDING[row["status"]]]))
    if "reading_line" in content:
        found.append(_section("宣读用语", lines=[content["reading_line"]]))
    cells = _table(paper.columns(form, sees_votes), lines)
    if cells:
        columns, *rest = cells
        table = {"name": "", "columns": columns, "lines": rest, "widths": _widths(cells)}
        found.append(_section(paper.details(form)["name"], tables=[table]))
    return found


def _section(name: str, **parts: Any) -> dict[str, Any]:
    return {"name": name, "rows": [], "tables": [], "lines": []} | parts


def _table(
    columns: Sequence[Mapping[str, Any]], lines: Iterable[Mapping[str, Any]]
) -> list[list[str]]:
    """The names of the columns and a row of texts for each line; nothing where there are none."""
    rows = [
        ["" if (cell := paper.value(field, line)) is None else str(cell) for field in columns]
        for line in lines
    ]
    return [[field["name"] for field in columns], *rows] if rows else []


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    """Of each column its share of the page: its longest text and the edges, within bounds."""
    return [
        max(NARROWEST, min(max(map(len, column)) + 1, WIDEST))
        for column in zip(*cells, strict=True)
    ]
