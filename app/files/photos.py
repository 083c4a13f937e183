"""A photo as somebody sent it becomes one of ours: in a process of its own, one at a time.

One photo takes below a second of one core and below 100 MB (docs/files.md); the event loop waits.
"""

import asyncio
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, NamedTuple

from app.core import confined
from app.core.errors import Invalid, TooLarge, Unavailable

MEGABYTE = 1 << 20
MOST_BYTES = 10 * MEGABYTE
RECODING = "app.files.recoding"
WALL_SECONDS, LONGEST_WAIT_SECONDS = 10, 20.0
# One photo at a time in a process of the house: memory and cores are for everybody.
TURN = ThreadPoolExecutor(1, "photos")
REFUSALS = {
    "not_a_photo": "只接受 JPEG、PNG、WebP 照片",
    "too_many_pixels": "照片像素过大，请缩小后再传",
    "damaged": "照片已损坏，请换一张",
}


class PhotoRefused(Invalid):
    """Not taken, and nothing was kept."""

    code, title = "photo_refused", "照片无法使用"


class Photo(NamedTuple):
    """JPEGs drawn by us; width and height are the photo's, upright, in pixels."""

    width: int
    height: int
    photo: bytes
    thumbnail: bytes


async def clean(source: BinaryIO, *, wait: float = LONGEST_WAIT_SECONDS) -> Photo:
    """What `source` shows, without anything else that it carries; afterwards it stands at its
    beginning.

    Raises:
        PhotoRefused: no photo, one too large to unpack, or a damaged one.
        TooLarge: over 10 MB.
        Unavailable: too many others wait (`wait` seconds at most).
    """
    size = source.seek(0, 2)
    source.seek(0)
    if size > MOST_BYTES:
        raise TooLarge(f"照片不能超过{MOST_BYTES // MEGABYTE}MB")
    try:
        async with asyncio.timeout(wait):
            said = await asyncio.get_running_loop().run_in_executor(TURN, _recoded, source)
    except TimeoutError:
        raise Unavailable(retry_after=int(LONGEST_WAIT_SECONDS)) from None
    line, _, content = said.partition(b"\n")
    head = json.loads(line)
    if "refused" in head:
        raise _refused(head["refused"])
    cut = head["photo"]
    return Photo(head["width"], head["height"], content[:cut], content[cut:])


def _recoded(source: BinaryIO) -> bytes:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        while chunk := source.read(MEGABYTE):
            given.write(chunk)
        source.seek(0)
        given.seek(0)
        try:
            confined.run(RECODING, "", given, said, wall=WALL_SECONDS)
        except confined.Died:
            raise _refused("damaged") from None
        said.seek(0)
        return said.read()


def _refused(code: str) -> Invalid:
    return PhotoRefused.field("/file", code, REFUSALS[code])
