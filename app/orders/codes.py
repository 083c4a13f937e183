"""The code of a venue: who enters it while it holds was there, as if the organiser had said so.

It changes every half minute (policy) and is made of a secret of the house, the order and the time,
so nothing of it is stored. No location and no photo is asked for, and none is kept.
Source: `attendance.venue_code_seconds`.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.prepared import Prepared, Reader
from app.lifecycle import BadTransition
from app.models.order import Order, OrderStatus, Seat, SeatStatus
from app.orders import attendance, flags, service
from app.orders.attendance import COMING, OwnSeat
from app.orders.lifecycle import LIVE, RUNNING, OrderAction, SeatAction
from app.permissions import Actor, Permission, grants, may, require
from app.policies import service as policies

P = Permission
SECONDS = "attendance.venue_code_seconds"
VENUE_CODE = "venue_code"  # of `attendance_methods`; the reason in the seat's history
REMEMBERED = 20  # steps for which a code that held is told from a wrong one


class CodeExpired(Conflict):
    """It held a moment ago."""

    code, title = "code_expired", "现场码已更新，请查看最新的码"


FIND = Prepared(
    select(Order.status, Order.community_id, grants(P.ORDER_ATTEND)).where(
        Order.id == bindparam("order_id", type_=Uuid()), may(P.ORDER_READ)
    )
)


async def show(reader: Reader, actor: Actor, order_id: UUID, key: bytes) -> dict[str, Any]:
    """The code that the organiser's screen shows now, and until when.

    Raises:
        NotFound, Forbidden: as every step.
        BadTransition: the order is not published, or over.
    """
    row = await FIND.one(reader, actor.binds() | {"order_id": order_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.ORDER_ATTEND)
    if row["status"] not in RUNNING:
        raise BadTransition
    seconds = (await policies.show(reader, row["community_id"], SECONDS))["value"]
    step = _step(seconds)
    until = datetime.fromtimestamp((step + 1) * seconds, UTC)
    return {"code": _code(key, order_id, step), "valid_until": until}


async def arrive(
    session: AsyncSession, actor: Actor, order_id: UUID, said: str, key: bytes
) -> Seat:
    """The actor came; a second time changes nothing. Minutes are confirmed by somebody else.

    The code stands for the organiser's word; so who could show it does not enter it for himself.

    Raises:
        NotFound, BadTransition, NotBegun: as attendance.
        Forbidden: he has no place on the order. OwnSeat: he is its organiser.
        Invalid: a wrong code. CodeExpired: see there.
        TwoNeeded: one would begin alone what two must do.
    """
    order, granted = await service.get(session, actor, order_id)
    attendance.check_running(order)
    held = await service.seats_of(session, order)
    mine = next((seat for seat in held if seat.person_id == actor.person_id), None)
    if mine is None or mine.status not in LIVE:
        raise Forbidden
    if P.ORDER_ATTEND in granted:
        raise OwnSeat
    _check(key, order_id, said, await policies.value(session, order.community_id, SECONDS))
    if mine.status is not SeatStatus.TAKEN:
        return mine
    flags.check_together(order, sum(seat.status in COMING for seat in held))
    by_code: list[str] = [P.ORDER_ATTEND]
    service.seat_moved(session, actor, mine, SeatAction.ATTEND, by_code, reason=VENUE_CODE)
    if order.status is OrderStatus.OPEN:
        service.moved(session, actor, order, OrderAction.START, by_code)
    await session.flush()
    return mine


def _check(key: bytes, order_id: UUID, said: str, seconds: int) -> None:
    """The step before is good as well: a code is read while it changes."""
    now = _step(seconds)
    for age in range(REMEMBERED):
        if hmac.compare_digest(said, _code(key, order_id, now - age)):
            if age > 1:
                raise CodeExpired
            return
    raise Invalid.field("/code", "wrong_code", "现场码不正确")


def _step(seconds: int) -> int:
    return int(clock.now().timestamp()) // seconds


def _code(key: bytes, order_id: UUID, step: int) -> str:
    """Six digits of one order and one step of time."""
    tag = hmac.new(key, f"{order_id.hex}|{step}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(tag[:8]) % 1_000_000:06d}"
