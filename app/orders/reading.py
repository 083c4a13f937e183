"""Orders as members, staff and anybody read them. Hot: open orders of a community, one order.

Each list has one driving column with an index and is allowed by one grant on its community.
"""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased
from sqlalchemy.types import DateTime

from app.core import clock
from app.core.errors import NotFound
from app.core.masking import mask_name
from app.core.paging import Lines, Paging, Slice, after, cut, cut_lines, scope
from app.core.prepared import Prepared, PreparedPage, Reader
from app.files import reading as files
from app.models.member import Member, Registration
from app.models.need import Acceptance
from app.models.order import Order, OrderStatus, Seat
from app.models.organization import ContentItem, NamedOrganization, Organization
from app.models.person import Person
from app.orders import photos
from app.orders.lifecycle import ORDER, SEAT, SeatAction
from app.organizations import places
from app.permissions import Actor, Permission, grants, may, require
from app.rules.orders import is_living
from app.rules.words import PERSON

P = Permission
Mine = aliased(Seat)
Community = aliased(NamedOrganization)

COMMUNITY = bindparam("community_id", type_=Uuid())
# a literal, so that the partial index of open orders serves it
IS_OPEN = and_(Order.status == literal_column("'open'"), ~Order.is_confidential)
IS_MINE = (Mine.order_id == Order.id, Mine.person_id == PERSON, is_living(Mine))
MY_SEAT = select(Mine.id).where(*IS_MINE).scalar_subquery()
MY_STATUS = select(Mine.status).where(*IS_MINE).scalar_subquery()
HOLDS = select(Mine.id).where(*IS_MINE, Mine.status != literal_column("'waiting'")).exists()
CARD = (
    Order.id,
    Order.title,
    Order.category,
    Order.place,
    Order.starts_at,
    Order.ends_at,
    Order.seats,
    Order.taken,
)
BRIEF = (
    Order.number,
    Order.skills,
    Order.is_at_home,
    (Order.taken >= Order.seats).label("is_full"),
    HOLDS.label("is_mine"),
)
CONTAINER = Prepared(
    select(grants(P.COMMUNITY_BOARD, P.COMMUNITY_ORDER)).where(Organization.id == COMMUNITY)
)


async def page_of_open(reader: Reader, actor: Actor, paging: Paging, community_id: UUID) -> Lines:
    """Open orders of a community, the soonest first; whether each is full, and mine.

    Who lives or is registered there is let in without asking the database.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    if community_id not in actor.places:
        await allowed(reader, actor, community_id, P.COMMUNITY_BOARD)
    binds = {"community_id": community_id, "person": actor.person_id}
    return await _lines(reader, paging, "open", binds)


async def page_of_board(reader: Reader, paging: Paging, community_id: UUID) -> Lines:
    """The public board: open orders of a community without anything personal.

    Raises:
        NotFound: there is no such community.
    """
    found = await _lines(reader, paging, "board", {"community_id": community_id})
    if not found.text:
        await places.known(reader, community_id, "community")
    return found


async def page_of_community(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID, status: OrderStatus
) -> Slice[dict[str, Any]]:
    """The community's orders in one state, by their begin; errors as above."""
    await allowed(reader, actor, community_id, P.COMMUNITY_ORDER)
    binds = {"community_id": community_id, "status": status}
    where, key = _place(paging, "staff", binds)
    rows = await _of_staff(bool(key)).rows(reader, binds | key | {"most": paging.limit + 1})
    return cut(rows, paging, where, "starts_at", "id")


async def allowed(reader: Reader, actor: Actor, community_id: UUID, permission: Permission) -> None:
    """Nothing, if the actor has `permission` there.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"community_id": community_id})
    if row is None:
        raise NotFound
    require(row["grants"], permission)


async def _lines(reader: Reader, paging: Paging, whose: str, binds: dict[str, Any]) -> Lines:
    where, key = _place(paging, whose, binds)
    statement = _written(whose, bool(key))
    found = await statement.page(reader, binds | key | {"most": paging.limit + 1})
    return cut_lines(found, statement.fields, paging, where)


def _place(paging: Paging, whose: str, binds: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The list's name with its filters, and the key after which the page begins."""
    where = scope(f"orders-{whose}", {k: v for k, v in binds.items() if k != "person"})
    key = after(paging, where, datetime, UUID)
    return where, {} if key is None else {"starts_at": key[0], "id": key[1]}


@cache
def _written(whose: str, is_continued: bool) -> PreparedPage:
    columns = CARD if whose == "board" else (*CARD, *BRIEF)
    return PreparedPage(_list(columns, IS_OPEN, is_continued), "starts_at", "id")


@cache
def _of_staff(is_continued: bool) -> Prepared:
    is_wanted = Order.status == bindparam("status", type_=Order.status.type)
    return Prepared(_list((*CARD, Order.number, Order.status), is_wanted, is_continued))


