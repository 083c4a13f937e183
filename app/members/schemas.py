"""Registrations on the wire."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Day, Flag, In, Out, Text
from app.members.lifecycle import RegistrationAction
from app.models.member import RegistrationStatus


class Ground(StrEnum):
    """Why this community; residence is where one really lives, never the household register."""

    RESIDENCE = "residence"
    EMPLOYER_PAIRED = "employer_paired"
    EMPLOYER_LOCATION = "employer_location"
    ASSIGNED = "assigned"


class Way(StrEnum):
    """How somebody who is not found on a roster can go on."""

    CLAIM_CODE = "claim_code"
    EMPLOYER_QUEUE = "employer_queue"
    AT_COUNTER = "at_counter"
    PAPER_ONLY = "paper_only"


class PlaceIn(In):
    """The community chosen, why, and where one lives in it."""

    community_id: Annotated[UUID, Field(description="One with `takes_part`.")]
    ground: Ground = Ground.RESIDENCE
    ground_note: Annotated[
        Annotated[str, Text(200)] | None,
        Field(description="The basis, where the ground is `assigned`."),
    ] = None
    compound_id: UUID | None = None
    building_id: UUID | None = None
    building_text: Annotated[
        Annotated[str, Text(60)] | None,
        Field(description="Where the building is not listed.", examples=["12幢"]),
    ] = None


class ApplicationIn(In):
    """Where no roster names the person: his employer is asked."""

    employer_id: UUID
    name: Annotated[str, Text(40)]
    branch_id: UUID | None = None


class RegistrationIn(PlaceIn):
    """A member registers: as a line of a roster that was offered, or by asking his employer."""

    member_id: Annotated[
        UUID | None, Field(description="A line of `GET /me/registration-offer`.")
    ] = None
    application: ApplicationIn | None = None
    skills: list[Annotated[str, Text(60)]] = Field(
        default_factory=list, max_length=20, description="Codes of `skills`."
    )
    availability: list[Annotated[str, Text(40)]] = Field(
        default_factory=list, max_length=20, description="Codes of `availability`."
    )


class ResubmitIn(PlaceIn):
    """The same registration, mended; `branch_id` only where the employer sent it back."""

    branch_id: UUID | None = None


class ClaimIn(In):
    """The code an employer handed to the member, and the name that stands on its roster."""

    code: Annotated[str, Text(12, least=6)]
    name: Annotated[str, Text(40)]


class ConfirmIn(In):
    """The employer says: one of ours."""

    branch_id: UUID | None = None


class ReturnIn(In):
    """Sent back, with a reason of `registration.return_reasons`."""

    reason_code: Annotated[str, Text(40)]
    reason_text: Annotated[str, Text(200)] | None = None
    suggested_community_id: UUID | None = None


class RegistrationAcceptIn(In):
    """Where the member is placed; what is left out is suggested from the building."""

    grid_id: UUID | None = None
    functional_branch_id: UUID | None = None
    functional_group_id: UUID | None = None


class AcceptManyIn(In):
    """Several registrations of one community, each placed as its building suggests."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class ConfirmManyIn(In):
    """Several registrations of one employer, each in the branch that its member has named."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class SuspendIn(In):
    """A pause, with a reason of `registration.suspension_reasons`; both days are included."""

    reason_code: Annotated[str, Text(40)]
    reason_text: Annotated[str, Text(200)] | None = None
    from_on: Annotated[Day | None, Field(description="Today if left out.")] = None
    to_on: Annotated[Day | None, Field(description="It resumes by itself on the day after.")] = None


class EndIn(In):
    """The end, with a reason of `registration.end_reasons`."""

    reason_code: Annotated[str, Text(40)]
    reason_text: Annotated[str, Text(200)] | None = None


class CounterIn(PlaceIn):
    """Entered at the counter from the employer's certificate, the member standing by."""

    name: Annotated[str, Text(40)]
    phone: Annotated[str, Text(11, least=11, pattern=r"^1[3-9]\d{9}$")]
    employer_id: UUID
    branch_id: UUID | None = None
    skills: list[Annotated[str, Text(60)]] = Field(default_factory=list, max_length=20)
    availability: list[Annotated[str, Text(40)]] = Field(default_factory=list, max_length=20)


class PaperIn(In):
    """Name and employer, nothing else. Source: practice.md R12."""

    name: Annotated[str, Text(40)]
    employer_id: UUID
    is_another: Annotated[
        Flag, Field(description="Another person than the one of this name who is registered.")
    ] = False


class MapBuildingsIn(In):
    """All registrations of the community that wrote `text` live in this building."""

    text: Annotated[str, Text(60)]
    building_id: UUID


class OfferedLine(Out):
    """A line of a roster that carries the person's verified phone, or that he claimed."""

    member_id: UUID
    registration_id: Annotated[
        UUID | None, Field(description="Registered at the counter already: link it.")
    ]
    employer_id: UUID
    employer_name: str
    branch_id: UUID | None
    branch_name: str | None
    name: Annotated[str, Field(description="Masked.")]
    party_status: str
    skills: list[str]
    compound_text: Annotated[str | None, Field(description="As the employer wrote it.")]
    building_text: str | None
    is_protected: bool
    paired_community_id: UUID | None


class OfferOut(Out):
    """What one can do to register; before consent and a verified phone no line is shown."""

    has_consent: bool
    has_phone: bool
    lines: list[OfferedLine]
    ways: Annotated[list[Way], Field(description="How to go on where no line is one's own.")]


