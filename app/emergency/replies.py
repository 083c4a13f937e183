"""What members answer, by themselves or on the phone; the call list with phones, each look logged.

Source: practice.md R4, section D "Over-cautious".
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.emergency.schemas import CallUpReplyIn
from app.lifecycle import BadTransition
from app.models.emergency import CallUp, CallUpStatus, Reply
from app.models.member import Member, Registration, RegistrationStatus
from app.models.organization import Organization
from app.models.person import Person
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content

P = Permission
IS_BY_PHONE = and_(
    Reply.replied_by_id.is_not(None), Reply.replied_by_id.is_distinct_from(Reply.person_id)
)


async def give(session: AsyncSession, actor: Actor, reply_id: UUID, body: CallUpReplyIn) -> Reply:
    """The member's answer, as he gave it or told it on the phone; it may change while it matters.

    Raises:
        NotFound: neither his own nor of somebody whom the actor may call.
        BadTransition: the call-up is over.
        Invalid: an unknown answer.
    """
    row = (
        await session.execute(
            select(Reply, CallUp.status)
            .join(CallUp, CallUp.id == Reply.call_up_id)
            .where(Reply.id == reply_id, may(P.REPLY_GIVE))
            .with_for_update(of=Reply),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    if row.status is not CallUpStatus.ACTIVE:
        raise BadTransition
    await content.require(session, "emergency.replies", body.reply, pointer="/reply")
    reply: Reply = row.Reply
    reply.reply, reply.replied_at = body.reply, clock.now()
    reply.replied_by_id = actor.person_id
    await session.flush()
    return reply


async def to_call(reader: Reader, actor: Actor, call_up_id: UUID) -> dict[str, Any]:
    """The call-up, and how many of it the actor may call and has not reached; two statements.

    Raises:
        NotFound, Forbidden, BadTransition: as for the list itself.
    """
    binds = actor.binds() | {"call_up_id": call_up_id}
    row = await SEEN.one(reader, binds)
    if row is None:
        raise NotFound
    _require_open(row["status"], row["grants"])
    (counts,) = await COUNTS.rows(reader, binds)
    return row | counts


async def call_list(
    session: AsyncSession,
    actor: Actor,
    paging: Paging,
    call_up_id: UUID,
    *,
    is_unreached: bool,
    purpose: str | None = None,
) -> Slice[dict[str, Any]]:
    """Whom the actor may call: his own group, or his community; names and phones in clear, logged,
    with the purpose of a list on paper.

    Raises:
        NotFound, Forbidden: not his to see; nobody in it whom he may call.
        BadTransition: the call-up is over, and with it the reason to call.
    """
    call_up = (
        await session.execute(
            select(CallUp.status, grants(P.CALL_UP_PHONE)).where(
                CallUp.id == call_up_id, may(P.CALL_UP_READ)
            ),
            actor.binds(),
        )
    ).first()
    if call_up is None:
        raise NotFound
    _require_open(call_up.status, call_up.grants)
    where = scope("call-list", {"c": call_up_id, "u": is_unreached})
    key = after(paging, where, UUID)
    statement = (
        select(
            Reply.id,
            Reply.registration_id,
            Reply.person_id,
            Reply.reply,
            Reply.replied_at,
            IS_BY_PHONE.label("is_by_phone"),
            Member.name,
            Person.phone.label("own_phone"),
            Member.phone.label("roster_phone"),
        )
        .join(Registration, Registration.id == Reply.registration_id)
        .join(Member, Member.id == Registration.member_id)
        .outerjoin(Person, Person.id == Reply.person_id)
        .where(Reply.call_up_id == call_up_id, *_is_callable)
        .order_by(Reply.id)
        .limit(paging.limit + 1)
    )
    if is_unreached:
        statement = statement.where(Reply.reply.is_(None))
    if key is not None:
        statement = statement.where(Reply.id > key[0])
    found = await session.execute(statement, actor.binds())
    page = cut([dict(row) for row in found.mappings()], paging, where, "id")
    for row in page.items:
        row["phone"] = row["own_phone"] or row["roster_phone"]
        audit.looked(
            session,
            actor,
            "name,phone",
            subject=("registration", row["registration_id"]),
            owner_id=row["person_id"],
            reason=purpose,
        )
    await session.flush()
    return page


def _require_open(status: CallUpStatus, granted: Sequence[str]) -> None:
    require(granted, P.CALL_UP_PHONE)
    if status is not CallUpStatus.ACTIVE:
        raise BadTransition


_is_callable = (
    Registration.status == RegistrationStatus.ACTIVE,
    may(P.REGISTRATION_UNMASK),
)
_call_up_id = bindparam("call_up_id", type_=Uuid())
SEEN = Prepared(
    select(
        CallUp.id,
        CallUp.title,
        CallUp.place,
        CallUp.gather_at,
        CallUp.status,
        Organization.name.label("organization_name"),
        grants(P.CALL_UP_PHONE),
    )
    .join(Organization, Organization.id == CallUp.organization_id)
    .where(CallUp.id == _call_up_id, may(P.CALL_UP_READ))
)
COUNTS = Prepared(
    select(
        func.count(Reply.id).label("callable"),
        func.count(Reply.id).filter(Reply.reply.is_(None)).label("unreached"),
    )
    .join(Registration, Registration.id == Reply.registration_id)
    .where(Reply.call_up_id == _call_up_id, *_is_callable)
)
