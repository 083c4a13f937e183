"""Orders and seats on the wire. Doors and phones go through a route of their own, logged."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.core.schemas import Day, Flag, In, Moment, Out, Text, Whole
from app.files.schemas import PhotoOut
from app.models.need import AcceptanceStatus
from app.models.order import OrderStatus, SeatOrigin, SeatStatus
from app.orders.lifecycle import OrderAction, SeatAction

INSURED = "Last day of the accident insurance of who serves; a risky service wants one."
GUARDIAN = "The guardian agrees and is present: the second adult of a service with minors."


class ServiceIn(In):
    """What is said of a service, whenever it takes place."""

    title: Annotated[str, Text(30), Field(description="The community's words, shown to members.")]
    seats: Annotated[int, Whole(1, 500), Field(description="Left out: the template's, else 1.")] = 1
    template: Annotated[
        Annotated[str, Text(60)] | None,
        Field(description="Of `order_templates`: what is left out here is as it says."),
    ] = None
    kind: Annotated[
        Annotated[str, Text(20)] | None,
        Field(description="Of `order_sizes`; left out: the template's, else micro_service."),
    ] = None
    difficulty: Annotated[
        Annotated[int, Whole(1, 5)] | None,
        Field(description="It proposes the target; left out: the template's, else the size's."),
    ] = None
    target: Annotated[
        Annotated[str, Text(20)] | None,
        Field(description="Of `order_targets`; left out: as the difficulty proposes."),
    ] = None
    marks: Annotated[
        list[Annotated[str, Text(60)]],
        Field(default_factory=list, max_length=7, description="Of `order_marks`."),
    ]
    insured_until: Annotated[Day | None, Field(description=INSURED)] = None
    has_guardian: Annotated[Flag, Field(description=GUARDIAN)] = False
    category: Annotated[
        Annotated[str, Text(60)] | None,
        Field(description="An item of `need_categories`; left out: that of the first need."),
    ] = None
    place: Annotated[
        Annotated[str, Text(60)] | None,
        Field(description="Public meeting point, never a door; left out: the community's centre."),
    ] = None
    description: Annotated[str, Text(500)] | None = None
    skills: Annotated[list[Annotated[str, Text(60)]], Field(default_factory=list, max_length=10)]


class OrderIn(ServiceIn):
    """A draft. From a need four fields are enough: title, begin, end, seats."""

    starts_at: Moment
    ends_at: Moment
    need_ids: Annotated[
        list[UUID],
        Field(default_factory=list, max_length=20, description="Accepted needs of this community."),
    ]
    door: Annotated[
        Annotated[str, Text(100)] | None, Field(description="Sealed; for holders of a seat only.")
    ] = None
    contact_name: Annotated[str, Text(30)] | None = None
    contact_phone: Annotated[str, Text(20, pattern=r"^[0-9+\- ]{5,20}$")] | None = None
    publish: Annotated[Flag, Field(description="Open it to members at once.")] = False


class OrderChange(In):
    """What may still change while nobody has served; left out is left as it is."""

    version: Annotated[int, Whole(1, 1_000_000)]
    title: Annotated[str, Text(30)] | SkipJsonSchema[None] = None
    description: Annotated[str, Text(500)] | None = None
    place: Annotated[str, Text(60)] | SkipJsonSchema[None] = None
    starts_at: Moment | SkipJsonSchema[None] = None
    ends_at: Moment | SkipJsonSchema[None] = None
    seats: Annotated[int, Whole(1, 500)] | SkipJsonSchema[None] = None
    difficulty: Annotated[int, Whole(1, 5)] | SkipJsonSchema[None] = None
    target: Annotated[str, Text(20)] | SkipJsonSchema[None] = None
    marks: Annotated[list[Annotated[str, Text(60)]], Field(max_length=7)] | SkipJsonSchema[None] = (
        None
    )
    insured_until: Annotated[Day | None, Field(description=INSURED)] = None
    has_guardian: Flag | SkipJsonSchema[None] = None

    @field_validator(
        "title",
        "place",
        "starts_at",
        "ends_at",
        "seats",
        "difficulty",
        "target",
        "marks",
        "has_guardian",
        mode="before",
    )
    @classmethod
    def _is_said(cls, value: Any) -> Any:
        """Only a description and an insurance can be taken away."""
        if value is None:
            raise PydanticCustomError("value_required", "不能为空")
        return value


class CancelIn(In):
    """Why a service does not take place; told to everybody concerned."""

    reason_code: Annotated[str, Text(40), Field(description="Of `cancel_reasons`.")]
    reason_text: Annotated[
        Annotated[str, Text(100)] | None,
        Field(description="In words; needed where the reason says so (`text_required`)."),
    ] = None


class AbsentIn(In):
    """Who did not come, and why."""

    seat_id: UUID
    reason_code: Annotated[
        Annotated[str, Text(40)] | None,
        Field(description="Of `absence_excuses`; left out: without a reason that is known."),
    ] = None


class AttendanceIn(In):
    """The organiser's list: everybody in one call."""

    present: Annotated[
        list[UUID], Field(default_factory=list, max_length=500, description="Seats.")
    ]
    absent: Annotated[list[AbsentIn], Field(default_factory=list, max_length=500)]


class MinutesIn(In):
    """One member's minutes where they differ from the order's own."""

    seat_id: UUID
    minutes: Annotated[int, Whole(1, 1_440)]


class CompleteIn(AttendanceIn):
    """The service is over; minutes are the order's own time unless said otherwise.

    Who came may be said in the same call; of nobody may it stay unsaid.
    """

    minutes: Annotated[int, Whole(1, 1_440)] | None = None
    exceptions: Annotated[list[MinutesIn], Field(default_factory=list, max_length=500)]


