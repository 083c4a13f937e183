"""How many messages of a template may be sent: what users accept, and take back in WeChat."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.organization import ContentItem
from app.models.outbox import OutboxEntry
from app.models.person import WechatAccount
from app.models.report import MessageCredit
from app.notifications.credits import MOST, SWITCHED, on_push_arrived
from app.pushes.events import PushArrived
from app.pushes.service import take
from app.wechat.push import read_push
from tests.factories.people import make_person
from tests.notifications.test_inbox import Headers, accept

OPENID = "oFixtureOpenid000000000001"
REAL = "tmplRealNumberOfTheAccount"


async def arrives(session: AsyncSession, event: str, status: str, *templates: str) -> None:
    """WeChat's push arrives and its fact is told."""
    listed = [{"TemplateId": one, "SubscribeStatusString": status} for one in templates]
    fields: dict[str, Any] = {
        "MsgType": "event",
        "Event": event,
        "FromUserName": OPENID,
        "CreateTime": 1767225600,
        "List": listed,
    }
    await take(session, read_push(fields))
    entry = await session.scalar(select(OutboxEntry).order_by(OutboxEntry.id.desc()))
    assert entry is not None
    await on_push_arrived(session, entry.id, PushArrived.model_validate(entry.payload))


async def counted(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(
        select(MessageCredit.template, MessageCredit.left).order_by(MessageCredit.template)
    )
    return {template: left for template, left in rows}


@pytest.mark.parametrize(
    ("event", "status", "review", "reminder"),
    [
        (SWITCHED, "reject", 0, 0),
        (SWITCHED, "accept", 2, 2),
        ("subscribe_msg_popup_event", "reject", 2, 2),  # it refuses the next, and keeps the earlier
    ],
)
async def test_who_switches_a_template_off_accepts_none_of_it(
    session: AsyncSession, event: str, status: str, review: int, reminder: int
) -> None:
    """By the number of the account's template, or by our code where none is set."""
    person, other = await make_person(session), await make_person(session)
    session.add(WechatAccount(appid="wx", openid=OPENID, person_id=person.id))
    entry = await session.scalar(
        select(ContentItem).where(
            ContentItem.section == "templates", ContentItem.code == "review_result"
        )
    )
    assert entry is not None
    entry.data = entry.data | {"id": REAL}
    session.add_all(
        MessageCredit(person_id=one.id, template=template, left=2)
        for one, template in (
            (person, "review_result"),
            (person, "service_reminder"),
            (person, "record_notice"),
            (other, "confirm_request"),
        )
    )
    await session.flush()
    await arrives(session, event, status, REAL, "service_reminder", "confirm_request")
    assert await counted(session) == {
        "confirm_request": 2,
        "record_notice": 2,
        "review_result": review,
        "service_reminder": reminder,
    }


async def test_a_push_that_is_gone_takes_nothing(session: AsyncSession) -> None:
    await on_push_arrived(session, 1, PushArrived(push_id=10**9, event=SWITCHED))


async def test_nobody_collects_without_end(
    client: AsyncClient, session: AsyncSession, sign_in: Headers
) -> None:
    head = sign_in(await make_person(session))
    for _ in range(MOST // 5 + 1):
        assert (await accept(client, head, *["service_reminder"] * 5)).status_code == 204
    assert await counted(session) == {"service_reminder": MOST}
