"""Call-ups, the roll-call and shifts as they are read.

Protected members have a name on no list but the secretary's. Source: practice.md R4, R12.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Integer,
    Select,
    String,
    Uuid,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased
from sqlalchemy.types import DateTime

from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.emergency.approvals import APPROVALS
from app.emergency.lifecycle import (
    APPROVABLE,
    CALL_UP,
    FREED,
    PRESENT,
    PROMISED,
    SHIFT_SEAT,
)
from app.emergency.replies import IS_BY_PHONE
from app.models.emergency import (
    CallUp,
    CallUpApproval,
    CallUpStatus,
    Reply,
    Shift,
    ShiftSeat,
    ShiftSeatStatus,
)
from app.models.member import Member, Registration
from app.models.organization import ContentItem, NamedOrganization, Organization
from app.models.shift_team import ShiftTeam, TeamStatus
from app.permissions import Actor, Permission, grants, may, require
from app.rules.words import PERSON

P = Permission
PROTECTED = "党员"
NOT_REACHED = "not_reached"

CALL_UP_ID = bindparam("call_up_id", type_=Uuid())
SHIFT_ID = bindparam("shift_id", type_=Uuid())
OWNER = bindparam("owner", type_=Uuid())
MOST = bindparam("most", type_=Integer())
AFTER = bindparam("id", type_=Uuid())
Holder = aliased(NamedOrganization)

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
SHIFT_SEEN = Prepared(
    select(grants(P.CALL_UP_RUN, P.CALL_UP_PROTECTED, P.SHIFT_NAME))
    .select_from(Shift)
    .join(CallUp, CallUp.id == Shift.call_up_id)
    .where(Shift.id == SHIFT_ID, may(P.CALL_UP_READ))
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
    return await _page(reader, paging, "call-ups", {"owner": organization_id})


async def page_of_mine(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The call-ups that call the actor, the latest first, with his answers."""
    return await _page(reader, paging, "my-call-ups", {"owner": actor.person_id})


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
        made = await _page(reader, paging, "called", binds)
    elif reply == NOT_REACHED:
        made = await _page(reader, paging, "called-unreached", binds)
    else:
        made = await _page(reader, paging, "called-answered", binds | {"reply": reply})
    return Slice([named(each, row["grants"]) for each in made.items], made.next_cursor)


async def page_of_shifts(
    reader: Reader, actor: Actor, paging: Paging, call_up_id: UUID
) -> Slice[dict[str, Any]]:
    """The shifts of a call-up, the soonest first.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    if await SEEN.one(reader, actor.binds() | {"call_up_id": call_up_id}) is None:
        raise NotFound
    return await shifts_of(reader, actor, paging, call_up_id)


async def shifts_of(
    reader: Reader, actor: Actor, paging: Paging, call_up_id: UUID, *, is_counted: bool = False
) -> Slice[dict[str, Any]]:
    """As `page_of_shifts`, of a call-up that the actor is known to see; `is_counted`: with how many
    were named, are there, did not come, are not entered yet, and how many teams form."""
    where = scope("shifts", {"c": call_up_id})
    key = after(paging, where, datetime, UUID)
    binds: dict[str, Any] = {"call_up_id": call_up_id, "person": actor.person_id}
    if key is not None:
        binds |= {"starts_at": key[0], "id": key[1]}
    statement = _shifts(key is not None, is_counted)
    rows = await statement.rows(reader, binds | {"most": paging.limit + 1})
    return cut(rows, paging, where, "starts_at", "id")


async def page_of_seats(
    reader: Reader, actor: Actor, paging: Paging, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """Who has or had a seat on a shift, for the organiser and for who holds the block.

    Raises:
        NotFound: none, or not the actor's to see. Forbidden: neither of the two.
    """
    row = await SHIFT_SEEN.one(reader, actor.binds() | {"shift_id": shift_id})
    if row is None:
        raise NotFound
    if P.CALL_UP_RUN not in row["grants"]:
        require(row["grants"], P.SHIFT_NAME)
    return await seats_of(reader, paging, shift_id, row["grants"])


async def seats_of(
    reader: Reader, paging: Paging, shift_id: UUID, granted: list[str]
) -> Slice[dict[str, Any]]:
    """As `page_of_seats`, for who is known to have one of its permissions."""
    made = await _page(reader, paging, "shift-seats", {"shift_id": shift_id})
    return Slice([named(each, granted) for each in made.items], made.next_cursor)


async def page_of_my_seats(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's seats with their shifts, the latest taken first."""
    made = await _page(reader, paging, "my-shift-seats", {"owner": actor.person_id})
    now = clock.now()
    for row in made.items:
        has_begun = row["starts_at"] <= now
        row["open_to"] = [] if has_begun else SHIFT_SEAT.open_in(row["status"], [P.SHIFT_SEAT_OWN])
    return made


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


