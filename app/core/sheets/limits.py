"""What reading one file may cost, and the refusal of a file as a whole."""

from dataclasses import dataclass

from app.core.errors import Invalid

MEGABYTE = 1 << 20


class FileRefused(Invalid):
    """Nothing of the file was taken; `errors` says why, each with a stable code."""

    code, title = "file_refused", "文件有误，未导入任何内容"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file. Sizes are bytes, times are seconds."""

    size: int = 10 * MEGABYTE
    """The file as it was sent."""
    unpacked: int = 100 * MEGABYTE
    """All parts of an .xlsx, inflated."""
    ratio: int = 150
    """Inflated to packed, counted only beyond the first megabyte."""
    parts: int = 1_000
    """Entries in the directory of an .xlsx."""
    sheets: int = 20
    rows: int = 20_000
    """Rows of data in all tables together."""
    columns: int = 256
    characters: int = 500
    """In a cell that is taken: one more refuses the cell."""
    cell: int = 32_767
    """In any cell (Excel's own bound): one more refuses the file."""
    header_within: int = 20
    """The header stands in one of the first rows."""
    memory: int = 512 * MEGABYTE
    """Address space of the reading process."""
    answer: int = 16 * MEGABYTE
    """What the reading process may hand back."""
    cpu: int = 10
    wall: int = 30


LIMITS = Limits()


def refused(code: str, message: str, pointer: str = "/file") -> FileRefused:
    """A file refused for one reason."""
    return FileRefused(message, errors=FileRefused.field(pointer, code, message).errors)


def damaged() -> FileRefused:
    """The bytes are not what they claim to be, or cost more than a table of this size can."""
    return refused("damaged", "文件已损坏或过于复杂，请把需要的内容复制到新工作簿后再上传")