class ReleaseIn(In):
    """Why a place is given back; needed only after the cut-off."""

    reason_code: Annotated[
        Annotated[str, Text(40)] | None, Field(description="Of `release_reasons`.")
    ] = None


class MarkIn(In):
    """Something special about one member's service; by exception."""

    mark: Annotated[str, Text(20), Field(description="commend or concern.", examples=["commend"])]
    note: Annotated[str, Text(300)] | None = None


class OrderCard(Out):
    """One open order on the public board: nothing personal."""

    id: UUID
    title: str
    category: str
    place: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int


class OrderBrief(OrderCard):
    """One line of the list of open orders."""

    number: str
    skills: list[str]
    is_at_home: Annotated[bool, Field(description="At somebody's home; door after taking.")]
    is_full: bool
    is_mine: Annotated[bool, Field(description="A place is mine, taken or offered.")]


class OrderLine(OrderCard):
    """One line of the community's own list."""

    number: str
    status: OrderStatus


class SeatLine(Out):
    """Who had a seat, for the organiser; for who only confirms attendance the name is masked."""

    id: UUID
    name: Annotated[
        str | None, Field(description="A protected member's is for the secretary only.")
    ]
    status: SeatStatus
    origin: SeatOrigin | None
    minutes: int | None
    mark: str | None


class AnswerLine(Out):
    """What a resident said of the service: whether it helped, not how satisfied he is."""

    round: Annotated[int, Field(description="0 at first, one more each time it was reopened.")]
    answer: Annotated[AcceptanceStatus, Field(description="`asked`: not answered yet.")]
    reason_code: str | None
    reason: Annotated[str | None, Field(description="The words of the code.", examples=["没办成"])]


class FlagLine(Out):
    """What holds for a service of this kind, in words for everybody."""

    code: str
    name: Annotated[str, Field(examples=["不经手钱款"])]
    effect: Annotated[str, Field(examples=["提示双方不代付、不垫付、不保管银行卡"])]


class OrderOut(OrderCard):
    """One order."""

    number: str
    status: OrderStatus
    community_id: UUID
    community_name: str
    description: str | None
    skills: list[str]
    kind: Annotated[str, Field(description="Of `order_sizes`.")]
    difficulty: int
    target: Annotated[str, Field(description="Of `order_targets`: whom it is meant for.")]
    marks: Annotated[list[str], Field(description="Of `order_marks`.")]
    flags: Annotated[list[FlagLine], Field(description="What both sides heed.")]
    licences: Annotated[
        list[str], Field(description="Qualifications; one of them, good on the day, suffices.")
    ]
    clearances: Annotated[list[str], Field(description="Qualifications; each is wanted.")]
    is_confidential: Annotated[bool, Field(description="On no list; who comes was asked.")]
    insured_until: date | None
    has_guardian: bool
    series_id: Annotated[UUID | None, Field(description="It is one of a series.")]
    is_at_home: bool
    is_full: bool
    release_until: Annotated[
        datetime | None, Field(description="Until then a seat is given back without a trace.")
    ]
    version: int
    my_seat_id: Annotated[UUID | None, Field(description="My seat, offered place or wait.")]
    my_status: SeatStatus | None
    seats_held: Annotated[list[SeatLine], Field(description="For the organiser; else empty.")]
    answers: Annotated[
        list[AnswerLine],
        Field(description="One a need; for holders of a seat and the community; else empty."),
    ]
    photos: Annotated[
        list[PhotoOut], Field(description="Of what was done; voluntary, and mostly none.")
    ]
    open_to: list[OrderAction]


class OrderMovedOut(Out):
    """Where an order stands after a step."""

    id: UUID
    number: str
    status: OrderStatus
    difficulty: int
    target: Annotated[str, Field(description="As said, or as the difficulty proposes.")]
    version: int


class SeatOut(Out):
    """A seat."""

    id: UUID
    order_id: UUID
    status: SeatStatus


class MySeat(SeatOut):
    """One of my seats with its order."""

    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    release_until: datetime | None
    origin: Annotated[
        SeatOrigin | None,
        Field(description="Null: taken by myself; else I waited, was asked, or named by a branch."),
    ]
    offered_until: Annotated[
        datetime | None, Field(description="An offered place is held for me until then.")
    ]
    minutes: int | None
    answers: Annotated[list[AnswerLine], Field(description="The residents'; one a need.")]
    open_to: list[SeatAction]


class ContactOut(Out):
    """Door and phone in clear; the look was logged and the resident can see it."""

    door: str | None
    name: str | None
    phone: Annotated[
        str | None, Field(description="Null: not to be shared; the community passes word on.")
    ]
    until: datetime


class VenueCodeOut(Out):
    """What the organiser's screen shows: the client asks again when it has run out."""

    code: Annotated[str, Field(description="Six digits.", examples=["042917"])]
    valid_until: datetime


class ArrivalIn(In):
    """The code at the venue, typed or scanned. Where somebody is, is neither asked nor kept."""

    code: Annotated[str, Text(6, least=6, pattern=r"^[0-9]{6}$"), Field(examples=["042917"])]


class PassOut(Out):
    """The service pass: shown to the resident, good for half a minute."""

    code: str
    valid_until: datetime


class PassShown(Out):
    """What anybody learns who scans a pass. Nothing else. Source: practice.md R2."""

    is_genuine: bool
    who: Annotated[str, Field(description="Surname and 同志.", examples=["张同志（在职党员）"])]
    title: str
