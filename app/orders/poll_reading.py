"""Polls as the asked and the organiser read them."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, func, literal_column, select
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Registration
from app.models.order import Order, OrderStatus
from app.models.organization import Organization
from app.models.person import Person
from app.models.poll import Poll, PollAnswer, PollChoice, PollStatus
from app.orders import eligibility
from app.permissions import Actor, Permission, grants, may, require
from app.rules.members import is_protected
from app.rules.words import PERSON

P = Permission
Mine = aliased(PollAnswer)
POLL_ID = bindparam("poll_id", type_=Uuid())
ORDER_ID = bindparam("order_id", type_=Uuid())
MOST, LAST = bindparam("most", type_=Integer()), bindparam("id", type_=Uuid())
MY_ANSWER = (
    select(Mine.answer)
    .where(Mine.poll_id == Poll.id, Mine.person_id == PERSON)
    .scalar_subquery()
    .label("my_answer")
)
LINE = (
    Poll.id,
    Poll.order_id,
    Poll.organization_id,
    Organization.name.label("organization_name"),
    Poll.status,
    Poll.asked,
    Poll.closes_at,
    MY_ANSWER,
)


def counted(said: PollChoice) -> Any:
    """How many have said it, for a `Poll`."""
    return (
        select(func.count())
        .where(PollAnswer.poll_id == Poll.id, PollAnswer.answer == literal_column(f"'{said}'"))
        .scalar_subquery()
    )


SHOW = Prepared(
    select(
        *LINE,
        Order.title,
        Order.place,
        Order.starts_at,
        Order.ends_at,
        Order.status.label("order_status"),
        *(counted(said).label(said.value) for said in PollChoice),
        grants(P.POLL_RUN, P.POLL_ANSWER),
    )
    .join(Order, Order.id == Poll.order_id)
    .join(Organization, Organization.id == Poll.organization_id)
    .where(Poll.id == POLL_ID, may(P.POLL_READ))
)
SEEN = Prepared(select(Order.id).where(Order.id == ORDER_ID, may(P.ORDER_READ)))
CONTAINER = Prepared(
    select(Poll.order_id, grants(P.POLL_RUN)).where(Poll.id == POLL_ID, may(P.POLL_READ))
)


async def show(reader: Reader, actor: Actor, poll_id: UUID) -> dict[str, Any]:
    """One poll, for who is asked and for who asks.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"poll_id": poll_id})
    if row is None:
        raise NotFound
    is_open = (
        row["status"] is PollStatus.OPEN
        and row["closes_at"] > clock.now()
        and row["order_status"] is OrderStatus.OPEN
    )
    return row | {
        "can_answer": is_open and P.POLL_ANSWER in row["grants"],
        "can_run": P.POLL_RUN in row["grants"],
    }


async def page_of_order(
    reader: Reader, actor: Actor, paging: Paging, order_id: UUID
) -> Slice[dict[str, Any]]:
    """The polls about an order that the actor may see, the latest first.

    Raises:
        NotFound: no such order for the actor.
    """
    binds = actor.binds() | {"order_id": order_id}
    if await SEEN.one(reader, binds) is None:
        raise NotFound
    where = scope("polls", {"order_id": order_id})
    key = after(paging, where, UUID)
    binds |= {"most": paging.limit + 1} | ({"id": key[0]} if key else {})
    return cut(await _polls(bool(key)).rows(reader, binds), paging, where, "id")


async def page_of_answers(
    reader: Reader, actor: Actor, paging: Paging, poll_id: UUID, said: PollChoice | None
) -> Slice[dict[str, Any]]:
    """Who was asked and what he has said, or those who have said `said`; for who asks.

    Who has become a protected member since stands on no list.

    Raises:
        NotFound, Forbidden: as for the poll.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"poll_id": poll_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.POLL_RUN)
    asked = {"poll_id": poll_id, "answer": said}
    where = scope("poll-answers", asked)
    key = after(paging, where, UUID)
    binds = asked | {"order_id": row["order_id"], "most": paging.limit + 1}
    binds |= {"id": key[0]} if key else {}
    rows = await _answers(said is not None, bool(key)).rows(reader, binds)
    return cut(rows, paging, where, "place")


@cache
def _polls(is_continued: bool) -> Prepared:
    statement = (
        select(*LINE)
        .join(Organization, Organization.id == Poll.organization_id)
        .where(Poll.order_id == ORDER_ID, may(P.POLL_READ))
        .order_by(Poll.id.desc())
        .limit(MOST)
    )
    return Prepared(statement.where(Poll.id < LAST) if is_continued else statement)


@cache
def _answers(is_filtered: bool, is_continued: bool) -> Prepared:
    statement = (
        select(
            PollAnswer.registration_id.label("id"),
            PollAnswer.id.label("place"),
            Person.name,
            PollAnswer.answer,
            eligibility.may_be_asked(PollAnswer.person_id).label("can_come"),
        )
        .select_from(PollAnswer)
        .join(Order, Order.id == ORDER_ID)
        .join(Person, Person.id == PollAnswer.person_id)
        .join(Registration, Registration.id == PollAnswer.registration_id)
        .where(PollAnswer.poll_id == POLL_ID, ~is_protected)
        .order_by(PollAnswer.id)
        .limit(MOST)
    )
    if is_filtered:
        said = bindparam("answer", type_=PollAnswer.answer.type)
        statement = statement.where(PollAnswer.answer == said)
    return Prepared(statement.where(PollAnswer.id > LAST) if is_continued else statement)
