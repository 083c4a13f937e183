"""Paper: a template and what it says, set by Typst with a font of its own.

What people have typed is data to the template, never a part of it. Source: docs/decisions/0006.
"""

import io
import json
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pylopdf_fonts_zh_cn
import segno

TAGGED: Literal["ua-1"] = "ua-1"

_one = threading.Lock()  # setting takes a core for a moment: one at a time in a process


def pdf(template: Path, said: Mapping[str, Any], *standards: Literal["ua-1"]) -> bytes:
    """The PDF of the template over `said`; some hundredths of a second.

    Call it in a thread: the interpreter is free meanwhile.
    """
    import typst  # 7 MB, and 20 with its fonts: only for who prints

    with _one:
        return typst.compile(
            template.read_bytes(),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
            pdf_standards=list(standards),
        )


def qr(words: str) -> str:
    """A QR code of it, as SVG without a border."""
    code = io.BytesIO()
    segno.make(words, error="m").save(code, kind="svg", border=0)
    return code.getvalue().decode()


@cache
def _fonts() -> Any:
    import typst

    folder = pylopdf_fonts_zh_cn.sans_path().parent
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )
