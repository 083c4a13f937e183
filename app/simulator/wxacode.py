"""Mini-program codes: the arguments checked, and a picture that tells its scene in a comment.

Source: facts.md §5.1, §12.
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from app.simulator.answers import Refusal

SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+")
MOST_SCENE = 32
ENVIRONMENTS = ("release", "trial", "develop")
WIDTHS = range(280, 1281)

# One white pixel, without its start marker.
_PIXEL = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////////////"
    "//////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)[2:]


def make(body: Mapping[str, Any], has_page: Callable[[str], bool]) -> bytes:
    """A JPEG whose comment holds the scene. Raises Refusal."""
    scene = body.get("scene")
    if not isinstance(scene, str) or not scene:
        raise Refusal(40169, "invalid length for scene, or the data is not json string")
    if len(scene) > MOST_SCENE or not SCENE.fullmatch(scene):
        raise Refusal(40129, "invalid scene")
    if body.get("env_version", "release") not in ENVIRONMENTS:
        raise Refusal(40097, "invalid args env_version")
    if body.get("width", 430) not in WIDTHS:
        raise Refusal(40097, "invalid args width")
    page = str(body.get("page", ""))
    if page.startswith("/") or "?" in page:
        raise Refusal(41030, "invalid page")
    if "scancode_time" in page:
        raise Refusal(85096, "not allow include scancode_time field")
    if page and body.get("check_path", True) and not has_page(page):
        raise Refusal(41030, "invalid page")
    comment = scene.encode()
    return b"\xff\xd8\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + _PIXEL + b"\xff\xd9"
