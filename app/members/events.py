"""Facts about registrations and transfers."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class RegistrationMoved(Event):
    """A registration took a step; `person_id` is null where nobody signs in for it."""

    name: ClassVar[str] = "registration.moved"
    registration_id: UUID
    person_id: UUID | None
    action: str
    status: str


class TransferMoved(Event):
    """A transfer took a step."""

    name: ClassVar[str] = "transfer.moved"
    transfer_id: UUID
    person_id: UUID | None
    action: str
    status: str


class RegistrationReminded(Event):
    """A registration waits longer than its policy says; `waits_for`: employer, district, community."""

    name: ClassVar[str] = "registration.reminded"
    registration_id: UUID
    organization_id: UUID
    waits_for: str
