"""Needs on the wire. A resident's own words go to the resident and the community, nowhere else."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from app.core.schemas import Day, Flag, In, Out, Text
from app.files.schemas import PhotoOut
from app.models.need import AcceptanceStatus, NeedKind, NeedStatus, Route, Verdict
from app.needs.lifecycle import NeedAction

PhotoIds = Annotated[
    tuple[UUID, ...],
    Field(
        max_length=20,
        description="My uploads (`POST /api/v1/files`), for a help request or a snapshot; how many a"
        " community takes is its policy `files.max_per_need`. Never required.",
    ),
]


def _no_wish(kind: Any) -> Any:
    """A micro-wish has limits and a life of its own, and so its own door."""
    if kind == "micro_wish":
        raise PydanticCustomError("own_entry", "微心愿请从“微心愿”入口提出")
    return kind


Kind = Annotated[NeedKind, BeforeValidator(_no_wish)]


class NeedIn(In):
    """What a resident asks for: one required field."""

    words: Annotated[str, Text(500), Field(examples=["想学用手机挂号"])]
    kind: Annotated[
        Kind,
        Field(description="The names are content: `need_kinds`; what has an `entry` is not taken."),
    ] = NeedKind.HELP_REQUEST
    place: Annotated[
        Annotated[str, Text(100)] | None,
        Field(description="Where it is, for a snapshot; never public.", examples=["东门口"]),
    ] = None
    community_id: Annotated[
        UUID | None, Field(description="Left out: where the resident lives, if that is one place.")
    ] = None
    category: Annotated[
        Annotated[str, Text(60)] | None,
        Field(description="A code of an item of `need_categories`.", examples=["phone_teaching"]),
    ] = None
    wished_time: Annotated[str, Text(100)] | None = None
    door: Annotated[
        Annotated[str, Text(100)] | None,
        Field(description="Sealed; shown to staff and, in its window, to who comes."),
    ] = None
    contact_phone: Annotated[
        Annotated[str, Text(20, pattern=r"^[0-9+\- ]{5,20}$")] | None,
        Field(description="Sealed; left out: the resident's own verified phone."),
    ] = None
    photo_ids: PhotoIds = ()


class NeedForIn(In):
    """A need entered on behalf of a resident (代录)."""

    words: Annotated[str, Text(500)]
    source: Annotated[str, Text(40), Field(description="A code of `need_sources`.")]
    source_number: Annotated[
        Annotated[str, Text(60)] | None,
        Field(description="The number under which 12345 or a meeting has it."),
    ] = None
    kind: Kind = NeedKind.HELP_REQUEST
    place: Annotated[str, Text(100)] | None = None
    category: Annotated[str, Text(60)] | None = None
    resident_id: UUID | None = None
    building_id: UUID | None = None
    wished_time: Annotated[str, Text(100)] | None = None
    contact_name: Annotated[str, Text(30)] | None = None
    contact_phone: Annotated[str, Text(20, pattern=r"^[0-9+\- ]{5,20}$")] | None = None
    shares_phone: Annotated[
        Flag, Field(description="The resident said that who comes may have the phone.")
    ] = False
    door: Annotated[str, Text(100)] | None = None
    photo_ids: PhotoIds = ()


class SimilarIn(In):
    """What a resident is about to ask for."""

    words: Annotated[str, Text(500), Field(examples=["楼道灯坏了"])]
    community_id: Annotated[
        UUID | None, Field(description="Left out: where the resident lives, if that is one place.")
    ] = None
    category: Annotated[str, Text(60)] | None = None


class NeedAcceptIn(In):
    """Who takes care of it; which of the rest a route needs is a table of the service."""

    route: Route
    category: Annotated[str, Text(60)] | None = None
    reply: Annotated[
        Annotated[str, Text(500)] | None, Field(description="What the resident is told.")
    ] = None
    referred_to: Annotated[
        Annotated[str, Text(40)] | None, Field(description="A code of `referral_targets`.")
    ] = None
    referred_number: Annotated[
        Annotated[str, Text(60)] | None, Field(description="The other side's own number.")
    ] = None
    answer_expected_on: Day | None = None
    public_text: Annotated[
        Annotated[str, Text(100)] | None,
        Field(description="What neighbours read of it, in the community's own words."),
    ] = None


class FollowUpIn(In):
    """What the other side says, and by when it will answer."""

    words: Annotated[str, Text(300), Field(description="The resident is told.")]
    answer_expected_on: Day
    referred_number: Annotated[
        Annotated[str, Text(60)] | None, Field(description="The other side's own number.")
    ] = None


class PublicTextIn(In):
    """What neighbours read of a need; nothing of it is the resident's."""

    text: Annotated[Annotated[str, Text(100)] | None, Field(examples=["3号楼一带楼道照明"])]


class WordsIn(In):
    """A question to the resident, or the answer to it."""

    words: Annotated[str, Text(500)]


class ReplyIn(In):
    """What was done about it, in words for the resident."""

    reply: Annotated[str, Text(500)]


class RefuseIn(In):
    """Why a need is not taken; the resident is told."""

    reason_code: Annotated[str, Text(40), Field(description="Of `need_refusal_reasons`.")]
    reply: Annotated[str, Text(500)] | None = None


class MergeIn(In):
    """Into which need of the same community."""

    into_id: UUID


class NeedReasonIn(In):
    """Why."""

    reason: Annotated[str, Text(300)]


