"""Links to photos: signed, for a quarter of an hour, for one photo; who has one needs no login."""

import base64
import hashlib
import hmac
import struct
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from app.core import clock
from app.core.errors import Forbidden
from app.files.storage import Variant

PREFIX = "/api/v1/files/"
# The same link for five minutes, so that a list that is looked at again is not loaded again.
STEP_SECONDS, STEPS = 300, 3
MOST_AGE = timedelta(seconds=STEP_SECONDS * STEPS)
PACKED = struct.Struct(">16sBI")
VARIANTS = tuple(Variant)
BLOB = 255  # in the place of a variant


class LinkInvalid(Forbidden):
    """Expired, or not signed by us."""

    code, title = "link_invalid", "链接已失效，请返回刷新"


class _Own(NamedTuple):
    key: bytes
    address: str


_own: list[_Own] = []


def use(key: bytes, address: str) -> None:
    """Links are signed with `key`, and stand below `address` for who is outside."""
    _own[:] = [_Own(key, address.rstrip("/"))]


def path(file_id: UUID, variant: Variant) -> str:
    """Path of a link that is good for 10 to 15 minutes."""
    return PREFIX + _signed(file_id, variant, _soon())


def address(file_id: UUID, lives: timedelta) -> str:
    """The photo's whole address for somebody outside, good for as long as said."""
    expires = int((clock.now() + lives).timestamp())
    return _own[0].address + PREFIX + _signed(file_id, Variant.PHOTO, expires)


def of_blob(blob_id: UUID) -> str:
    """The token of a link to a blob, good for 10 to 15 minutes; its path is its room's."""
    return _token(blob_id, BLOB, _soon())


def read(token: str) -> tuple[UUID, Variant]:
    """What a link leads to.

    Raises:
        LinkInvalid: see there.
    """
    file_id, number = _read(token)
    if number == BLOB:
        raise LinkInvalid
    return file_id, VARIANTS[number]


def read_blob(token: str) -> UUID:
    """The blob that a link leads to.

    Raises:
        LinkInvalid: see there.
    """
    blob_id, number = _read(token)
    if number != BLOB:
        raise LinkInvalid
    return blob_id


def _read(token: str) -> tuple[UUID, int]:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        packed, signature = raw[: PACKED.size], raw[PACKED.size :]
        file_id, number, expires = PACKED.unpack(packed)
    except (ValueError, struct.error):
        raise LinkInvalid from None
    if not hmac.compare_digest(signature, _signature(packed)):
        raise LinkInvalid
    if expires <= clock.now().timestamp():
        raise LinkInvalid
    return UUID(bytes=file_id), number


def _soon() -> int:
    return (int(clock.now().timestamp()) // STEP_SECONDS + STEPS) * STEP_SECONDS


def _signed(file_id: UUID, variant: Variant, expires: int) -> str:
    return _token(file_id, VARIANTS.index(variant), expires)


def _token(file_id: UUID, number: int, expires: int) -> str:
    packed = PACKED.pack(file_id.bytes, number, expires)
    return base64.urlsafe_b64encode(packed + _signature(packed)).rstrip(b"=").decode()


def _signature(packed: bytes) -> bytes:
    return hmac.digest(_own[0].key, packed, hashlib.sha256)
