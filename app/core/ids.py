"""Ids that sort by their birth, and random codes that people carry around."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from uuid_utils import compat

# Crockford's alphabet without U: no letter is taken for a digit when read aloud.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> UUID:
    """A fresh UUIDv7: index pages stay together because ids grow with time."""
    return compat.uuid7()


def first_of(moment: datetime) -> UUID:
    """No UUIDv7 made at this moment or later is smaller; every one made before is."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def code(length: int, *, kind: str = "") -> str:
    """A random code of `length` characters behind the letter of its kind; 5 bits a character."""
    return kind + "".join(secrets.choice(ALPHABET) for _ in range(length))


def digest(secret: str) -> str:
    """What is stored in the place of a random secret: enough, since nobody can guess 80 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
