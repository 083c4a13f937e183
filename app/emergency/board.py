"""A call-up as its organiser has it before him: the roll-call by answer, and the shifts."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from app.core.errors import NotFound
from app.core.paging import Paging, Slice
from app.core.prepared import Prepared, Reader
from app.core.strokes import name_key
from app.emergency import reading, shift_reading
from app.emergency.lifecycle import COUNTED
from app.emergency.replies import IS_BY_PHONE
from app.models.emergency import CallUp, Reply, Shift
from app.models.member import Member, Registration
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, may
from app.rules.words import PERSON

P = Permission
NAMES = 30  # of one answer; the others stand on its own list


class Board(NamedTuple):
    """`answers`: of each that was given (None: not reached) how many, and some names, by their
    strokes; empty for who does not run the call-up."""

    call_up: dict[str, Any]
    answers: dict[str | None, tuple[int, list[dict[str, Any]]]]
    shifts: Slice[dict[str, Any]]


async def show(reader: Reader, actor: Actor, paging: Paging, call_up_id: UUID) -> Board:
    """The call-up, its roll-call and a page of its shifts; three statements.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    call_up = await reading.show(reader, actor, call_up_id)
    answers: dict[str | None, tuple[int, list[dict[str, Any]]]] = {}
    if P.CALL_UP_RUN in call_up["grants"]:
        for row in await ANSWERS.rows(reader, {"call_up_id": call_up_id}):
            _, names = answers.setdefault(row["reply"], (row["members"], []))
            names.append(reading.named(row, call_up["grants"]))
    for _, names in answers.values():
        names.sort(key=lambda each: name_key(each["name"]))
    shifts = await shift_reading.shifts_of(reader, actor, paging, call_up_id, is_counted=True)
    return Board(call_up, answers, shifts)


async def shift(reader: Reader, actor: Actor, shift_id: UUID) -> dict[str, Any]:
    """One shift with its call-up, and whether its attendance may be entered; one statement.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHIFT.one(reader, actor.binds() | {"shift_id": shift_id})
    if row is None:
        raise NotFound
    return row | {"is_counted": row["call_up_status"] in COUNTED}


_answers = (
    select(
        Reply.reply,
        Reply.replied_at,
        IS_BY_PHONE.label("is_by_phone"),
        Member.name,
        Member.is_protected,
        Reply.id,
        func.row_number().over(partition_by=Reply.reply, order_by=Reply.id).label("place"),
        func.count().over(partition_by=Reply.reply).label("members"),
    )
    .join(Registration, Registration.id == Reply.registration_id)
    .join(Member, Member.id == Registration.member_id)
    .where(Reply.call_up_id == reading.CALL_UP_ID)
    .subquery("answers")
)
ANSWERS = Prepared(select(_answers).where(_answers.c.place <= NAMES).order_by(_answers.c.id))
SHIFT = Prepared(
    select(
        *shift_reading.SHIFT,
        *shift_reading.COUNTED,
        Shift.call_up_id,
        CallUp.title,
        CallUp.status.label("call_up_status"),
        CallUp.location_reason,
        Organization.name.label("organization_name"),
        select(Reply.id)
        .where(Reply.call_up_id == CallUp.id, Reply.person_id == PERSON)
        .limit(1)
        .scalar_subquery()
        .label("my_reply_id"),
        grants(P.CALL_UP_RUN, P.CALL_UP_PROTECTED, P.SHIFT_NAME),
    )
    .select_from(Shift)
    .join(CallUp, CallUp.id == Shift.call_up_id)
    .join(Organization, Organization.id == CallUp.organization_id)
    .outerjoin(shift_reading.Holder, shift_reading.Holder.id == Shift.holder_id)
    .where(Shift.id == shift_reading.SHIFT_ID, may(P.CALL_UP_READ))
)
