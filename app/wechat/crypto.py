"""Signatures and ciphers of the platform: message push, secure mode, open data, session_key.

Whatever is wrong with a ciphertext is one error without detail.

Source: facts.md §1.2, §3.2, §7.
"""

import base64
import hashlib
import hmac
import json
import os
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128, AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

_AES_KEY = re.compile(r"[0-9A-Za-z+/]{43}")
_RANDOM_BYTES = 16
_LENGTH_BYTES = 4
# Source: facts.md §7: PKCS#7 with block 32, not AES's own 16.
_PUSH_BLOCK_BITS = 256
# Source: facts.md §3.2 (the watermark must be fresh), life of a code in §3.1.
FRESH = timedelta(minutes=5)


class Undecipherable(Exception):
    """Not encrypted by the platform for us; no detail, so that nobody learns from trying."""


def push_signature(token: str, *parts: str) -> str:
    """The signature of a push: over timestamp and nonce, and in secure mode the ciphertext."""
    words = sorted(each.encode("utf-8", "replace") for each in (token, *parts))
    return hashlib.sha1(b"".join(words)).hexdigest()  # noqa: S324 - the platform's choice


def is_signed(signature: str, token: str, *parts: str) -> bool:
    """Whether `signature` is that of the parts; tells nothing by the time it takes."""
    expected = push_signature(token, *parts)
    return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())


def session_signature(session_key: str, message: str = "") -> str:
    """HMAC-SHA256 that proves a live session; the key is the session_key as text."""
    return hmac.new(session_key.encode(), message.encode(), hashlib.sha256).hexdigest()


def raw_data_signature(raw_data: str, session_key: str) -> str:
    """The signature that the client library puts beside rawData."""
    return hashlib.sha1((raw_data + session_key).encode()).hexdigest()  # noqa: S324 - the platform's choice


class PushCipher:
    """Secure mode of the message push, for one EncodingAESKey and one appid."""

    def __init__(self, encoding_aes_key: str, appid: str) -> None:
        """Raises ValueError: not the console's 43 characters."""
        if not _AES_KEY.fullmatch(encoding_aes_key):
            raise ValueError("an EncodingAESKey is 43 characters of base64")
        key = base64.b64decode(encoding_aes_key + "=")  # its end may carry spare bits: not strict
        self._cipher = Cipher(AES256(key), CBC(key[:16]))
        self._appid = appid.encode()

    def encrypt(self, message: str, random: bytes | None = None) -> str:
        """`message` as the platform would send it; `random`: 16 bytes, fresh ones if not given."""
        said = message.encode()
        plain = (random or os.urandom(_RANDOM_BYTES)) + len(said).to_bytes(_LENGTH_BYTES) + said
        padder = padding.PKCS7(_PUSH_BLOCK_BITS).padder()
        padded = padder.update(plain + self._appid) + padder.finalize()
        encryptor = self._cipher.encryptor()
        return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> bytes:
        """The message. Raises Undecipherable, also when it is for another appid."""
        plain = _decrypted(self._cipher, encrypted, _PUSH_BLOCK_BITS)
        start = _RANDOM_BYTES + _LENGTH_BYTES
        end = start + int.from_bytes(plain[_RANDOM_BYTES:start])
        if len(plain) < start or plain[end:] != self._appid:
            raise Undecipherable
        return plain[start:end]


def open_data(
    session_key: str, iv: str, encrypted: str, *, appid: str, now: datetime
) -> dict[str, Any]:
    """The fields of an encryptedData, for us and at most five minutes old at `now`.

    Raises:
        Undecipherable: wrong key, altered, not JSON, of another mini-program, or stale.
    """
    plain = _decrypted(_session_cipher(session_key, iv), encrypted, AES128.block_size)
    fields = _opened(plain)
    mark = fields.get("watermark")
    if not isinstance(mark, dict) or mark.get("appid") != appid:
        raise Undecipherable
    if abs(now - _instant(mark.get("timestamp"))) > FRESH:
        raise Undecipherable
    return fields


def _session_cipher(session_key: str, iv: str) -> "Cipher[CBC]":
    try:
        return Cipher(AES128(base64.b64decode(session_key)), CBC(base64.b64decode(iv)))
    except ValueError:
        pass
    raise Undecipherable


def _decrypted(cipher: "Cipher[CBC]", encrypted: str, block_bits: int) -> bytes:
    unpadder = padding.PKCS7(block_bits).unpadder()
    decryptor = cipher.decryptor()
    try:
        padded = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        pass
    raise Undecipherable


def _opened(plain: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(plain)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise Undecipherable
    return fields


def _instant(seconds: Any) -> datetime:
    """The watermark's time; a time long past when it is none."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
