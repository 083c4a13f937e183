"""Shapes of sessions, consents, people and roles on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import PLAIN, Day, In, Instant, Out, Text, Whole
from app.models.person import Role

PHONE = r"^1[3-9][0-9]{9}$"
# What WeChat's client library gives out: visible ASCII.
CODE = r"^[\x21-\x7e]+$"
# No line breaks or other control characters: a name stands on one line.


class LoginIn(In):
    """The code of the person who opened the mini-program."""

    code: Annotated[str, Text(512, pattern=CODE), Field(description="Of wx.login; works once.")]


class RefreshIn(In):
    """A refresh token."""

    refresh_token: Annotated[str, Text(100, pattern=CODE), Field(description="Good for one use.")]


class TokensOut(Out):
    """What the client keeps: a short token for every call, a long one to renew it."""

    person_id: UUID
    session_id: Annotated[UUID, Field(description="This device, in `GET /api/v1/sessions`.")]
    access_token: Annotated[str, Field(description="Sent as `Authorization: Bearer …`.")]
    expires_in: Annotated[int, Field(description="Seconds the access token lives.")]
    refresh_token: Annotated[str, Field(description="Good for one use; keep it secret.")]
    refresh_expires_at: Instant


class SessionOut(Out):
    """One device on which the person is signed in."""

    session_id: UUID
    device: Annotated[str, Field(description="Kind of device, Chinese.", examples=["iPhone"])]
    began_at: Instant
    last_used_at: Instant
    expires_at: Instant


class ConsentText(Out):
    """One purpose in its present words, as anybody may read it."""

    purpose: Annotated[str, Field(examples=["registration_core"])]
    name: str
    audience: Annotated[list[str], Field(description="member, resident, guardian.")]
    required_for: Annotated[str | None, Field(description="What a refusal closes; null: nothing.")]
    is_separate: Annotated[bool, Field(description="Must be ticked by itself, never in a bundle.")]
    text: str
    data: list[str]
    used_for: str
    seen_by: list[str]
    retention: str
    if_refused: str
    version: Annotated[str, Field(description="Of these words; to be sent back when agreeing.")]


class ConsentItem(ConsentText):
    """The same, and what the person said to it."""

    is_given: bool
    is_current: Annotated[bool, Field(description="Given in exactly these words.")]
    given_version: str | None
    given_at: Instant | None
    withdrawn_at: Instant | None


class ConsentsOut(Out):
    """Every purpose, and what all of them share."""

    handler: Annotated[str, Field(description="Who handles the data, and how to reach him.")]
    rights: str
    storage: str
    items: list[ConsentItem]


class ConsentTextsOut(Out):
    """Every purpose before a login, and what all of them share."""

    handler: Annotated[str, Field(description="Who handles the data, and how to reach him.")]
    rights: str
    storage: str
    items: list[ConsentText]


class HelpTopic(Out):
    """One thing that people ask."""

    code: Annotated[str, Field(examples=["register_at_counter"])]
    name: Annotated[str, Field(description="Chinese.", examples=["线下报到"])]
    text: Annotated[str, Field(description="Chinese, to be shown as it is.")]


class HelpOut(Out):
    """All topics, in the order of the screen."""

    topics: list[HelpTopic]


class ConsentIn(In):
    """Agreement to one purpose in the words of one version."""

    purpose: Annotated[str, Text(40), Field(examples=["registration_core"])]
    version: Annotated[str, Text(20), Field(description="Of the words that were shown.")]


class ConsentOut(Out):
    """An agreement as it stands."""

    purpose: str
    text_version: str
    given_at: Instant


class PhoneIn(In):
    """The code of the phone button."""

    code: Annotated[
        str,
        Text(512, pattern=CODE),
        Field(description="Of the getPhoneNumber button, not of wx.login; works once."),
    ]


class PersonChange(In):
    """The person's own data, edited."""

    name: Annotated[str, Text(30, pattern=PLAIN), Field(description="The person's own name.")]
    version: Annotated[int, Whole(1, 2_000_000_000), Field(description="As it was read.")]


class PersonChanged(Out):
    """The person as edited; read `GET /api/v1/me` for the rest."""

    id: UUID
    name: str | None
    version: int


class RoleHeldOut(Out):
    """A role of mine."""

    id: UUID
    role: Role
    organization_id: UUID
    organization_name: str
    organization_kind: str
    valid_from: date
    valid_to: Annotated[date | None, Field(description="Last day, included; null: open.")]


class PostHeldOut(Out):
    """A post of mine."""

    post: Annotated[str, Field(description="Code of the dictionary `appointments`.")]
    post_name: str | None
    organization_id: UUID
    organization_name: str
    from_on: date
    to_on: date | None


class MeOut(Out):
    """My own page: who I am here and what I may do where."""

    id: UUID
    name: str | None
    phone: Annotated[str | None, Field(description="Masked.", examples=["138****8000"])]
    is_phone_verified: bool
    version: int
    consents_missing: Annotated[list[str], Field(description="Purposes not agreed to.")]
    roles: Annotated[list[RoleHeldOut], Field(description="Living and future ones.")]
    appointments: Annotated[list[PostHeldOut], Field(description="Living and future ones.")]
    places: Annotated[
        list[UUID], Field(description="Home communities and every organization above them.")
    ]


class RoleIn(In):
    """Whom: a person by id, or whoever proves to own `phone` (then `name` is wanted)."""

    person_id: UUID | None = None
    phone: Annotated[str, Text(11, pattern=PHONE)] | None = None
    name: Annotated[
        Annotated[str, Text(30, pattern=PLAIN)] | None,
        Field(description="Beside `phone`; kept until the person signs in."),
    ] = None
    role: Role
    valid_from: Annotated[Day | None, Field(description="Today if left out.")] = None
    valid_to: Annotated[
        Day | None, Field(description="Last day, included; needed for one's own role.")
    ] = None


class RoleGivenOut(Out):
    """A role as it was given."""

    id: UUID
    role: Role
    organization_id: UUID
    valid_from: date
    valid_to: date | None


class RoleOut(Out):
    """Who holds a role in the organization."""

    id: UUID
    role: Role
    person_id: UUID
    name: Annotated[str | None, Field(description="Masked.")]
    phone: Annotated[str | None, Field(description="Masked.")]
    has_signed_in: Annotated[bool, Field(description="False: prepared, waits for the phone.")]
    post: Annotated[str | None, Field(description="The appointment it follows from.")]
    valid_from: date
    valid_to: date | None