def _list(
    columns: tuple[Any, ...], is_wanted: ColumnElement[bool], is_continued: bool
) -> Select[*tuple[Any, ...]]:
    """Orders of a community by their begin."""
    statement = (
        select(*columns)
        .where(Order.community_id == COMMUNITY, is_wanted)
        .order_by(Order.starts_at, Order.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(
            tuple_(Order.starts_at, Order.id)
            > tuple_(
                bindparam("starts_at", type_=DateTime(timezone=True)),
                bindparam("id", type_=Uuid()),
            )
        )
    return statement


PROTECTED = "党员"
ANSWERS = (
    select(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        "round",
                        Acceptance.round,
                        "answer",
                        Acceptance.status,
                        "reason_code",
                        Acceptance.reason_code,
                        "reason",
                        ContentItem.data["name"],
                    ),
                    Acceptance.id,
                )
            ),
            func.jsonb_build_array(),
            type_=JSONB(),
        )
    )
    .outerjoin(
        ContentItem,
        and_(
            ContentItem.section == "acceptance.reasons_if_not_solved",
            ContentItem.code == Acceptance.reason_code,
        ),
    )
    .where(Acceptance.order_id == Order.id)
    .scalar_subquery()
)
FLAGS = (
    select(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        "code",
                        ContentItem.code,
                        "name",
                        ContentItem.data["name"],
                        "effect",
                        ContentItem.data["effect"],
                    ),
                    ContentItem.position,
                )
            ),
            func.jsonb_build_array(),
            type_=JSONB(),
        )
    )
    .where(ContentItem.section == "need_flags", ContentItem.code == any_(Order.flags))
    .scalar_subquery()
)
SHOW = Prepared(
    select(
        *CARD,
        Order.number,
        Order.status,
        Order.community_id,
        Community.name.label("community_name"),
        Order.description,
        Order.skills,
        Order.kind,
        Order.difficulty,
        Order.target,
        Order.marks,
        FLAGS.label("flags"),
        Order.licences,
        Order.clearances,
        Order.is_confidential,
        Order.insured_until,
        Order.has_guardian,
        Order.series_id,
        Order.is_at_home,
        (Order.taken >= Order.seats).label("is_full"),
        Order.release_until,
        Order.version,
        MY_SEAT.label("my_seat_id"),
        MY_STATUS.label("my_status"),
        ANSWERS.label("answers"),
        grants(P.ORDER_RUN, P.ORDER_ATTEND, P.ORDER_PROTECTED),
    )
    .join(Community, Community.id == Order.community_id)
    .where(Order.id == bindparam("order_id", type_=Uuid()), may(P.ORDER_READ))
)
HELD = Prepared(
    select(
        Seat.id,
        Person.name,
        Member.is_protected,
        Seat.status,
        Seat.origin,
        Seat.minutes,
        Seat.mark,
    )
    .join(Person, Person.id == Seat.person_id)
    .join(Registration, Registration.id == Seat.registration_id)
    .join(Member, Member.id == Registration.member_id)
    .where(Seat.order_id == bindparam("order_id", type_=Uuid()))
    .order_by(Seat.id)
    .limit(500)
)


async def show(reader: Reader, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """One order with the reader's steps and photos; the organiser also sees who has seats.

    The residents' answers are for who holds a seat and for the community. Source: practice.md R10.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"order_id": order_id})
    if row is None:
        raise NotFound
    granted = row["grants"]
    held = await HELD.rows(reader, {"order_id": order_id}) if granted else []
    was_served = row["status"] in photos.SERVED
    is_concerned = row["my_seat_id"] is not None or P.ORDER_RUN in granted
    return row | {
        "seats_held": [seat | {"name": _name(seat, granted)} for seat in held],
        "answers": row["answers"] if is_concerned else [],
        "photos": await files.of_subject(reader, actor, (photos.SUBJECT, order_id))
        if was_served
        else [],
        "open_to": ORDER.open_in(row["status"], row["grants"]),
    }


def _name(seat: dict[str, Any], granted: list[str]) -> str | None:
    """Who has the seat, as this reader may know it. Source: practice.md R12."""
    name: str | None = seat["name"]
    if seat["is_protected"] and P.ORDER_PROTECTED not in granted:
        return PROTECTED
    return name if name is None or P.ORDER_RUN in granted else mask_name(name)


# What a person may do about a seat only before the service begins.
BEFORE = (SeatAction.ACCEPT, SeatAction.RELEASE)


async def page_of_mine(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's seats with their orders, the latest taken first."""
    where = scope("my-seats", {"p": actor.person_id})
    key = after(paging, where, UUID)
    binds: dict[str, Any] = {"owner": actor.person_id, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    rows = _opened(await _mine(key is not None).rows(reader, binds))
    return cut(rows, paging, where, "id")


async def coming_of_mine(reader: Reader, actor: Actor, most: int) -> list[dict[str, Any]]:
    """The actor's seats, waiting ones too, of services that are not over: the soonest, at most `most`.
    One statement."""
    binds = {"owner": actor.person_id, "now": clock.now(), "most": most}
    return _opened(await COMING_OF_MINE.rows(reader, binds))


def _opened(seats: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with the steps that its holder may take now."""
    now = clock.now()
    for row in seats:
        steps = SEAT.open_in(row["status"], [P.SEAT_OWN])
        has_begun = row["starts_at"] <= now
        row["open_to"] = [step for step in steps if not has_begun or step not in BEFORE]
    return seats


MINE = (
    select(
        Seat.id,
        Seat.order_id,
        Seat.status,
        Order.title,
        Order.place,
        Order.starts_at,
        Order.ends_at,
        Order.release_until,
        Seat.origin,
        Seat.offered_until,
        Seat.minutes,
        ANSWERS.label("answers"),
    )
    .join(Order, Order.id == Seat.order_id)
    .where(Seat.person_id == bindparam("owner", type_=Uuid()))
    .limit(bindparam("most", type_=Integer()))
)
COMING_OF_MINE = Prepared(
    MINE.where(
        is_living(Seat), Order.ends_at > bindparam("now", type_=DateTime(timezone=True))
    ).order_by(Order.starts_at, Seat.id)
)


@cache
def _mine(is_continued: bool) -> Prepared:
    statement = MINE.order_by(Seat.id.desc())
    if is_continued:
        statement = statement.where(Seat.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)
