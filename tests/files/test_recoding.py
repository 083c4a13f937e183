"""Photos drawn anew: whatever comes in, only pixels come out, upright and small."""

import io
import json
import subprocess
import sys
import zlib
from typing import Any

import pytest
from PIL import Image

from app.core.confined import HOUSE
from app.files import photos, recoding
from app.files.photos import PhotoRefused, clean
from app.files.recoding import Refused, recode
from tests.factories.files import picture

SCRIPT = b"<script>alert(1)</script>"


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def recoded(content: bytes) -> Image.Image:
    photo, _, size = recode(io.BytesIO(content))
    image = opened(photo)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", size)
    return image


def refused(content: bytes) -> str:
    with pytest.raises(Refused) as refusal:
        recode(io.BytesIO(content))
    return str(refusal.value)


def is_red(image: Image.Image, x: float, y: float) -> bool:
    pixel: Any = image.getpixel((int(image.width * x), int(image.height * y)))
    return bool(pixel[0] > 150 and pixel[2] < 100)


def noted(orientation: int) -> Image.Exif:
    """What a phone notes: how it was held, by which phone, where."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "SecretPhone"
    exif.get_ifd(0x8825)[2] = (31.0, 13.0, 49.0)
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_a_camera_notes_is_gone(kind: str) -> None:
    content = picture(kind=kind, exif=noted(1))
    assert b"SecretPhone" in content
    for written in recode(io.BytesIO(content))[:2]:
        assert b"SecretPhone" not in written and b"Exif" not in written
        assert not opened(written).getexif()


@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [
        (1, (64, 48), (0.1, 0.5)),
        (2, (64, 48), (0.9, 0.5)),
        (3, (64, 48), (0.9, 0.5)),
        (4, (64, 48), (0.1, 0.5)),
        (5, (48, 64), (0.5, 0.1)),
        (6, (48, 64), (0.5, 0.1)),
        (7, (48, 64), (0.5, 0.9)),
        (8, (48, 64), (0.5, 0.9)),
        (99, (64, 48), (0.1, 0.5)),
    ],
)
def test_a_photo_stands_upright(
    orientation: int, size: tuple[int, int], red: tuple[float, float]
) -> None:
    image = recoded(picture(exif=noted(orientation)))
    assert image.size == size and is_red(image, *red)


def test_a_broken_note_of_the_camera_says_nothing() -> None:
    content = picture(exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff garbage")
    assert recoded(content).size == (64, 48)
    torn = picture(exif=b"Exif\x00\x00XX\x00*")
    assert recoded(torn).size == (64, 48)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_photo_becomes_smaller(kind: str) -> None:
    _, thumbnail, size = recode(io.BytesIO(picture((2400, 1200), kind)))
    assert size == (1600, 800)
    assert opened(thumbnail).size == (320, 160)
    assert is_red(opened(thumbnail), 0.1, 0.5)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "L"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("JPEG", "CMYK")],
)
def test_every_kind_of_colour_is_taken(kind: str, mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, kind)
    assert recoded(out.getvalue()).size == (30, 20)


def test_what_is_transparent_is_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(out, "PNG")
    assert recoded(out.getvalue()).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        SCRIPT,
        b"%PDF-1.7 \xff\xd8\xff",
        picture(kind="GIF"),
        picture(kind="BMP"),
        picture(kind="TIFF"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    assert refused(content) == "not_a_photo"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_torn_photo_is_refused(kind: str) -> None:
    content = picture((400, 300), kind)
    assert refused(content[: len(content) // 2]) in ("damaged", "not_a_photo")


def chunk(name: bytes, data: bytes) -> bytes:
    body = name + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def bomb(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of this size."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    data = zlib.compress(b"\x00" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(5000, 4000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_goes_off(size: tuple[int, int]) -> None:
    assert refused(bomb(*size)) == "too_many_pixels"


@pytest.mark.parametrize(
    ("kind", "size", "mode", "options"),
    [
        ("WEBP", (2400, 2000), "RGB", {}),
        ("PNG", (2400, 2100), "RGBA", {}),
        ("JPEG", (5600, 4200), "RGB", {"progressive": True}),
    ],
)
def test_what_would_take_too_much_memory_is_refused(
    kind: str, size: tuple[int, int], mode: str, options: dict[str, Any]
) -> None:
    assert refused(picture(size, kind, mode, **options)) == "too_many_pixels"


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_the_photo_of_a_phone_is_not_too_large(options: dict[str, Any]) -> None:
    assert recoded(picture((4032, 3024), **options)).size == (1600, 1200)


def test_nothing_of_a_second_format_is_left() -> None:
    content = picture() + SCRIPT
    for written in recode(io.BytesIO(content))[:2]:
        assert SCRIPT not in written
    comment = picture(comment=SCRIPT)
    assert SCRIPT in comment
    assert SCRIPT not in recode(io.BytesIO(comment))[0]


async def test_a_photo_comes_back_from_its_process() -> None:
    found = await clean(io.BytesIO(picture((2000, 1000), "PNG")))
    assert (found.width, found.height) == (1600, 800)
    assert opened(found.photo).size == (1600, 800)
    assert opened(found.thumbnail).size == (320, 160)


async def test_a_refusal_says_why_and_names_the_field() -> None:
    with pytest.raises(PhotoRefused) as refusal:
        await clean(io.BytesIO(SCRIPT))
    assert refusal.value.errors == (("/file", "not_a_photo", photos.REFUSALS["not_a_photo"]),)


async def test_a_process_that_does_not_come_back_is_a_damaged_photo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(photos, "WALL_SECONDS", 0)
    with pytest.raises(PhotoRefused) as refusal:
        await clean(io.BytesIO(picture()))
    assert [error.code for error in refusal.value.errors] == ["damaged"]


def test_the_process_is_bounded_and_answers_in_one_line_and_bytes() -> None:
    lines = (
        "import resource",
        "from app.files import recoding",
        "recoding.main()",
        "print(resource.getrlimit(resource.RLIMIT_AS)[0])",
    )
    said = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        input=SCRIPT,
        capture_output=True,
        check=True,
        cwd=HOUSE,
    )
    head, bound = said.stdout.decode().splitlines()
    assert json.loads(head) == {"refused": "not_a_photo"}
    assert int(bound) == recoding.MEMORY
