"""What a photo of 10 MB costs: seconds of one worker, and the peak memory of its process."""

import io
import random
import resource
import subprocess
import sys
import time
from typing import Any

import pytest
from PIL import Image

from app.core.confined import HOUSE
from app.files.photos import MOST_BYTES, RECODING
from app.files.recoding import MEGABYTE

PHONES: list[tuple[str, tuple[int, int], dict[str, Any]]] = [
    ("12 megapixels", (4032, 3024), {}),
    ("12 megapixels, progressive", (4032, 3024), {"progressive": True}),
    ("48 megapixels", (8064, 6048), {}),
    ("108 megapixels", (12000, 9000), {}),
]


def heavy(size: tuple[int, int], options: dict[str, Any]) -> bytes:
    """A noisy photo, as near below 10 MB as its quality lets it come."""
    noise = Image.frombytes("RGB", (512, 512), random.Random(1).randbytes(512 * 512 * 3))
    image = noise.resize(size, Image.Resampling.BICUBIC)
    grain = Image.effect_noise(size, 40)
    image = Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.4)
    least, most = 1, 100
    while most - least > 1:
        quality = (least + most) // 2
        if len(written(image, quality, options)) <= MOST_BYTES:
            least = quality
        else:
            most = quality
    return written(image, least, options)


def written(image: Image.Image, quality: int, options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, **options)
    return out.getvalue()


@pytest.mark.scale
@pytest.mark.parametrize(("name", "size", "options"), PHONES)
def test_a_photo_of_ten_megabytes_costs_little(
    name: str, size: tuple[int, int], options: dict[str, Any], tmp_path: Any
) -> None:
    source = tmp_path / "photo.jpg"
    source.write_bytes(heavy(size, options))
    code = (
        "import resource, subprocess, sys;"
        f"subprocess.run([sys.executable, '-m', '{RECODING}', ''], stdin=sys.stdin,"
        " stdout=subprocess.DEVNULL, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with source.open("rb") as given:
        said = subprocess.run(
            [sys.executable, "-c", code], stdin=given, capture_output=True, check=True, cwd=HOUSE
        )
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = int(said.stdout) * 1024 / MEGABYTE
    weight = source.stat().st_size / MEGABYTE
    found = f"{weight:.1f} MB, {took:.2f} s ({cpu:.2f} s of a core), peak {peak:.0f} MB"
    print(f"\n{name}: {found}")  # noqa: T201 - the figures of docs/files.md, shown by -s
    assert peak <= 100
