"""Encrypted columns: AES-256-GCM with the key's id in the value, and a keyed hash to find them by.

Keys are set once a process (`use`), by main, worker and tests, before the first row is read.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary
from sqlalchemy.types import TypeDecorator


class FieldKeys:
    """The keys of personal fields: `current` seals, all open, `pepper` makes look-up hashes."""

    def __init__(self, keys: Mapping[str, bytes], current: str, pepper: bytes) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._current, self._pepper = current, pepper

    def seal(self, text: str, purpose: str) -> bytes:
        """`text` encrypted; `purpose` (table and column) is bound to it, so values cannot be swapped."""
        nonce = os.urandom(12)
        name = self._current.encode()
        sealed = self._ciphers[self._current].encrypt(nonce, text.encode(), purpose.encode())
        return bytes([len(name)]) + name + nonce + sealed

    def open(self, sealed: bytes, purpose: str) -> str:
        """The text again. Raises KeyError (unknown key) or InvalidTag (altered or moved)."""
        size = sealed[0] + 1
        cipher = self._ciphers[sealed[1:size].decode()]
        nonce, body = sealed[size : size + 12], sealed[size + 12 :]
        return cipher.decrypt(nonce, body, purpose.encode()).decode()

    def find_by(self, text: str) -> bytes:
        """The keyed hash that equal texts share; 32 bytes."""
        return hmac.new(self._pepper, text.encode(), hashlib.sha256).digest()


_keys: list[FieldKeys] = []


def use(keys: FieldKeys) -> None:
    """Set the keys of this process."""
    _keys[:] = [keys]


def keys() -> FieldKeys:
    """The keys of this process."""
    return _keys[0]


def find_by(text: str) -> bytes:
    """The look-up hash of `text` under this process's pepper."""
    return keys().find_by(text)


class Sealed(TypeDecorator[str]):
    """A text column that the database sees only as ciphertext; `purpose` is `table.column`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        return None if value is None else keys().seal(value, self.purpose)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        return None if value is None else keys().open(value, self.purpose)
