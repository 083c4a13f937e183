"""What WeChat lets us send: one message of a template for each time its user has accepted it.

A credit is used up when a message is queued and given back when it surely was not sent. What WeChat
says of it (43101, a user who switches the template off) is truer than our count. Source: facts.md §4.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, any_, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.models.organization import ContentItem
from app.models.person import WechatAccount
from app.models.report import MessageCredit
from app.permissions import Actor
from app.policies import content
from app.pushes import service as pushes
from app.pushes.events import PushArrived

SWITCHED, REJECTED = "subscribe_msg_change_event", "reject"
MOST = 50  # of one template: nobody is told more before he comes again


async def add(session: AsyncSession, actor: Actor, templates: Sequence[str]) -> None:
    """One more message of each template may be sent to the actor; one named twice is two.

    Raises:
        Invalid: a template that the content does not know, or that is switched off.
    """
    known = await content.section(session, "templates")
    for place, template in enumerate(templates):
        if known.get(template, {"enabled": False}).get("enabled") is False:
            raise Invalid.field(f"/accepted/{place}", "unknown_code", "不在可选范围内")
    counted = sorted(Counter(templates).items())
    adding = insert(MessageCredit).values(
        [
            {"person_id": actor.person_id, "template": template, "left": times}
            for template, times in counted
        ]
    )
    await session.execute(
        adding.on_conflict_do_update(
            index_elements=["person_id", "template"],
            set_={"left": func.least(MessageCredit.left + adding.excluded.left, MOST)},
        )
    )


async def spend(session: AsyncSession, people: Collection[UUID], template: str) -> set[UUID]:
    """Who of `people` had a credit of the template: it is used up."""
    spent = await session.execute(
        update(MessageCredit)
        .where(*_of(people, template), MessageCredit.left > 0)
        .values(left=MessageCredit.left - 1)
        .returning(MessageCredit.person_id)
    )
    return {row.person_id for row in spent}


async def willing(session: AsyncSession, people: Collection[UUID], template: str) -> set[UUID]:
    """Who of `people` has a credit of the template; none is used up."""
    return set(
        await session.scalars(
            select(MessageCredit.person_id).where(*_of(people, template), MessageCredit.left > 0)
        )
    )


async def give_back(session: AsyncSession, person_id: UUID, template: str) -> None:
    """A message of the template that has used up a credit was not sent."""
    await session.execute(
        update(MessageCredit).where(*_of([person_id], template)).values(left=MessageCredit.left + 1)
    )


async def none_left(session: AsyncSession, person_id: UUID, template: str) -> None:
    """WeChat takes no message of the template for this person, whatever we have counted."""
    await session.execute(update(MessageCredit).where(*_of([person_id], template)).values(left=0))


async def on_push_arrived(session: AsyncSession, fact_number: int, event: PushArrived) -> None:
    """Who has switched a template off in WeChat accepts no message of it any more."""
    if event.event != SWITCHED:
        return
    push = await pushes.read(session, event.push_id)
    if push is None:
        return
    off = [item.template_id for item in push.items if item.status == REJECTED]
    accounts = select(WechatAccount.person_id).where(WechatAccount.openid == push.openid)
    ours = select(ContentItem.code).where(
        ContentItem.section == "templates",
        func.coalesce(ContentItem.data["id"].astext, ContentItem.code)
        == any_(cast(off, ARRAY(String()))),
    )
    await session.execute(
        update(MessageCredit)
        .where(MessageCredit.person_id.in_(accounts), MessageCredit.template.in_(ours))
        .values(left=0)
    )


def _of(people: Collection[UUID], template: str) -> tuple[ColumnElement[bool], ...]:
    return (
        MessageCredit.person_id == any_(cast([*people], ARRAY(Uuid()))),
        MessageCredit.template == template,
    )
