"""Call-ups and the roll-call as they are read.

Protected members have a name on no list but the secretary's. Source: practice.md R4, R12.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, func, select

from app.core.errors import NotFound
from app.core.paging import Paging, Slice
from app.core.prepared import Prepared, Reader
from app.emergency.approvals import APPROVALS
from app.emergency.lifecycle import APPROVABLE, CALL_UP
from app.emergency.lists import MOST, Listed
from app.emergency.replies import IS_BY_PHONE
from app.models.emergency import CallUp, CallUpApproval, CallUpStatus, Reply
from app.models.member import Member, Registration
from app.models.organization import ContentItem, Organization
from app.permissions import Actor, Permission, grants, may, require
from app.rules.words import PERSON

P = Permission
PROTECTED = "党员"
NOT_REACHED = "not_reached"

CALL_UP_ID = bindparam("call_up_id", type_=Uuid())
OWNER = bindparam("owner", type_=Uuid())

BRIEF = (
    CallUp.id,
    CallUp.kind,
    CallUp.level,
    CallUp.is_emergency,
    CallUp.title,
    CallUp.place,
    CallUp.gather_at,
    CallUp.status,
)
SAID = (CallUp.text, CallUp.contact_phone, CallUp.reply_until, CallUp.location_reason)


def approvals_of(*, by_reader: bool = False) -> Any:
    """How many have approved the call-up; `by_reader`: 1 if the reader has."""
    where = [CallUpApproval.person_id == PERSON] if by_reader else []
    return (
        select(func.count(CallUpApproval.person_id))
        .where(CallUpApproval.call_up_id == CallUp.id, *where)
        .scalar_subquery()
    )


def may_approve(row: Mapping[str, Any]) -> bool:
    """Whether the reader may be one of the two who answer for it."""
    return (
        P.CALL_UP_APPROVE in row["grants"]
        and row["status"] in APPROVABLE
        and row["approvals"] < APPROVALS
        and not row["own_approvals"]
    )


SHOW = Prepared(
    select(
        *BRIEF,
        *SAID,
        CallUp.organization_id,
        Organization.name.label("organization_name"),
        CallUp.targets,
        approvals_of().label("approvals"),
        approvals_of(by_reader=True).label("own_approvals"),
        CallUp.approvals_needed,
        CallUp.due_at.label("approve_until"),
        CallUp.activated_at,
        CallUp.stood_down_at,
        CallUp.review,
        CallUp.made_from,
        select(Reply.id)
        .where(Reply.call_up_id == CallUp.id, Reply.person_id == PERSON)
        .limit(1)
        .scalar_subquery()
        .label("my_reply_id"),
        grants(
            P.CALL_UP_APPROVE,
            P.CALL_UP_RUN,
            P.CALL_UP_LOCATE,
            P.CALL_UP_PHONE,
            P.CALL_UP_PROTECTED,
        ),
    )
    .join(Organization, Organization.id == CallUp.organization_id)
    .where(CallUp.id == CALL_UP_ID, may(P.CALL_UP_READ))
)
CONTAINER = Prepared(
    select(grants(P.COMMUNITY_CALL_UP)).where(
        Organization.id == bindparam("organization_id", type_=Uuid())
    )
)
SEEN = Prepared(
    select(
        grants(P.CALL_UP_RUN, P.CALL_UP_PROTECTED),
        select(func.count(Reply.id))
        .where(Reply.call_up_id == CallUp.id)
        .scalar_subquery()
        .label("called"),
        select(func.count(Reply.id))
        .where(Reply.call_up_id == CallUp.id, Reply.reply.is_(None))
        .scalar_subquery()
        .label("not_reached"),
    ).where(CallUp.id == CALL_UP_ID, may(P.CALL_UP_READ))
)
COUNTS = Prepared(
    select(
        ContentItem.code.label("reply"),
        ContentItem.data["name"].astext.label("name"),
        select(func.count(Reply.id))
        .where(Reply.call_up_id == CALL_UP_ID, Reply.reply == ContentItem.code)
        .scalar_subquery()
        .label("members"),
    )
    .where(ContentItem.section == "emergency.replies")
    .order_by(ContentItem.position)
)


async def show(reader: Reader, actor: Actor, call_up_id: UUID) -> dict[str, Any]:
    """One call-up, and the steps that are open to the reader.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"call_up_id": call_up_id})
    if row is None:
        raise NotFound
    open_to = CALL_UP.open_in(row["status"], row["grants"])
    return row | {"may_approve": may_approve(row), "open_to": open_to}


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """An organization's own call-ups, the latest first.

    Raises:
        NotFound, Forbidden: as for the organization.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"organization_id": organization_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.COMMUNITY_CALL_UP)
    return await LATEST.page(reader, paging, {"owner": organization_id})


async def page_of_mine(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The call-ups that call the actor, the latest first, with his answers."""
    return await MINE.page(reader, paging, {"owner": actor.person_id})


