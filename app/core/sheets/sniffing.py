"""What a file is, told by its bytes: a name is only a claim."""

import struct
from enum import StrEnum
from typing import BinaryIO

from app.core.sheets import archives
from app.core.sheets.limits import Limits, damaged, refused

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Entries of an OLE directory are 128 bytes long and begin with the name.
ENTRY = 128
# Records of a workbook in BIFF: the first one, those that may stand before a password, a password.
WORKBOOK = b"\x09\x08\x10\x00\x00\x06\x05\x00"
BEFORE_PASSWORD = (0x809, 0x86)
PASSWORD = 0x2F
ENCODINGS = ("utf-8-sig", "gb18030")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Kind(StrEnum):
    """The kinds that are read; the value is the ending of the name."""

    XLSX = ".xlsx"
    XLS = ".xls"
    CSV = ".csv"


def kind(source: BinaryIO, ending: str, limits: Limits) -> Kind:
    """What `source` holds, checked as far as that goes without parsing; the place in it is moved.

    Raises:
        FileRefused: it is none of the kinds, unsafe, damaged, or not what `ending` says.
    """
    found = _content(source, limits)
    if found != ending:
        raise refused(
            "wrong_extension", f"文件内容是 {found}，扩展名却是 {ending}，请改正扩展名后再上传"
        )
    return found


def decoded(content: bytes) -> str:
    """The text of a .csv, in UTF-8 with or without BOM, else GB18030.

    Raises:
        FileRefused: it is no text, or in another encoding.
    """
    if content.startswith(UTF_16):
        raise refused("bad_encoding", "不支持 UTF-16 编码，请另存为 CSV UTF-8")
    if b"\0" in content:
        raise refused("not_a_table", "不是表格文件，只接受 .xlsx、.xls、.csv")
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.lstrip().startswith("<"):
            raise refused("markup", "文件其实是网页，请用 Excel 或 WPS 打开后另存为 .xlsx")
        return text
    raise refused("bad_encoding", "文字编码不是 UTF-8 或 GB18030，请另存为 CSV UTF-8")


def _content(source: BinaryIO, limits: Limits) -> Kind:
    source.seek(0)
    start = source.read(len(OLE))
    if not start:
        raise refused("empty_file", "文件是空的")
    if start.startswith(ZIP):
        archives.check(source, limits)
        return Kind.XLSX
    source.seek(0)
    if start == OLE:
        _compound(source.read())
        return Kind.XLS
    decoded(source.read())
    return Kind.CSV


def _compound(content: bytes) -> None:
    """An OLE container with a workbook, without a password and macros."""
    if _names(content, "EncryptedPackage") or _is_locked(content):
        raise refused("encrypted", "文件设有打开密码，请去掉密码后再上传")
    if _names(content, "_VBA_PROJECT_CUR") or _names(content, "_VBA_PROJECT"):
        raise refused("macros", "不接受带宏的文件，请另存为不带宏的 .xlsx")
    if not _names(content, "Workbook") and not _names(content, "Book"):
        raise damaged()


def _names(content: bytes, name: str) -> bool:
    """Whether the directory of the container, wherever it lies, has an entry `name`."""
    wanted = name.encode("utf-16-le") + b"\0\0"
    at = content.find(wanted)
    while at >= 0 and at % ENTRY:
        at = content.find(wanted, at + 1)
    return at >= 0


def _is_locked(content: bytes) -> bool:
    """Whether the records of the workbook begin with a password."""
    at = content.find(WORKBOOK)
    while 0 <= at <= len(content) - 4:
        kind, size = struct.unpack_from("<HH", content, at)
        if kind not in BEFORE_PASSWORD:
            return bool(kind == PASSWORD)
        at += 4 + size
    return False
