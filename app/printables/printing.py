"""Things to print as PDF: A4, black on white, tagged."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core import typesetting

SHEET, SLIPS = (Path(__file__).with_name(name) for name in ("sheet.typ", "slips.typ"))
JPEG = b"\xff\xd8"
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    '<image width="100" height="100" href="data:{kind};base64,{data}"/></svg>'
)


def sheet(said: Mapping[str, Any], picture: bytes = b"") -> bytes:
    """One page, with the mini-program's code where there is one; call it in a thread."""
    return typesetting.pdf(SHEET, {**said, "picture": _square(picture)}, typesetting.TAGGED)


def slips(said: Mapping[str, Any]) -> bytes:
    """The slips to cut, a building after the other; call it in a thread."""
    return typesetting.pdf(SLIPS, said, typesetting.TAGGED)


def _square(picture: bytes) -> str:
    """The platform's picture, JPEG or PNG, as a template can take it: text."""
    if not picture:
        return ""
    kind = "image/jpeg" if picture[:2] == JPEG else "image/png"
    return SQUARE.format(kind=kind, data=base64.b64encode(picture).decode())