async def _page(
    reader: Reader, paging: Paging, name: str, binds: dict[str, Any]
) -> Slice[dict[str, Any]]:
    """A page of one of `LISTS`, by the ids of its rows."""
    where = scope(name, binds)
    key = after(paging, where, UUID)
    more = {"most": paging.limit + 1} | ({} if key is None else {"id": key[0]})
    rows = await _statement(name, key is not None).rows(reader, binds | more)
    return cut(rows, paging, where, "id")


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
# the list's statement, the column of its order, whether the latest comes first
LISTS: Mapping[str, tuple[Select[*tuple[Any, ...]], Any, bool]] = {
    "call-ups": (select(*BRIEF).where(CallUp.organization_id == OWNER), CallUp.id, True),
    "my-call-ups": (CALLS_ME, CallUp.id, True),
    "called": (CALLED, Reply.id, False),
    "called-unreached": (CALLED.where(Reply.reply.is_(None)), Reply.id, False),
    "called-answered": (
        CALLED.where(Reply.reply == bindparam("reply", type_=String())),
        Reply.id,
        False,
    ),
    "shift-seats": (
        select(
            ShiftSeat.id,
            ShiftSeat.person_id,
            ShiftSeat.status,
            ShiftSeat.minutes,
            ShiftSeat.handover,
            Member.name,
            Member.is_protected,
        )
        .join(Registration, Registration.id == ShiftSeat.registration_id)
        .join(Member, Member.id == Registration.member_id)
        .where(ShiftSeat.shift_id == SHIFT_ID),
        ShiftSeat.id,
        False,
    ),
    "my-shift-seats": (
        select(
            ShiftSeat.id,
            ShiftSeat.shift_id,
            ShiftSeat.status,
            ShiftSeat.minutes,
            Shift.call_up_id,
            CallUp.title,
            CallUp.location_reason,
            Shift.duty,
            Shift.place,
            Shift.starts_at,
            Shift.ends_at,
            Shift.meals,
            Shift.insurance,
        )
        .join(Shift, Shift.id == ShiftSeat.shift_id)
        .join(CallUp, CallUp.id == Shift.call_up_id)
        .where(ShiftSeat.person_id == OWNER),
        ShiftSeat.id,
        True,
    ),
}


@cache
def _statement(name: str, is_continued: bool) -> Prepared:
    statement, column, is_latest_first = LISTS[name]
    if is_continued:
        statement = statement.where(column < AFTER if is_latest_first else column > AFTER)
    return Prepared(statement.order_by(column.desc() if is_latest_first else column).limit(MOST))


def literals(statuses: Iterable[str]) -> list[Any]:
    """For a statement that is prepared: an expanding bind cannot be."""
    return [literal_column(f"'{status}'") for status in sorted(statuses)]


def _seats(statuses: Iterable[str]) -> Any:
    """How many seats of the shift are in one of these."""
    return (
        select(func.count(ShiftSeat.id))
        .where(ShiftSeat.shift_id == Shift.id, ShiftSeat.status.in_(literals(statuses)))
        .scalar_subquery()
    )


MY_SEAT = (
    select(ShiftSeat.id)
    .where(
        ShiftSeat.shift_id == Shift.id,
        ShiftSeat.person_id == PERSON,
        ShiftSeat.status.not_in(literals(FREED)),
    )
    .scalar_subquery()
)
SHIFT = (
    Shift.id,
    Shift.duty,
    Shift.place,
    Shift.starts_at,
    Shift.ends_at,
    Shift.seats,
    Shift.taken,
    Shift.is_open,
    Shift.holder_id,
    Holder.name.label("holder_name"),
    Shift.meals,
    Shift.insurance,
    MY_SEAT.label("my_seat_id"),
)
COUNTED = (
    _seats({ShiftSeatStatus.NAMED}).label("named"),
    _seats({*PRESENT, ShiftSeatStatus.CONFIRMED}).label("present"),
    _seats({ShiftSeatStatus.NO_SHOW}).label("missed"),
    _seats(PROMISED).label("promised"),
    _seats(PROMISED | PRESENT).label("to_enter"),
    select(func.count(ShiftTeam.id))
    .where(ShiftTeam.shift_id == Shift.id, ShiftTeam.status.in_(literals({TeamStatus.FORMING})))
    .scalar_subquery()
    .label("forming"),
)


@cache
def _shifts(is_continued: bool, is_counted: bool) -> Prepared:
    statement = (
        select(*SHIFT, *(COUNTED if is_counted else ()))
        .outerjoin(Holder, Holder.id == Shift.holder_id)
        .where(Shift.call_up_id == CALL_UP_ID)
        .order_by(Shift.starts_at, Shift.id)
        .limit(MOST)
    )
    if is_continued:
        begins = bindparam("starts_at", type_=DateTime(timezone=True))
        statement = statement.where(tuple_(Shift.starts_at, Shift.id) > tuple_(begins, AFTER))
    return Prepared(statement)