async def standing_of_mine(reader: Reader, actor: Actor, most: int) -> list[dict[str, Any]]:
    """The call-ups that call the actor now, at most `most`: first those that he has not answered, of
    these the soonest. One statement."""
    return await STANDING_OF_MINE.rows(reader, {"owner": actor.person_id, "most": most})


async def roll_call(reader: Reader, actor: Actor, call_up_id: UUID) -> dict[str, Any]:
    """How many were called, were not reached, and gave each answer.

    Raises:
        NotFound, Forbidden: as every reading of the organiser's.
    """
    row = await _of_organizer(reader, actor, call_up_id)
    return row | {"replies": await COUNTS.rows(reader, {"call_up_id": call_up_id})}


async def page_of_called(
    reader: Reader, actor: Actor, paging: Paging, call_up_id: UUID, reply: str | None
) -> Slice[dict[str, Any]]:
    """Who was called: with one answer, not reached, or everybody; errors as for the roll-call."""
    row = await _of_organizer(reader, actor, call_up_id)
    binds: dict[str, Any] = {"call_up_id": call_up_id}
    if reply is None:
        made = await EVERYBODY.page(reader, paging, binds)
    elif reply == NOT_REACHED:
        made = await UNREACHED.page(reader, paging, binds)
    else:
        made = await ANSWERED.page(reader, paging, binds | {"reply": reply})
    return Slice([named(each, row["grants"]) for each in made.items], made.next_cursor)


async def _of_organizer(reader: Reader, actor: Actor, call_up_id: UUID) -> dict[str, Any]:
    row = await SEEN.one(reader, actor.binds() | {"call_up_id": call_up_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.CALL_UP_RUN)
    return row


def named(row: dict[str, Any], granted: list[str]) -> dict[str, Any]:
    """The row with the name that the reader may know."""
    if row["is_protected"] and P.CALL_UP_PROTECTED not in granted:
        return row | {"name": PROTECTED}
    return row


CALLED = (
    select(
        Reply.id,
        Reply.reply,
        Reply.replied_at,
        IS_BY_PHONE.label("is_by_phone"),
        Member.name,
        Member.is_protected,
    )
    .join(Registration, Registration.id == Reply.registration_id)
    .join(Member, Member.id == Registration.member_id)
    .where(Reply.call_up_id == CALL_UP_ID)
)
CALLS_ME = (
    select(*BRIEF, *SAID, Reply.id.label("reply_id"), Reply.reply)
    .join(Reply, Reply.call_up_id == CallUp.id)
    .where(Reply.person_id == OWNER)
)
STANDING_OF_MINE = Prepared(
    CALLS_ME.where(CallUp.status == CallUpStatus.ACTIVE)
    .order_by(Reply.reply.is_not(None), CallUp.gather_at, CallUp.id)
    .limit(MOST)
)
LATEST = Listed("call-ups", select(*BRIEF).where(CallUp.organization_id == OWNER), CallUp.id, True)
MINE = Listed("my-call-ups", CALLS_ME, CallUp.id, True)
EVERYBODY = Listed("called", CALLED, Reply.id)
UNREACHED = Listed("called-unreached", CALLED.where(Reply.reply.is_(None)), Reply.id)
ANSWERED = Listed(
    "called-answered", CALLED.where(Reply.reply == bindparam("reply", type_=String())), Reply.id
)
