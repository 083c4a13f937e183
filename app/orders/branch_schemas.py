"""Branches as takers on the wire, and dispatch."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Whole
from app.models.order import OrderStatus, SeatStatus
from app.models.poll import PollStatus


class DispatchIn(In):
    """Whom the organiser asks."""

    registration_id: Annotated[UUID, Field(description="Active, of the order's community.")]


class BranchTakeIn(In):
    """Places for a branch, a group or an employer, and who comes as far as it is known."""

    organization_id: Annotated[UUID, Field(description="In whose name.")]
    places: Annotated[int, Whole(1, 100)]
    registration_ids: Annotated[
        list[UUID],
        Field(
            default_factory=list,
            max_length=100,
            description="Each is asked; places without a name are held until the names are due.",
        ),
    ]


class NamesIn(In):
    """Who comes for places that have no name yet."""

    registration_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class ExchangeIn(In):
    """Another in the place of somebody named."""

    seat_id: UUID
    registration_id: UUID


class BranchTakeMoved(Out):
    """A take after a step."""

    id: UUID
    order_id: UUID
    organization_id: UUID
    places: int
    unnamed: Annotated[int, Field(description="Held, and nobody named for them.")]
    names_due_at: Annotated[datetime, Field(description="Then places without a name are free.")]


class NamedLine(Out):
    """Who is named, and what he has answered."""

    seat_id: UUID
    name: str | None
    status: SeatStatus


class BranchTakeOut(BranchTakeMoved):
    """A take with its people."""

    organization_name: Annotated[str, Field(description="In whose name.")]
    title: str
    starts_at: datetime
    release_until: Annotated[datetime | None, Field(description="Until then names may change.")]
    people: list[NamedLine]


class BranchTakeLine(BranchTakeMoved):
    """One of a unit's takes."""

    title: str
    starts_at: datetime
    order_status: OrderStatus


class UnitTake(Out):
    """A unit that holds places on an order."""

    id: UUID
    organization_id: UUID
    organization_name: str
    places: int
    unnamed: Annotated[int, Field(description="Held, and nobody named for them.")]
    names_due_at: datetime


class UnitPoll(Out):
    """A unit, or the community, whose members were asked."""

    id: UUID
    organization_id: UUID
    organization_name: str
    status: PollStatus
    asked: Annotated[int, Field(description="How many.")]
    closes_at: datetime
    yes: int
    maybe: int
    no: int


class OrderUnitsOut(Out):
    """What units have to do with an order, for its organiser."""

    title: str
    community_id: UUID
    may_ask: Annotated[bool, Field(description="Members can still be asked who can come.")]
    takes: list[UnitTake]
    polls: Annotated[list[UnitPoll], Field(description="The latest first.")]


class UnitOrder(Out):
    """An open order that a unit may take."""

    id: UUID
    number: str
    title: str
    category: str
    community_name: str
    place: str
    starts_at: datetime
    ends_at: datetime
    target: Annotated[str, Field(description="A code of `order_targets`; others may take it too.")]
    seats: int
    taken: int
    is_full: bool


class Nominee(Out):
    """One of the unit's members, for naming."""

    id: Annotated[UUID, Field(description="Of the registration.")]
    name: str | None
    can_come: Annotated[
        bool, Field(description="Free at that time, and not asked already. Why not, is not said.")
    ]
