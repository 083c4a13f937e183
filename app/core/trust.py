"""Whom we believe at the other end of a TLS connection."""

import os
import ssl
from functools import cache
from pathlib import Path

import httpx


@cache
def authorities() -> ssl.SSLContext:
    """The authorities in `SSL_CERT_DIR`, an organisation's own among them; where it is not set, the
    machine's, or, if that keeps none, those that come with httpx. Of a folder each is read when it is
    met: all at once take 1 MB.
    """
    folder = os.environ.get("SSL_CERT_DIR")
    machine = ssl.get_default_verify_paths().openssl_capath
    if not folder and not any(Path(machine).glob("*.0")):
        return httpx.create_ssl_context(trust_env=False)
    return ssl.create_default_context(capath=folder or machine)
