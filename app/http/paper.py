"""A PDF as an answer: how the contract tells of it, and how it is sent."""

from typing import Any

from fastapi import Response

PDF = "application/pdf"
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}


def attached(pdf: bytes, name: str) -> Response:
    """The PDF, to be kept under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Response(pdf, media_type=PDF, headers=headers)
