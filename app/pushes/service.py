"""Pushes of WeChat: kept once, sealed, and worked on by listeners. Source: facts.md §7."""

import json
from datetime import timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, fields
from app.core.terms import Term
from app.models.house import WechatPush
from app.pushes.events import PushArrived
from app.wechat.push import Push, read_push

PURPOSE = "wechat_pushes.body"
# Their facts were told, or given up, long before.
TERMS = (Term(WechatPush.received_at, timedelta(days=30)),)
MOST_EVENT = 60


async def take(session: AsyncSession, push: Push) -> None:
    """The push is kept and announced; a second delivery of it changes nothing."""
    event = (push.event or push.kind)[:MOST_EVENT]
    push_id = await session.scalar(
        insert(WechatPush)
        .values(
            dedupe_key=push.key,
            event=event,
            body=fields.keys().seal(json.dumps(dict(push.fields)), PURPOSE),
            received_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(WechatPush.id)
    )
    if push_id is not None:
        events.record(session, PushArrived(push_id=push_id, event=event))
        await session.flush()


async def read(session: AsyncSession, push_id: int) -> Push | None:
    """The push of this number; None when it is older than 30 days."""
    row = await session.get(WechatPush, push_id)
    return None if row is None else read_push(json.loads(fields.keys().open(row.body, PURPOSE)))
