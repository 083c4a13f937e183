"""An .xlsx before anything parses it: a zip that is small when inflated, without macros and entities.

The directory of a zip may lie about sizes, so every part is inflated here, chunk by chunk, and
counted; what is counted must be what the directory says, or two readers would see two files.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from app.core.sheets.limits import MEGABYTE, Limits, damaged, refused

CHUNK = 1 << 16
LOCAL = b"PK\x03\x04"
# No spreadsheet writes a document type; entities and foreign files come through nothing else.
DOCTYPES = (b"<!DOCTYPE", b"<!ENTITY")
LONGEST = max(map(len, DOCTYPES))


def check(source: BinaryIO, limits: Limits) -> None:
    """The zip is a workbook that is safe to hand to a parser; the place in `source` is moved.

    Raises:
        FileRefused: it is something else, has macros, is too large when inflated, or is damaged.
    """
    parts = _directory(source)
    if len(parts) > limits.parts:
        raise damaged()
    _is_workbook({part.filename.lower() for part in parts})
    size = source.seek(0, 2)
    left = min(limits.unpacked, max(MEGABYTE, size * limits.ratio))
    if sum(part.file_size for part in parts) > left:
        raise _too_large()
    for part in parts:
        left = _counted(source, part, left)


def _directory(source: BinaryIO) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(source) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error):
        raise damaged() from None


def _is_workbook(names: set[str]) -> None:
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        raise refused("macros", "不接受带宏的文件，请另存为不带宏的 .xlsx")
    if "xl/workbook.xml" not in names:
        raise refused("not_a_table", "不是 .xlsx 表格，请在 Excel 或 WPS 中另存为 .xlsx")


def _counted(source: BinaryIO, part: zipfile.ZipInfo, left: int) -> int:
    """How many bytes are left to inflate after `part`."""
    size, tail = 0, b""
    try:
        for chunk in _inflated(source, part):
            size += len(chunk)
            if size > left:
                raise _too_large()
            tail += chunk.replace(b"\0", b"")  # so that UTF-16 hides nothing
            if any(word in tail for word in DOCTYPES):
                raise refused("entities", "文件含有外部引用，请在 Excel 或 WPS 中另存为 .xlsx")
            tail = tail[-LONGEST:]
    except zlib.error:
        raise damaged() from None
    if size != part.file_size:
        raise damaged()
    return left - size


def _inflated(source: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of `part` in chunks, whatever size the directory says."""
    source.seek(part.header_offset)
    local = source.read(30)
    if not local.startswith(LOCAL) or len(local) < 30 or part.flag_bits & 1:
        raise damaged()
    source.seek(sum(struct.unpack_from("<HH", local, 26)), 1)
    if part.compress_type == zipfile.ZIP_STORED:
        yield from _raw(source, part.compress_size)
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        yield from _deflated(_raw(source, part.compress_size))
    else:
        raise damaged()


def _raw(source: BinaryIO, left: int) -> Iterator[bytes]:
    while left and (chunk := source.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk


def _deflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    """At most a chunk at a time, to the end of the stream.

    Raises:
        FileRefused: it has no end.
    """
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    while not engine.eof:
        given = engine.unconsumed_tail or next(packed, b"")
        chunk = engine.decompress(given, CHUNK)
        if not given and not chunk:
            raise damaged()
        yield chunk


def _too_large() -> Exception:
    return refused("too_large", "文件展开后过大，请删去图片和多余内容后再上传")
