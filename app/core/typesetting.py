"""Paper: a template and what it says, set by Typst with a font of its own.

What people have typed is data to the template, never a part of it. Source: docs/decisions/0006.
"""

import io
import json
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from app.core import confined

TAGGED: Literal["ua-1"] = "ua-1"
COMPOSING = "app.core.composing"
WALL_SECONDS = 60

_one = threading.Lock()  # setting takes a core for a moment: one at a time in a process


def pdf(template: Path, said: Mapping[str, Any], *standards: Literal["ua-1"]) -> bytes:
    """The PDF of the template over `said`; some tenths of a second, in a process of its own.

    Call it in a thread: the interpreter is free meanwhile.

    Raises:
        Died: the template is wrong, or it took too long.
    """
    asked = {"template": template.read_text("utf-8"), "said": said, "standards": standards}
    with _one, tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answer:
        given.write(json.dumps(asked).encode())
        given.seek(0)
        confined.run(COMPOSING, "", given, answer, wall=WALL_SECONDS)
        answer.seek(0)
        return answer.read()


def qr(words: str) -> str:
    """A QR code of it, as SVG without a border."""
    import segno  # loaded by the process that is asked for one

    code = io.BytesIO()
    segno.make(words, error="m").save(code, kind="svg", border=0)
    return code.getvalue().decode()
