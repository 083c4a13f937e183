"""Mini-program codes: the arguments checked, and a picture to be scanned: page and scene in a QR code,
the scene once more in a comment.

Source: facts.md §5.1, §12.
"""

import io
import re
from collections.abc import Callable, Mapping
from typing import Any

import segno
from PIL import Image

from app.simulator.answers import Refusal

SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+")
MOST_SCENE = 32
ENVIRONMENTS = ("release", "trial", "develop")
WIDTHS = range(280, 1281)


def make(body: Mapping[str, Any], has_page: Callable[[str], bool]) -> bytes:
    """A JPEG that says `page?scene=…`; its comment holds the scene. Raises Refusal."""
    scene = body.get("scene")
    if not isinstance(scene, str) or not scene:
        raise Refusal(40169, "invalid length for scene, or the data is not json string")
    if len(scene) > MOST_SCENE or not SCENE.fullmatch(scene):
        raise Refusal(40129, "invalid scene")
    if body.get("env_version", "release") not in ENVIRONMENTS:
        raise Refusal(40097, "invalid args env_version")
    width = body.get("width", 430)
    if width not in WIDTHS:
        raise Refusal(40097, "invalid args width")
    page = str(body.get("page", ""))
    if page.startswith("/") or "?" in page:
        raise Refusal(41030, "invalid page")
    if "scancode_time" in page:
        raise Refusal(85096, "not allow include scancode_time field")
    if page and body.get("check_path", True) and not has_page(page):
        raise Refusal(41030, "invalid page")
    return _picture(f"{page}?scene={scene}", width, scene.encode())


def _picture(words: str, width: int, comment: bytes) -> bytes:
    drawn = io.BytesIO()
    segno.make(words, error="m", micro=False).save(drawn, kind="png", border=2)
    picture, answer = Image.open(drawn).convert("L"), io.BytesIO()
    picture.resize((width, width), Image.Resampling.NEAREST).save(
        answer, "JPEG", quality=80, comment=comment
    )
    return answer.getvalue()
