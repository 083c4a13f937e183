"""Stands for the encryption that the house passes in."""

import base64


def seal(text: str) -> bytes:
    """Not secret, but told apart from a token."""
    return base64.b64encode(text.encode())


def unseal(sealed: bytes) -> str:
    """What was sealed. Raises ValueError: not sealed by us."""
    return base64.b64decode(sealed, validate=True).decode()
