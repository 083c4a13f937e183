"""A report on the wire, in JSON as `ReportOut`: a summary's lines go out by the hundred.

All at once they are ten times their text, and as one body they would be held until the slowest reader
has it.
"""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

import orjson

from app.models.report import ReportKind
from app.reports.reading import LINES_BEGIN
from app.reports.schemas import ReportOut

AT_ONCE = 100


def in_parts(row: dict[str, Any], lines: Iterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    """The report that `reading.show` has found; all but the lines is written before this returns, so
    that what does not fit is still refused as a whole.
    """
    shown = ReportOut.model_validate(row).model_dump(mode="json")
    if row["kind"] is ReportKind.EMPLOYER_SUMMARY:
        shown["content"]["details"] = []
    head, begin, tail = orjson.dumps(shown).partition(LINES_BEGIN.encode())
    return _sent(head + begin, lines, tail)


async def _sent(head: bytes, lines: Iterator[dict[str, Any]], tail: bytes) -> AsyncIterator[bytes]:
    yield head
    written, comma = map(orjson.dumps, lines), b""
    while part := b",".join(islice(written, AT_ONCE)):
        yield comma + part
        comma = b","
    yield tail
