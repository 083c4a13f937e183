"""Whom we believe at the other end of a TLS connection."""

import ssl
from functools import cache
from pathlib import Path

import httpx


@cache
def authorities() -> ssl.SSLContext:
    """The machine's authorities (`SSL_CERT_DIR`, else the system's folder), an organisation's own among
    them; each is read when it is met, for all at once take 3 MB. Where the machine keeps none, those
    that come with httpx.
    """
    folder = ssl.get_default_verify_paths().capath
    if folder is None or not any(Path(folder).glob("*.0")):
        return httpx.create_ssl_context(trust_env=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(capath=folder)
    return context
