"""Whom the holder of a block may name for its shift: its own members who have no place on it."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.emergency.lifecycle import PROMISED
from app.emergency.lists import AFTER, MOST
from app.emergency.shift_reading import SHIFT_ID, SHIFT_SEEN, literals
from app.models.emergency import Reply, Shift, ShiftSeat
from app.models.member import Member, Registration, RegistrationStatus
from app.permissions import Actor, Permission, require

P = Permission
Answer = aliased(Reply)


async def page(
    reader: Reader, actor: Actor, paging: Paging, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """Its members with what each has answered; as a shift's own rule takes them (`shifts.name`).

    Raises:
        NotFound: no such shift for the actor. Forbidden: the block is not his.
    """
    row = await SHIFT_SEEN.one(reader, actor.binds() | {"shift_id": shift_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.SHIFT_NAME)
    return await nominees_of(reader, paging, shift_id)


async def nominees_of(reader: Reader, paging: Paging, shift_id: UUID) -> Slice[dict[str, Any]]:
    """As `page`, for who is known to hold the block; one statement."""
    where = scope("shift-nominees", {"s": shift_id})
    key = after(paging, where, UUID)
    binds = {"shift_id": shift_id, "most": paging.limit + 1} | (
        {} if key is None else {"id": key[0]}
    )
    return cut(await _list(key is not None).rows(reader, binds), paging, where, "id")


@cache
def _list(is_continued: bool) -> Prepared:
    holds = (
        select(ShiftSeat.id)
        .where(
            ShiftSeat.shift_id == Shift.id,
            ShiftSeat.person_id == Registration.person_id,
            ShiftSeat.status.in_(literals(PROMISED)),
        )
        .exists()
    )
    statement = (
        select(
            Registration.id,
            Member.name,
            select(Answer.reply)
            .where(Answer.call_up_id == Shift.call_up_id, Answer.registration_id == Registration.id)
            .limit(1)
            .scalar_subquery()
            .label("reply"),
        )
        .select_from(Shift)
        .join(
            Registration,
            or_(
                Registration.functional_group_id == Shift.holder_id,
                Registration.employer_id == Shift.holder_id,
            ),
        )
        .join(Member, Member.id == Registration.member_id)
        .where(
            Shift.id == SHIFT_ID,
            Registration.status == RegistrationStatus.ACTIVE,
            Registration.person_id.is_not(None),
            Registration.channel != "paper_only",  # on no list: practice.md R12
            ~Member.is_protected,
            ~holds,
        )
        .order_by(Registration.id)
        .limit(MOST)
    )
    return Prepared(statement.where(Registration.id > AFTER) if is_continued else statement)
