"""Facts about organizations: posts held in them, and pairings of employers with communities."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class AppointmentMade(Event):
    """A post was given to somebody, from the appointment's own day on."""

    name: ClassVar[str] = "appointment.made"
    appointment_id: UUID


class AppointmentEnded(Event):
    """A post is no longer held after the appointment's last day."""

    name: ClassVar[str] = "appointment.ended"
    appointment_id: UUID


class PairingMoved(Event):
    """An employer's registration with a community took a step."""

    name: ClassVar[str] = "pairing.moved"
    pairing_id: UUID
    employer_id: UUID
    community_id: UUID
    action: str
    status: str