class NeedDecideIn(NeedReasonIn):
    """How a need that was handed up goes on."""

    closes: Annotated[
        Flag, Field(description="It ends here, not solved; the resident reads the reason.")
    ] = False


class Answer(StrEnum):
    """办理结果：已解决、部分解决、没解决。"""

    SOLVED = "solved"
    PARTLY = "partly"
    UNSOLVED = "unsolved"


class NeedAnswerIn(In):
    """The resident's answer: seen by who served and by the community."""

    answer: Answer
    reason_code: Annotated[
        Annotated[str, Text(40)] | None,
        Field(description="Of `acceptance.reasons_if_not_solved`; required unless solved."),
    ] = None


class AnswerForIn(NeedAnswerIn):
    """The answer of somebody without a phone, by call-back, at the door, by slip or a relative."""

    way: Annotated[str, Text(40), Field(description="A code of `on_behalf.ways`.")]


class NeedBrief(Out):
    """One line of a list of needs."""

    id: UUID
    number: str
    status: NeedStatus
    kind: NeedKind
    source: str
    category: str | None
    suggested_category: Annotated[
        str | None, Field(description="By the words; nothing follows from it by itself.")
    ]
    words: str
    place: str | None
    is_urgent: bool
    verdict: Verdict
    route: Route | None
    created_at: datetime
    supporters: Annotated[int, Field(description="How many others it concerns as well.")]


class BoxLine(NeedBrief):
    """One line of a community's box."""

    deadline_at: Annotated[
        datetime | None,
        Field(
            description="When the community, or where it asked back the resident, is to have answered."
        ),
    ]


class HandedUpLine(NeedBrief):
    """One need that waits for the level above."""

    community_name: str
    rounds: Annotated[int, Field(description="How often its resident asked for it again.")]


class NeedStepLine(Out):
    """One step in the life of a need."""

    at: datetime
    action: str
    entered: NeedStatus
    reason: str | None


class NeedRoundLine(Out):
    """What was answered in one round."""

    round: int
    answer: AcceptanceStatus
    reason_code: str | None
    reason: Annotated[str | None, Field(description="The words of the code.", examples=["没办成"])]
    on_behalf_way: Annotated[str | None, Field(description="Null: by the resident himself.")]
    order_id: Annotated[UUID | None, Field(description="The service; null: by another route.")]


class NeedHistoryOut(Out):
    """All that was tried for a need."""

    steps: list[NeedStepLine]
    rounds: list[NeedRoundLine]


class SharedNeed(Out):
    """What neighbours read of a need: nothing of it is the resident's own."""

    id: UUID
    kind: NeedKind
    status: NeedStatus
    category: str | None
    public_text: Annotated[str | None, Field(description="In the community's own words.")]
    created_at: datetime
    supporters: Annotated[int, Field(description="How many others it concerns as well.")]


class Said(Out):
    """A question of the community, or the resident's answer to it."""

    at: datetime
    is_question: bool
    words: Annotated[str | None, Field(description="Null: the resident took it back.")]


class NeedOut(NeedBrief):
    """One need, for its resident and the community."""

    community_id: UUID
    community_name: str
    building_name: str | None
    wished_time: str | None
    contact_phone: Annotated[str | None, Field(description="Masked.")]
    is_on_behalf: Annotated[bool, Field(description="Entered by somebody for the resident.")]
    source_number: str | None
    public_text: str | None
    said: Annotated[list[Said], Field(description="Questions and answers, oldest first.")]
    due_at: Annotated[
        datetime | None, Field(description="Until when the question is to be answered.")
    ]
    merged_into_number: Annotated[
        str | None, Field(description="The need that this one goes on as part of.")
    ]
    merged_into_status: Annotated[
        NeedStatus | None, Field(description="Where that one stands; this one goes with it.")
    ]
    referred_to: str | None
    referred_number: str | None
    answer_expected_on: date | None
    reply: str | None
    rounds: Annotated[int, Field(description="How often it was reopened.")]
    version: int
    acceptance: Annotated[
        AcceptanceStatus | None,
        Field(description="Of the last round; `asked` waits for an answer."),
    ]
    acceptance_way: Annotated[
        str | None, Field(description="Answered on behalf: a code of `on_behalf.ways`.")
    ]
    acceptance_reason: Annotated[
        str | None, Field(description="Why it was not solved, in words; of the last round.")
    ]
    photos: Annotated[
        list[PhotoOut],
        Field(description="Oldest first; links only to those that the reader may see."),
    ]
    open_to: list[NeedAction]


class SubmittedOut(Out):
    """A need was received."""

    id: UUID
    number: str
    status: NeedStatus
    urgent_hint: Annotated[
        str | None,
        Field(description="To be shown at once where the words sound like an emergency."),
    ]
    ask_templates: Annotated[
        list[str], Field(description="Templates to ask the resident's permission for.")
    ]


class NeedMovedOut(Out):
    """Where a need stands after a step."""

    id: UUID
    number: str
    status: NeedStatus
    version: int


class NeedContactOut(Out):
    """Who to reach and where, in clear; this look was logged and the resident can see it."""

    name: str | None
    phone: str | None
    door: str | None


class LookOut(Out):
    """Somebody looked at the resident's contact."""

    id: UUID
    at: datetime
    fields: str
    reason: str | None
    by_role: Annotated[
        str | None,
        Field(
            description="In which capacity: a role held there, or `seat_holder`; never a name.",
            examples=["community_clerk"],
        ),
    ]
