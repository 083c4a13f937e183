"""Micro-wishes on the wire. Of the beneficiary the public board says nothing."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.core.schemas import Flag, In, Out, Text, Whole
from app.models.wish import WishClaimStatus, WishKind, WishStatus
from app.needs.schemas import AnswerForIn, NeedAnswerIn
from app.wishes.lifecycle import WishAction

Title = Annotated[str, Text(30)]
TITLE = "The community's words, public: no name, phone or school of the beneficiary."


class WishIn(In):
    """What a resident wishes for: one required field."""

    words: Annotated[str, Text(300), Field(examples=["想要一个保温杯"])]
    community_id: Annotated[
        UUID | None, Field(description="Left out: where the resident lives, if that is one place.")
    ] = None
    kind: WishKind = WishKind.GOODS
    value_yuan: Annotated[
        Annotated[int, Whole(0, 100_000)] | None,
        Field(description="About, in yuan; left out: unknown."),
    ] = None
    is_for_minor: Annotated[Flag, Field(description="The beneficiary is under 18.")] = False
    guardian_agrees: Annotated[
        Flag, Field(description="The guardian agrees; required for a minor.")
    ] = False
    contact_phone: Annotated[
        Annotated[str, Text(20, pattern=r"^[0-9+\- ]{5,20}$")] | None,
        Field(description="Sealed; left out: the resident's own verified phone."),
    ] = None
    door: Annotated[
        Annotated[str, Text(100)] | None, Field(description="Sealed; for the claimer, in his time.")
    ] = None


class WishForIn(In):
    """A wish entered on behalf of a beneficiary (代录)."""

    words: Annotated[str, Text(300)]
    source: Annotated[str, Text(40), Field(description="A code of `need_sources`.")]
    resident_id: UUID | None = None
    kind: WishKind = WishKind.GOODS
    value_yuan: Annotated[int, Whole(0, 100_000)] | None = None
    is_for_minor: Flag = False
    guardian_agrees: Annotated[
        Flag, Field(description="The guardian has said so; required for a minor.")
    ] = False
    contact_name: Annotated[str, Text(30)] | None = None
    contact_phone: Annotated[str, Text(20, pattern=r"^[0-9+\- ]{5,20}$")] | None = None
    shares_phone: Annotated[
        Flag, Field(description="The beneficiary said that the claimer may have the phone.")
    ] = False
    door: Annotated[str, Text(100)] | None = None


class WishVerifyIn(In):
    """The wish is genuine; its public text."""

    title: Annotated[Title, Field(description=TITLE)]
    value_yuan: Annotated[
        Annotated[int, Whole(0, 100_000)] | None, Field(description="Left out: as the wish says.")
    ] = None
    is_for_minor: Annotated[
        Flag, Field(description="The beneficiary is under 18, though the wish does not say so.")
    ] = False
    guardian_agrees: Annotated[
        Flag,
        Field(description="The guardian has said so; required for a minor, if not said before."),
    ] = False
    publish: Annotated[Flag, Field(description="Put it on the public board at once.")] = False


class WishChange(In):
    """What may change until it is claimed; left out is left as it is."""

    version: Annotated[int, Whole(1, 1_000_000)]
    title: Annotated[Title | SkipJsonSchema[None], Field(description=TITLE)] = None
    value_yuan: Annotated[int, Whole(0, 100_000)] | SkipJsonSchema[None] = None

    @field_validator("*", mode="before")
    @classmethod
    def _is_said(cls, value: Any) -> Any:
        """Nothing can be taken away."""
        if value is None:
            raise PydanticCustomError("value_required", "不能为空")
        return value


class WishReasonIn(In):
    """Why; told to whom it concerns."""

    reason: Annotated[str, Text(300)]


class WishClaimIn(In):
    """I fulfil it, or a unit for which I speak does."""

    organization_id: Annotated[
        UUID | None, Field(description="A branch, group or employer; left out: I myself.")
    ] = None


class WishCancelIn(In):
    """I cannot fulfil it after all; no reason is owed."""

    reason: Annotated[str, Text(300)] | None = None


class DeliverIn(In):
    """It has been handed over or done. Nothing of it is required."""

    evidence: Annotated[
        Annotated[str, Text(300)] | None,
        Field(description="In the claimer's words, for the community."),
    ] = None
    minutes: Annotated[
        Annotated[int, Whole(0, 1_440)] | None,
        Field(description="Time it took; the community confirms it when it closes the wish."),
    ] = None


class WishAnswerIn(NeedAnswerIn):
    """The beneficiary's answer: has the wish come true."""


class WishAnswerForIn(AnswerForIn):
    """As `WishAnswerIn`, on behalf of somebody without a phone."""


class WishCloseIn(In):
    """The wish is done with (销号)."""

    minutes: Annotated[
        Annotated[int, Whole(0, 1_440)] | None,
        Field(description="For the claimer's record; left out: as he declared, else none."),
    ] = None


class WishMovedOut(Out):
    """Where a wish stands after a step."""

    id: UUID
    number: str
    status: WishStatus
    due_at: Annotated[
        datetime | None, Field(description="End of the claim, or of the time to confirm.")
    ]
    version: int


class WishSubmittedOut(WishMovedOut):
    """The wish as received."""

    ask_templates: Annotated[
        list[str], Field(description="Message templates to ask the resident to accept now.")
    ]


class OpenWish(Out):
    """One wish on the public board; nothing of the beneficiary."""

    id: UUID
    kind: WishKind
    title: str
    value_yuan: int | None
    published_at: datetime


class WishLine(Out):
    """One wish in a list of the community or of its beneficiary."""

    id: UUID
    number: str
    kind: WishKind
    title: Annotated[str | None, Field(description="The community's words; null until verified.")]
    words: Annotated[str, Field(description="The beneficiary's own; for himself and the staff.")]
    value_yuan: int | None
    is_for_minor: bool
    status: WishStatus
    due_at: datetime | None
    created_at: datetime


class WishClaimLine(Out):
    """One claim with its wish."""

    id: UUID
    wish_id: UUID
    title: str
    kind: WishKind
    value_yuan: int | None
    status: WishClaimStatus
    wish_status: WishStatus
    due_at: Annotated[datetime | None, Field(description="Of the wish, while the claim is live.")]
    created_at: datetime


class WishClaimOut(Out):
    """The living or fulfilled claim on a wish."""

    id: UUID
    status: WishClaimStatus
    claimer: Annotated[
        str,
        Field(description="A unit's name; a member's for the staff, else the surname alone."),
    ]
    delivered_at: datetime | None
    evidence: Annotated[str | None, Field(description="For staff and who delivered it.")]
    declared_minutes: int | None
    answer: str | None
    answer_reason: Annotated[
        str | None, Field(description="Of `acceptance.reasons_if_not_solved`.")
    ]
    on_behalf_way: str | None


class WishOut(Out):
    """One wish; the beneficiary is masked."""

    id: UUID
    number: str
    community_id: UUID
    community_name: str
    kind: WishKind
    title: str | None
    words: Annotated[
        str | None, Field(description="The beneficiary's own; for himself and the staff.")
    ]
    value_yuan: int | None
    is_for_minor: bool
    is_on_behalf: bool
    contact_name: str | None
    contact_phone: str | None
    status: WishStatus
    published_at: datetime | None
    due_at: datetime | None
    version: int
    claim: WishClaimOut | None
    open_to: list[WishAction]


class WishContactOut(Out):
    """Who and where, in clear; this look was logged and the beneficiary can see it."""

    name: str | None
    phone: Annotated[str | None, Field(description="Null where it is not shared with the claimer.")]
    door: str | None
    until: datetime | None
