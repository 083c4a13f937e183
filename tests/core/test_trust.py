"""Certificates: an authority is believed if the machine keeps it, and a stranger is not."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core import clock, trust

OURS = "authority of the city"
# What OpenSSL hashes of such a name: its one attribute, a common name in UTF-8.
HASHED = b"\x30\x1c\x06\x03\x55\x04\x03\x0c\x15" + OURS.encode()
FILE = hashlib.sha1(b"\x31\x1e" + HASHED, usedforsecurity=False).digest()[3::-1].hex() + ".0"


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    """The list is read once a process: here, once a test."""
    trust.authorities.cache_clear()
    yield
    trust.authorities.cache_clear()


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 that vouches for itself under `OURS`, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), clock.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, OURS)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@asynccontextmanager
async def answering(file: Path) -> AsyncIterator[str]:
    """The address of a server with this certificate that says "ok" to everything."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = await asyncio.start_server(answer, "localhost", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


async def said(url: str) -> str:
    async with httpx.AsyncClient(trust_env=False, verify=trust.authorities()) as client:
        return (await client.get(url)).text


async def test_whom_the_machine_believes_is_believed_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "authorities"
    kept.mkdir()
    file = certificate(tmp_path)
    (kept / FILE).write_bytes(file.read_bytes())
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    monkeypatch.setenv("SSL_CERT_DIR", str(kept))
    async with answering(file) as url:
        assert await said(url) == "ok"
    async with answering(certificate(stranger)) as url:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await said(url)
    # a folder that holds nobody is no reason to believe others
    trust.authorities.cache_clear()
    monkeypatch.setenv("SSL_CERT_DIR", str(stranger))
    async with answering(file) as url:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await said(url)


async def test_a_machine_that_keeps_none_believes_those_of_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    paths = ssl.get_default_verify_paths()._replace(openssl_capath=str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert trust.authorities().cert_store_stats()["x509_ca"] > 100
    async with answering(certificate(tmp_path)) as url:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await said(url)
