"""The inbox on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text


class NotificationOut(Out):
    """One line of the inbox."""

    id: UUID
    message: Annotated[str, Field(description="A code of `messages`.", examples=["seat_taken"])]
    title: str
    text: str
    subject_kind: Annotated[str, Field(examples=["order"])]
    subject_id: UUID
    created_at: datetime
    read_at: datetime | None


class ReadIn(In):
    """Which lines were read."""

    notification_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class CreditsIn(In):
    """Templates that the person has just accepted in WeChat's pop-up."""

    accepted: Annotated[
        list[Annotated[str, Text(60)]],
        Field(min_length=1, max_length=5, description="Codes of `templates`."),
    ]


class CalendarOut(Out):
    """Whether a calendar can be read without login."""

    issued_at: Annotated[
        datetime | None, Field(description="Since when it has its address; null: it has none.")
    ]


class CalendarAddress(Out):
    """Where a phone reads the calendar; whoever has it reads it, so it is shown once."""

    address: Annotated[
        str,
        Field(
            description="Holds a secret; a new one ends it.",
            examples=["https://example.org/calendar/7Q2M0000000000000000000000000000/services.ics"],
        ),
    ]
