"""Signing in to the console by scanning: a browser shows a ticket, a phone confirms it, the browser
exchanges it for a session.

The browser holds a secret, and the code in the picture is made from it: who has seen the code cannot
be the browser. Scanning alone does nothing; who confirms has a role of staff and has been shown which
browser asks. Source: facts.md §10.1.
"""

import base64
import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock, ids
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.prepared import Prepared, Reader
from app.core.terms import Term
from app.identity import people
from app.models.person import Role
from app.models.sign_in import SignInTicket
from app.permissions import Actor

LIFE = timedelta(minutes=3)
TERMS = (Term(SignInTicket.expires_at, timedelta(days=1)),)
SECRET_BYTES = 32
CODE_LENGTH = 26  # 130 bits; a scene takes 32 characters

# Who works at a desk; the others have their pages in the mini-program.
STAFF = frozenset(Role) - {
    Role.GRID_HELPER,
    Role.BUILDING_HELPER,
    Role.RESIDENT_REPRESENTATIVE,
    Role.MERCHANT,
}


class TicketGone(NotFound):
    """No such ticket, or it is over: expired, refused, used."""

    code, title = "ticket_gone", "二维码已失效，请在电脑上刷新后再扫"


class NotConfirmed(Conflict):
    """The phone has not said yes."""

    code, title = "ticket_not_confirmed", "还没有在手机上确认，请在手机上点“确认登录”"


class NotStaff(Forbidden):
    """The console is for people with a role of staff."""

    code, title = "not_staff", "您没有管理端的角色，不能登录管理端"


class TicketState(StrEnum):
    """What the browser that shows it is told."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    OVER = "over"


def is_staff(actor: Actor) -> bool:
    """Whether the console is for this person."""
    return not STAFF.isdisjoint(actor.held)


def code_of(secret: str) -> str:
    """The code in the picture of the browser that holds `secret`."""
    digest = hashlib.sha256(f"ticket|{secret}".encode()).digest()
    return base64.b32encode(digest).decode()[:CODE_LENGTH]


async def make(session: AsyncSession, *, device: str, address: str) -> str:
    """The secret of a new ticket, good for three minutes; it goes to the browser and nowhere else."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    ticket = SignInTicket(
        code_hash=ids.digest(code_of(secret)),
        device=device,
        address=address,
        expires_at=clock.now() + LIFE,
    )
    session.add(ticket)
    await session.flush()
    return secret


async def show(reader: Reader, actor: Actor, code: str) -> dict[str, Any]:
    """Which browser asks, for who has scanned the code and is to decide.

    Raises:
        TicketGone: unknown, over, or decided by somebody else.
    """
    row = await _find(reader, code)
    if _state(row) in (TicketState.REFUSED, TicketState.OVER):
        raise TicketGone
    if row is None or row["person_id"] not in (None, actor.person_id):
        raise TicketGone
    return row | {"may_confirm": is_staff(actor)}


async def state(reader: Reader, secret: str) -> TicketState:
    """How far the ticket of this browser is."""
    return _state(await _find(reader, code_of(secret)))


async def confirm(session: AsyncSession, actor: Actor, code: str) -> None:
    """The browser that shows the code may sign in as the actor. Said again it changes nothing.

    Raises:
        NotStaff: no role that the console is for.
        TicketGone: unknown, over, or decided by somebody else.
    """
    if not is_staff(actor):
        raise NotStaff
    await _decide(session, actor, code, "confirmed_at")


async def refuse(session: AsyncSession, actor: Actor, code: str) -> None:
    """Nobody signs in with this ticket, even if it was confirmed a moment ago.

    Raises:
        TicketGone: as `confirm`.
    """
    await _decide(session, actor, code, "refused_at")


async def consume(session: AsyncSession, secret: str) -> UUID:
    """Who has confirmed the ticket of this browser; it is used up.

    Raises:
        NotConfirmed: nobody yet.
        TicketGone: unknown, expired, refused or used.
    """
    is_own = SignInTicket.code_hash == ids.digest(code_of(secret))
    person_id: UUID | None = await session.scalar(
        update(SignInTicket)
        .where(is_own, _is_living(), SignInTicket.confirmed_at.is_not(None))
        .values(consumed_at=clock.now())
        .returning(SignInTicket.person_id)
    )
    if person_id is None:
        waits = await session.scalar(select(SignInTicket.id).where(is_own, _is_living()))
        raise NotConfirmed if waits else TicketGone
    return person_id


async def _decide(session: AsyncSession, actor: Actor, code: str, when: str) -> None:
    """One conditional write: of two people who scanned the same picture the first one decides."""
    mine = people.id_of(actor)
    ticket_id = await session.scalar(
        update(SignInTicket)
        .where(
            SignInTicket.code_hash == ids.digest(code),
            _is_living(),
            or_(SignInTicket.person_id.is_(None), SignInTicket.person_id == mine),
        )
        .values({"person_id": mine, when: clock.now()})
        .returning(SignInTicket.id)
    )
    if ticket_id is None:
        raise TicketGone
    said = when.removesuffix("_at")
    audit.operated(session, actor, f"sign_in.{said}", subject=("sign_in_ticket", ticket_id))
    await session.flush()


def _is_living() -> ColumnElement[bool]:
    return (
        SignInTicket.consumed_at.is_(None)
        & SignInTicket.refused_at.is_(None)
        & (SignInTicket.expires_at > clock.now())
    )


def _state(row: dict[str, Any] | None) -> TicketState:
    if row is None or row["consumed_at"] or row["expires_at"] <= clock.now():
        return TicketState.OVER
    if row["refused_at"]:
        return TicketState.REFUSED
    return TicketState.CONFIRMED if row["confirmed_at"] else TicketState.WAITING


async def _find(reader: Reader, code: str) -> dict[str, Any] | None:
    return await FIND.one(reader, {"code_hash": ids.digest(code)})


FIND = Prepared(
    select(*SignInTicket.__table__.columns).where(
        SignInTicket.code_hash == bindparam("code_hash", type_=String())
    )
)
