"""Door and phone for who comes, in a window of time; and the pass by which a stranger is known.

Source: practice.md R2.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock
from app.core.errors import Conflict, NotFound
from app.core.prepared import Prepared, Reader
from app.models.need import Need
from app.models.order import Order, OrderNeed, OrderStatus, Seat
from app.models.person import Person
from app.orders import service
from app.orders.lifecycle import LIVE, RUNNING
from app.permissions import Actor, Permission

PASS_SECONDS = 30
LIMIT_WINDOW = timedelta(minutes=1)
TAG = 10
NOT_SERVED = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
SEAT_HOLDER = "seat_holder"  # as what a taker looks at a contact


class ContactClosed(Conflict):
    """Door and phone are shown only around the time of the service."""

    code, title = "contact_closed", "联系方式仅在服务前后限时可见"


async def show(session: AsyncSession, actor: Actor, order_id: UUID) -> Order:
    """The order, for reading its door and phone in clear; the look is logged for the resident.

    Raises:
        NotFound: not the actor's to see.
        Forbidden: the actor holds no living seat.
        ContactClosed: outside the window, or the service does not take place.
    """
    order, _ = await service.get(session, actor, order_id, Permission.ORDER_CONTACT)
    now = clock.now()
    if (
        order.status in NOT_SERVED
        or order.contact_from is None
        or order.contact_until is None
        or not order.contact_from <= now <= order.contact_until
    ):
        raise ContactClosed
    owners = await session.execute(
        select(Need.id, Need.requester_id)
        .join(OrderNeed, OrderNeed.need_id == Need.id)
        .where(OrderNeed.order_id == order.id)
    )
    fields = "name,phone,door"
    for need_id, owner in owners.all():
        audit.looked(
            session,
            actor,
            fields,
            subject=("need", need_id),
            owner_id=owner,
            capacity=SEAT_HOLDER,
        )
    audit.looked(session, actor, fields, subject=("order", order.id), owner_id=None)
    await session.flush()
    return order


FIND = Prepared(
    select(
        Seat.id,
        Seat.status,
        Seat.person_id,
        Person.name,
        Order.said_title.label("title"),
        Order.status.label("order_status"),
        Order.contact_from,
        Order.contact_until,
    )
    .join(Order, Order.id == Seat.order_id)
    .join(Person, Person.id == Seat.person_id)
    .where(Seat.id == bindparam("seat_id", type_=Uuid()))
)


async def make_pass(reader: Reader, actor: Actor, seat_id: UUID, key: bytes) -> dict[str, Any]:
    """The code that the actor shows at the door, and until when it holds: half a minute.

    Raises:
        NotFound: not the actor's seat, or one that is not live.
        ContactClosed: not around the time of the service, or it is over or cancelled.
    """
    row = await FIND.one(reader, {"seat_id": seat_id})
    if row is None or row["person_id"] != actor.person_id or row["status"] not in LIVE:
        raise NotFound
    if not _is_time(row):
        raise ContactClosed
    window = _window(clock.now())
    ends = datetime.fromtimestamp((window + 1) * PASS_SECONDS, UTC)
    return {"code": f"{seat_id.hex}{_tag(key, seat_id, window)}", "valid_until": ends}


async def check_pass(reader: Reader, code: str, key: bytes) -> dict[str, Any]:
    """Surname and service, if the pass is genuine and valid now; else nothing at all.

    The window before is good as well: a code is read while it changes.

    Raises:
        NotFound: forged, too old, or seat or service are no longer live.
    """
    seat_id = UUID(hex=code[:32])
    window = _window(clock.now())
    if not any(
        hmac.compare_digest(code[32:].encode(), _tag(key, seat_id, one).encode())
        for one in (window, window - 1)
    ):
        raise NotFound
    row = await FIND.one(reader, {"seat_id": seat_id})
    if row is None or row["status"] not in LIVE or not _is_time(row):
        raise NotFound
    surname = (row["name"] or "—")[:1]
    return {"is_genuine": True, "who": f"{surname}同志（在职党员）", "title": row["title"]}


def _is_time(row: dict[str, Any]) -> bool:
    begins, ends = row["contact_from"], row["contact_until"]
    if row["order_status"] not in RUNNING:
        return False
    return begins is not None and begins <= clock.now() <= ends


def _window(moment: datetime) -> int:
    return int(moment.timestamp()) // PASS_SECONDS


def _tag(key: bytes, seat_id: UUID, window: int) -> str:
    return hmac.new(key, f"{seat_id.hex}|{window}".encode(), hashlib.sha256).hexdigest()[:TAG]
