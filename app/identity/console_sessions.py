"""Sessions of the console: an opaque token in a cookie of one browser, stored hashed, soon over.

A session ends after an hour without a request and after twelve hours in any case, when its person
signs out here, everywhere or on another device, and with the account. What it may do is read from the
roles at each request. Source: design.md §4, ASVS 5 V7.
"""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    String,
    Uuid,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import audit
from app.core import clock, ids
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.core.terms import Term
from app.identity import people, tickets
from app.models.organization import Organization
from app.models.person import Person, RoleGrant
from app.models.sign_in import ConsoleSession
from app.permissions import Actor

IDLE = timedelta(hours=1)
LIFE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
TERMS = (Term(ConsoleSession.expires_at),)
TOKEN_BYTES = 32
MOST_LISTED = 50


async def exchange(session: AsyncSession, secret: str, *, device: str, address: str) -> str:
    """The token of a new session, for the ticket of this browser that a phone has confirmed.

    Of two exchanges at once the second finds the ticket used.

    Raises:
        NotConfirmed, TicketGone: as `tickets.consume`.
    """
    person_id = await tickets.consume(session, secret)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = ConsoleSession(
        id=ids.new_id(),
        person_id=person_id,
        token_hash=ids.digest(token),
        device=device,
        address=address,
        expires_at=clock.now() + LIFE,
    )
    session.add(row)
    subject = ("console_session", row.id)
    audit.operated(session, Actor(person_id), "console.signed_in", subject=subject)
    await session.flush()
    return token


async def find(reader: Reader, token: str) -> dict[str, Any] | None:
    """The living session of a token, its person's name, and his roles with their places of today."""
    now, today = clock.now(), clock.today()
    binds = {"token_hash": ids.digest(token), "now": now, "idle": now - IDLE, "today": today}
    return await FIND.one(reader, binds)


async def touch(sessions: async_sessionmaker[AsyncSession], session_id: UUID, seen_at: Any) -> None:
    """The session was used now; written once a minute."""
    now = clock.now()
    if seen_at > now - SEEN_EVERY:
        return
    async with sessions.begin() as session:
        await session.execute(
            update(ConsoleSession).where(ConsoleSession.id == session_id).values(seen_at=now)
        )


async def page(reader: Reader, actor: Actor) -> list[dict[str, Any]]:
    """The browsers in which the person is signed in, the last used first; at most 50."""
    now = clock.now()
    binds = {"person_id": people.id_of(actor), "now": now, "idle": now - IDLE}
    return await LIST.rows(reader, binds)


async def end(session: AsyncSession, actor: Actor, session_id: UUID) -> None:
    """The person is signed out in one browser.

    Raises:
        NotFound: no such session of his, or it has ended.
    """
    is_own = ConsoleSession.person_id == people.id_of(actor)
    if not await _end(session, is_own, ConsoleSession.id == session_id):
        raise NotFound


async def end_all(session: AsyncSession, person_id: UUID) -> None:
    """The person is signed out in every browser."""
    await _end(session, ConsoleSession.person_id == person_id)


async def _end(session: AsyncSession, *which: ColumnElement[bool]) -> bool:
    """Whether there was something to end."""
    ended = await session.scalars(
        update(ConsoleSession)
        .where(*which, ConsoleSession.ended_at.is_(None))
        .values(ended_at=clock.now())
        .returning(ConsoleSession.id)
    )
    return bool(ended.all())


_now = bindparam("now", type_=DateTime(timezone=True))
_today = bindparam("today", type_=Date())
_is_living = (
    ConsoleSession.ended_at.is_(None)
    & (ConsoleSession.expires_at > _now)
    & (ConsoleSession.seen_at > bindparam("idle", type_=DateTime(timezone=True)))
)
_held = (
    select(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        "role",
                        RoleGrant.role,
                        "organization_id",
                        Organization.id,
                        "name",
                        Organization.name,
                        "kind",
                        Organization.kind,
                    ),
                    RoleGrant.valid_from,
                    RoleGrant.id,
                )
            ),
            func.jsonb_build_array(),
            type_=JSONB(),
        )
    )
    .join(Organization, Organization.id == RoleGrant.organization_id)
    .where(
        RoleGrant.person_id == Person.id,
        RoleGrant.valid_from <= _today,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= _today),
    )
    .correlate(Person)
    .scalar_subquery()
)
FIND = Prepared(
    select(
        ConsoleSession.id,
        ConsoleSession.person_id,
        ConsoleSession.seen_at,
        Person.name,
        _held.label("held"),
    )
    .join(Person, Person.id == ConsoleSession.person_id)
    .where(
        ConsoleSession.token_hash == bindparam("token_hash", type_=String()),
        Person.closed_at.is_(None),
        _is_living,
    )
)
LIST = Prepared(
    select(
        ConsoleSession.id,
        ConsoleSession.device,
        ConsoleSession.address,
        ConsoleSession.began_at,
        ConsoleSession.seen_at,
        ConsoleSession.expires_at,
    )
    .where(ConsoleSession.person_id == bindparam("person_id", type_=Uuid()), _is_living)
    .order_by(ConsoleSession.seen_at.desc(), ConsoleSession.id.desc())
    .limit(MOST_LISTED)
)
