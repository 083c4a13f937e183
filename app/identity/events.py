"""Facts about people: what they no longer agree to, and that they are gone."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class ConsentWithdrawn(Event):
    """A purpose is no longer agreed to: whatever was done for it ends."""

    name: ClassVar[str] = "consent.withdrawn"
    person_id: UUID
    purpose: str


class PhoneRevoked(Event):
    """The phone may no longer be kept; the purposes stand."""

    name: ClassVar[str] = "phone.revoked"
    person_id: UUID


class AccountClosed(Event):
    """The person is gone: nothing that names him may be kept on his account."""

    name: ClassVar[str] = "account.closed"
    person_id: UUID
