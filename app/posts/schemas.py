"""Posts, claims and days served on the wire."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.core.schemas import Day, Flag, In, Out, Text, Whole
from app.models.post import ClaimStatus, PostKind, PostStatus
from app.models.record import RecordStatus
from app.posts.lifecycle import ClaimAction, PostAction

Codes = Annotated[list[Annotated[str, Text(60)]], Field(max_length=10)]
INSURED = "Last day of the accident insurance of who serves; a risky post wants one."


class PostIn(In):
    """A draft, or with `publish` an open post."""

    category: Annotated[str, Text(60), Field(description="Of `post_categories`.")]
    title: Annotated[str, Text(30), Field(description="The community's words, shown to members.")]
    headcount: Annotated[int, Whole(1, 500)]
    kind: PostKind = PostKind.POST
    description: Annotated[
        Annotated[str, Text(500)] | None, Field(description="Nothing that names a resident.")
    ] = None
    place: Annotated[
        Annotated[str, Text(60)] | None, Field(description="Left out: the community's centre.")
    ] = None
    skills: Annotated[
        Codes, Field(default_factory=list, description="One of them suffices; none: anybody.")
    ]
    qualifications: Annotated[
        Codes | None,
        Field(description="One of them suffices; left out: what category and skills demand."),
    ] = None
    is_risky: Annotated[Flag, Field(description="Always so where the category says so.")] = False
    insured_until: Annotated[Day | None, Field(description=INSURED)] = None
    term_months: Annotated[
        Annotated[int, Whole(1, 60)] | None, Field(description="Left out: the community's policy.")
    ] = None
    publish: Annotated[Flag, Field(description="Open it to members at once.")] = False


class PostChange(In):
    """What may still change until it is closed; left out is left as it is.

    A term holds for who is approved from now on.
    """

    version: Annotated[int, Whole(1, 1_000_000)]
    title: Annotated[str, Text(30)] | SkipJsonSchema[None] = None
    description: Annotated[str, Text(500)] | None = None
    place: Annotated[str, Text(60)] | SkipJsonSchema[None] = None
    headcount: Annotated[int, Whole(1, 500)] | SkipJsonSchema[None] = None
    insured_until: Annotated[Day | None, Field(description=INSURED)] = None
    term_months: Annotated[int, Whole(1, 60)] | SkipJsonSchema[None] = None

    @field_validator("title", "place", "headcount", "term_months", mode="before")
    @classmethod
    def _is_said(cls, value: Any) -> Any:
        """Only a description and an insurance can be taken away."""
        if value is None:
            raise PydanticCustomError("value_required", "不能为空")
        return value


class PostMovedOut(Out):
    """Where a post stands after a step."""

    id: UUID
    status: PostStatus
    version: int


class PostCard(Out):
    """One post in a list."""

    id: UUID
    kind: PostKind
    category: str
    title: str
    place: str
    headcount: int
    taken: Annotated[int, Field(description="Who serves, or asked to leave and is not let go yet.")]
    skills: list[str]
    qualifications: list[str]
    is_risky: bool
    term_months: int


class PostBrief(PostCard):
    """One line of the list of open posts."""

    is_full: bool
    my_claim: Annotated[ClaimStatus | None, Field(description="Where my living claim stands.")]


class PostLine(PostCard):
    """One line of the community's own list."""

    status: PostStatus
    waiting: Annotated[int, Field(description="Claims and wishes to leave without an answer.")]


class PostOut(PostBrief):
    """One post."""

    status: PostStatus
    community_id: UUID
    community_name: str
    description: str | None
    needs_pledge: Annotated[bool, Field(description="Who claims it promises confidentiality.")]
    insured_until: date | None
    published_at: datetime | None
    version: int
    my_claim_id: UUID | None
    open_to: list[PostAction]


class ProposedOut(Out):
    """A kind of post that members here could fill; no names."""

    category: str
    name: str
    skills: Annotated[list[str], Field(description="Of the category, that a member here has.")]
    members: Annotated[int, Field(description="Registered members with one of these skills.")]


class ProposedPage(Out):
    """What this community might offer; who could fill most comes first."""

    items: list[ProposedOut]


class PostClaimIn(In):
    """I want to serve on this post."""

    pledge: Annotated[
        Flag, Field(description="Confidentiality is promised, where the post wants it.")
    ] = False


class PostReasonIn(In):
    """Why; told to the member."""

    reason: Annotated[str, Text(300)]


class ExitIn(In):
    """Why I want to leave."""

    reason_code: Annotated[str, Text(40), Field(description="Of `claim_exit_reasons`.")]
    reason_text: Annotated[str, Text(100)] | None = None


class LetGoIn(In):
    """The member may leave."""

    handover: Annotated[
        Annotated[str, Text(300)] | None, Field(description="What is handed over, and to whom.")
    ] = None


class DutyIn(In):
    """One day served on a post."""

    served_on: Annotated[Day, Field(description="Local day, within the member's time there.")]
    minutes: Annotated[int, Whole(1, 1_440)]


class ClaimOut(Out):
    """Where a claim stands after a step."""

    id: UUID
    post_id: UUID
    status: ClaimStatus
    started_on: date | None
    term_ends_on: Annotated[date | None, Field(description="Last day of the term.")]
    ended_on: date | None


class MyClaim(ClaimOut):
    """One of my claims with its post."""

    title: str
    category: str
    kind: PostKind
    place: str
    open_to: list[ClaimAction]


class ClaimLine(ClaimOut):
    """One claim, for the community."""

    title: Annotated[str, Field(description="Of the post.")]
    name: Annotated[
        str | None, Field(description="A protected member's is for the secretary only.")
    ]
    reason: Annotated[str | None, Field(description="Of the last step that has one.")]
    was_kept: Annotated[bool, Field(description="An exit was refused once, and is not again.")]
    open_to: list[ClaimAction]


class DutyOut(Out):
    """The service record that was written."""

    id: UUID
    served_on: date
    minutes: int
    status: RecordStatus
