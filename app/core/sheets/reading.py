"""Reading a file that somebody sent: in a process of its own, so that no file can hurt this one.

The file goes to the child as an unnamed temporary file and the wanted cells come back as JSON, so
this process holds a piece of the file at a time and nothing of what is not wanted. A parser that
crashes, hangs, or asks for too much memory takes the child with it and the file is refused.

It blocks for a part of a second (30 s at worst): call it through `asyncio.to_thread`, outside a
transaction.
"""

import json
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import Any, BinaryIO

from app.core import confined
from app.core.errors import FieldError, TooLarge, Unavailable
from app.core.sheets.forms import Form
from app.core.sheets.limits import LIMITS, MEGABYTE, FileRefused, Limits, damaged, refused
from app.core.sheets.sniffing import Kind
from app.core.sheets.tables import Fault, Header, Row, Table, Workbook

CHILD = "app.core.sheets.child"
# Files read at the same time in one process: each may take `Limits.memory`.
TURNS = threading.BoundedSemaphore(2)


def read(source: BinaryIO, name: str, forms: Sequence[Form], limits: Limits = LIMITS) -> Workbook:
    """The wanted columns of a file, from the place where `source` stands to its end.

    `name` is what its sender calls it: only the ending counts, and must agree with the content.

    Raises:
        FileRefused: not a table, unsafe, damaged, or without a wanted column; `errors` says what.
        TooLarge: over `limits.size`.
        Unavailable: too many files are being read.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in set(Kind):
        raise refused("wrong_extension", "只接受 .xlsx、.xls、.csv 文件")
    request = {"ending": ending, "forms": [asdict(form) for form in forms]}
    with tempfile.TemporaryFile() as copy, tempfile.TemporaryFile() as said:
        _copy(source, copy, limits.size)
        if not TURNS.acquire(timeout=limits.wall):
            raise Unavailable(retry_after=limits.wall)
        try:
            _run(json.dumps(request | {"limits": asdict(limits)}), copy, said, limits)
        finally:
            TURNS.release()
        said.seek(0)
        answer = json.load(said)
    if "refused" in answer:
        raise FileRefused(
            answer["detail"], errors=tuple(FieldError(*error) for error in answer["refused"])
        )
    return Workbook(
        {table["form"]: _table(table) for table in answer["tables"]}, tuple(answer["unread"])
    )


def _copy(source: BinaryIO, copy: BinaryIO, most: int) -> None:
    size = 0
    while chunk := source.read(MEGABYTE):
        size += len(chunk)
        if size > most:
            raise TooLarge(f"文件不能超过{most // MEGABYTE}MB")
        copy.write(chunk)
    copy.seek(0)


def _run(request: str, copy: BinaryIO, said: BinaryIO, limits: Limits) -> None:
    """The child has answered in `said`.

    Raises:
        FileRefused: it did not come back, or not in time.
    """
    try:
        confined.run(CHILD, request, copy, said, wall=limits.wall)
    except confined.Died:
        raise damaged() from None


def _table(plain: dict[str, Any]) -> Table:
    return Table(
        form=plain["form"],
        sheet=plain["sheet"],
        header_row=plain["header_row"],
        headers={code: Header(*header) for code, header in plain["headers"].items()},
        ignored=tuple(plain["ignored"]),
        skipped=tuple(plain["skipped"]),
        rows=tuple(
            Row(number, cells, {code: Fault(*fault) for code, fault in faults.items()})
            for number, cells, faults in plain["rows"]
        ),
    )
