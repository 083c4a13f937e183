"""A certificate on paper: one page of PDF, set by Typst with a font of its own.

What people have typed is data to the template, never a part of it.
"""

import io
import json
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import segno
import typst

TEMPLATE = Path(__file__).with_name("certificate.typ")

_one = threading.Lock()  # setting takes a core for a moment: one at a time in a process


def certificate(content: Mapping[str, Any], public_url: str) -> bytes:
    """The PDF of what `certificates.printable` has found; takes some hundredths of a second.

    Call it in a thread: the interpreter is free meanwhile.
    """
    said = dict(content) | {"page": f"{public_url}/v/{content['code']}"}
    code = io.BytesIO()
    segno.make(said["page"], error="m").save(code, kind="svg", border=0)
    said["qr"] = code.getvalue().decode()
    with _one:
        return typst.compile(
            TEMPLATE.read_bytes(),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
        )


@cache
def _fonts() -> typst.Fonts:
    folder = pylopdf_fonts_zh_cn.sans_path().parent
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )
