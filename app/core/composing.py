"""The process that sets one paper: template and words on its input, a PDF on its output.

Typst keeps what it has read of fonts and of papers before: 45 MB after the first, more after each.
"""

import json
import sys

import pylopdf_fonts_zh_cn
import typst

from app.core import confined

MEGABYTE = 1 << 20
MEMORY, CPU, ANSWER = 2048 * MEGABYTE, 60, 256 * MEGABYTE


def main() -> None:
    """One JSON document: `template`, `said`, `standards`."""
    confined.confine(cpu=CPU, memory=MEMORY, answer=ANSWER)
    asked = json.load(sys.stdin.buffer)
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[pylopdf_fonts_zh_cn.sans_path().parent],
    )
    pdf = typst.compile(
        asked["template"].encode(),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"said": json.dumps(asked["said"], ensure_ascii=False)},
        pdf_standards=asked["standards"],
    )
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
