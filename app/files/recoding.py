"""The re-encoding process: a photo on its input, two clean JPEGs on its output, nothing else.

What comes out was drawn anew from the pixels: no EXIF, no place where it was taken, nothing that a
second format hides in the bytes. A large JPEG is never unpacked whole: its decoder scales it down.
"""

import io
import json
import struct
import sys
import warnings
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from app.core import confined

MEGABYTE = 1 << 20
FORMATS = ("JPEG", "PNG", "WEBP")
PHOTO_SIDE, PHOTO_QUALITY = 1_600, 82
THUMBNAIL_SIDE, THUMBNAIL_QUALITY = 320, 75
# What may be unpacked at once. Together with Python and Pillow it stays below 100 MB.
MOST_UNPACKED = 56 * MEGABYTE
MOST_PIXELS = 120_000_000
MEMORY, CPU, ANSWER = 256 * MEGABYTE, 5, 16 * MEGABYTE
# Bytes that a pixel takes while it is unpacked: Pillow keeps colours in four, and copies what is
# partly transparent once more; the decoder of WebP holds the picture, the one before and a copy.
IN_COLOUR, IN_TRANSPARENCY, IN_WEBP, COEFFICIENT = 4, 12, 13, 2
ORIENTATION = 0x0112
# What reading a hostile or broken note of a camera raises.
NOTE_ERRORS = (
    ArithmeticError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Refused(Exception):
    """Why the photo is not taken: a code."""


def main() -> None:
    """One line of JSON, then the photo's bytes, then the thumbnail's."""
    confined.confine(cpu=CPU, memory=MEMORY, answer=ANSWER)
    out = sys.stdout.buffer
    try:
        photo, thumbnail, size = recode(sys.stdin.buffer)
    except Refused as refusal:
        out.write(json.dumps({"refused": str(refusal)}).encode() + b"\n")
        return
    head = {"width": size[0], "height": size[1], "photo": len(photo)}
    out.write(json.dumps(head).encode() + b"\n" + photo + thumbnail)


def recode(source: BinaryIO) -> tuple[bytes, bytes, tuple[int, int]]:
    """Photo and thumbnail as JPEG, upright, and the photo's width and height.

    Raises:
        Refused: `not_a_photo`, `too_many_pixels`, or `damaged`.
    """
    Image.MAX_IMAGE_PIXELS = None  # ours is stricter, and knows the format
    warnings.simplefilter("ignore")
    try:
        image: Image.Image = Image.open(source, formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise Refused("not_a_photo") from None
    try:
        box = _checked(image)
        turn = UPRIGHT.get(_orientation(image))  # of a PNG this unpacks it
        image = _shrunk(image, box)
        if turn is not None:
            image = image.transpose(turn)
        photo = _drawn(image, PHOTO_QUALITY)
        size = image.size
        image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return photo, _drawn(image, THUMBNAIL_QUALITY), size
    except (OSError, ValueError, SyntaxError, IndexError, MemoryError):
        raise Refused("damaged") from None


def _checked(image: Image.Image) -> tuple[int, int]:
    """The size that the photo will have; a JPEG will be unpacked not much larger than that.

    Raises:
        Refused: unpacked it would be too large.
    """
    width, height = image.size
    ratio = min(1.0, PHOTO_SIDE / max(width, height))
    box = max(1, round(width * ratio)), max(1, round(height * ratio))
    if width * height > MOST_PIXELS:
        raise Refused("too_many_pixels")
    coefficients = _coefficients(image)
    image.draft("RGB", box)
    pixels = image.size[0] * image.size[1]
    if pixels * _each(image) + coefficients > MOST_UNPACKED:
        raise Refused("too_many_pixels")
    return box


def _shrunk(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """The pixels in RGB, in this size, what is transparent made white."""
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail(box, reducing_gap=2.0)
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image


def _each(image: Image.Image) -> int:
    """Bytes for each pixel."""
    if image.format == "WEBP":
        return IN_WEBP
    return IN_TRANSPARENCY if image.has_transparency_data else IN_COLOUR


def _coefficients(image: Image.Image) -> int:
    """Bytes that the decoder keeps of a progressive JPEG as a whole, before it can draw a line."""
    if not isinstance(image, JpegImageFile) or not image.info.get("progressive"):
        return 0
    samples = [layer[1] * layer[2] for layer in image.layer]
    share = sum(samples) / max(samples)
    return int(image.size[0] * image.size[1] * share * COEFFICIENT)


def _orientation(image: Image.Image) -> int:
    """How the camera was held; unreadable notes of a camera say nothing."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except NOTE_ERRORS:
        return 1


def _drawn(image: Image.Image, quality: int) -> bytes:
    image.info = {}  # a comment would be written again
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
