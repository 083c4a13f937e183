"""Who is told of a poll: everybody who is asked, and at its end who has asked."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.order import Order, OrderStatus
from app.models.poll import Poll, PollAnswer, PollChoice
from app.notifications import many, service
from app.orders.events import PollMoved
from app.policies import content

ASKED = "poll_asked"


async def on_poll_moved(session: AsyncSession, fact: int, event: PollMoved) -> None:
    """Who is asked has the question in the inbox; who asked learns how many can come, while the
    service still wants somebody."""
    poll = await session.get_one(Poll, event.poll_id)
    order = await session.get_one(Order, event.order_id)
    if event.action == "ask":
        await _ask(session, fact, poll, order)
    elif order.status is OrderStatus.OPEN:
        said = await _count(session, poll)
        people, subject = [poll.asked_by_id], ("poll", poll.id)
        words = {
            "order": order.said_title,
            "yes": said[PollChoice.YES],
            "maybe": said[PollChoice.MAYBE],
        }
        await service.tell(session, fact, "poll_closed", people, subject, **words)


async def _ask(session: AsyncSession, fact: int, poll: Poll, order: Order) -> None:
    form = await content.find(session, "messages", ASKED) or {}
    template = await content.find(session, "templates", form["template"]) or {}
    text = form["text"].format_map(
        {
            "order": order.said_title,
            "start": service.say(order.starts_at),
            "place": order.place,
            "deadline": service.say(poll.closes_at),
        }
    )
    await many.tell(
        session,
        fact,
        form,
        PollAnswer.person_id,
        PollAnswer.poll_id == poll.id,
        ("poll", poll.id),
        text=text,
        data=service.fill(template["data"], order.said_title, order.place, order.starts_at),
    )


async def _count(session: AsyncSession, poll: Poll) -> dict[Any, int]:
    rows = await session.execute(
        select(PollAnswer.answer, func.count())
        .where(PollAnswer.poll_id == poll.id)
        .group_by(PollAnswer.answer)
    )
    return dict.fromkeys(PollChoice, 0) | {answer: number for answer, number in rows}
