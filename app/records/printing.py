"""A certificate on paper: one page of PDF."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core import typesetting

TEMPLATE = Path(__file__).with_name("certificate.typ")


def certificate(content: Mapping[str, Any], public_url: str) -> bytes:
    """The PDF of what `certificates.printable` has found; call it in a thread."""
    page = f"{public_url}/v/{content['code']}"
    said = dict(content) | {"page": page, "qr": typesetting.qr(page)}
    return typesetting.pdf(TEMPLATE, said)
