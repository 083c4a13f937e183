"""Shapes of signing in to the console on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Instant, Out


class TicketOut(Out):
    """Which browser asks to be signed in as me."""

    device: Annotated[str, Field(description="Kind of device, Chinese.", examples=["Windows 电脑"])]
    address: Annotated[str, Field(description="Network of the browser.", examples=["203.0.113.7"])]
    made_at: Instant
    expires_at: Instant
    may_confirm: Annotated[bool, Field(description="False: I have no role in the console.")]


class ConsoleSessionOut(Out):
    """One browser in which I am signed in to the console."""

    id: UUID
    device: Annotated[str, Field(description="Kind of device, Chinese.")]
    address: str
    began_at: Instant
    seen_at: Annotated[Instant, Field(description="Last used, to the minute.")]
    expires_at: Instant