class HistoryOut(Out):
    """One step."""

    at: datetime
    action: str
    left: str | None
    entered: str
    reason_code: Annotated[
        str | None, Field(description="`not_eligible` stands for a reason not shown to you.")
    ]
    reason_text: str | None


class RegistrationState(Out):
    """What a step answers."""

    id: UUID
    status: RegistrationStatus
    registered_on: date | None
    certificate_number: str | None
    receipt_number: str | None
    certificate_code: Annotated[str | None, Field(description="For `/v/{code}`, to be printed.")]
    receipt_code: str | None
    grid_id: UUID | None
    functional_branch_id: UUID | None
    functional_group_id: UUID | None
    version: int


class RegistrationBrief(Out):
    """One line of a community's list; name and phone are masked."""

    id: UUID
    status: RegistrationStatus
    channel: Annotated[str, Field(description="online or at_counter.")]
    ground: str
    name: Annotated[str, Field(description="Masked.")]
    phone: Annotated[str | None, Field(description="Masked.")]
    is_protected: bool
    employer_name: str
    compound_name: str | None
    building_name: str | None
    building_text: str | None
    grid_name: str | None
    functional_group_name: str | None
    skills: list[str]
    receipt_number: str | None
    submitted_at: datetime | None
    registered_on: date | None
    version: int
    deadline_at: Annotated[
        datetime | None, Field(description="When whom it waits for is to have answered.")
    ]


class ApplicationBrief(Out):
    """One line of an employer's queue; name and phone are masked, no residence."""

    id: UUID
    status: RegistrationStatus
    name: Annotated[str, Field(description="Masked.")]
    phone: Annotated[str | None, Field(description="Masked.")]
    employer_name: str
    branch_name: str | None
    community_name: str
    submitted_at: datetime | None
    handed_up_at: Annotated[datetime | None, Field(description="Since then the district checks.")]
    version: int
    deadline_at: Annotated[
        datetime | None, Field(description="When whom it waits for is to have answered.")
    ]


class RegistrationOut(Out):
    """One registration with its history; the residence only for the member and the community."""

    id: UUID
    status: RegistrationStatus
    channel: str
    ground: str
    ground_note: str | None
    name: Annotated[str, Field(description="Masked.")]
    phone: Annotated[str | None, Field(description="Masked.")]
    is_protected: bool
    employer_id: UUID
    employer_name: str
    branch_name: str | None
    community_id: UUID
    community_name: str
    compound_id: UUID | None
    compound_name: str | None
    building_id: UUID | None
    building_name: str | None
    building_text: str | None
    grid_id: UUID | None
    grid_name: str | None
    functional_branch_id: UUID | None
    functional_branch_name: str | None
    functional_group_id: UUID | None
    functional_group_name: str | None
    suggested_grid_id: Annotated[UUID | None, Field(description="From the building.")]
    suggested_functional_branch_id: UUID | None
    suggested_functional_group_id: UUID | None
    suggested_community_id: UUID | None
    skills: list[str]
    availability: list[str]
    certificate_number: str | None
    certificate_code: str | None
    receipt_number: str | None
    receipt_code: str | None
    submitted_at: datetime | None
    registered_on: date | None
    suspended_from: date | None
    suspended_to: date | None
    ended_on: date | None
    reason_code: str | None
    version: int
    open_to: Annotated[list[RegistrationAction], Field(description="The buttons to draw.")]
    history: list[HistoryOut]


class TransferBrief(Out):
    """A transfer under way."""

    id: UUID
    kind: str
    status: str
    to_name: str


class MyRegistrationOut(Out):
    """The person's own registration: the living one, or the last; null where there was none."""

    registration: RegistrationOut | None
    transfer: TransferBrief | None
    ways: Annotated[list[Way], Field(description="How to register, where none is living.")]


class MyRegistrationBrief(Out):
    """The person's own registration as his home page shows it: the living one, or the last."""

    id: UUID
    status: RegistrationStatus
    community_id: UUID
    community_name: str
    functional_group_name: str | None
    submitted_at: datetime | None
    registered_on: date | None
    suspended_to: date | None
    reason_code: str | None
    open_to: Annotated[list[RegistrationAction], Field(description="The buttons to draw.")]


class AcceptedOut(Out):
    """What became of one of many; `code` is null where it was accepted."""

    id: UUID
    code: Annotated[str | None, Field(examples=["bad_transition"])]
    certificate_number: str | None
    certificate_code: str | None
    receipt_number: str | None
    receipt_code: str | None


class AcceptedManyOut(Out):
    """One answer for each id, in the order asked."""

    items: list[AcceptedOut]


class ConfirmedOut(Out):
    """What became of one of many; `code` is null where it was confirmed."""

    id: UUID
    code: Annotated[str | None, Field(examples=["bad_transition"])]


class ConfirmedManyOut(Out):
    """One answer for each id, in the order asked."""

    items: list[ConfirmedOut]


class MappedOut(Out):
    """How many registrations live in the building now that only had its name in words."""

    changed: Annotated[int, Field(description="Registrations of this community.")]


class MemberContactOut(Out):
    """Name and phone in clear; the look is logged and shown to the person."""

    name: str
    phone: str | None


class ClaimedOut(Out):
    """The roster line that is now the person's own."""

    id: UUID
    employer_id: UUID
