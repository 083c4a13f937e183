"""What a user tells WeChat reaches us as a push."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.revocations import on_push_arrived
from app.models.outbox import OutboxEntry
from app.models.person import Person, WechatAccount
from app.pushes.events import PushArrived
from app.pushes.service import take
from app.wechat.push import CANCELLED, CHANGED, REVOKED, read_push
from tests.factories.people import make_person

OPENID = "oFixtureOpenid000000000001"


async def owner(session: AsyncSession) -> Person:
    person = await make_person(session)
    session.add(WechatAccount(appid="wx", openid=OPENID, person_id=person.id))
    await session.flush()
    return person


async def told(session: AsyncSession, event: str, revoked: str, openid: str = OPENID) -> None:
    """WeChat's push arrives and its fact is told."""
    push = read_push(
        {
            "MsgType": "event",
            "Event": event,
            "FromUserName": "oPlatform",
            "OpenID": openid,
            "CreateTime": 1767225600,
            "RevokeInfo": revoked,
        }
    )
    await take(session, push)
    entry = await session.scalar(select(OutboxEntry).order_by(OutboxEntry.id.desc()))
    assert entry is not None
    await on_push_arrived(session, entry.id, PushArrived.model_validate(entry.payload))


async def test_a_cancelled_account_is_closed(session: AsyncSession) -> None:
    person = await owner(session)
    await told(session, CANCELLED, "")
    await session.refresh(person)
    assert person.closed_at is not None
    assert (person.name, person.phone) == (None, None)
    assert await session.scalar(select(WechatAccount.openid)) is None


@pytest.mark.parametrize(("revoked", "is_kept"), [("8", False), ("6,8", False), ("6", True)])
async def test_a_phone_that_may_no_longer_be_kept_is_gone(
    session: AsyncSession, revoked: str, is_kept: bool
) -> None:
    person = await owner(session)
    await told(session, REVOKED, revoked)
    await session.refresh(person)
    assert person.closed_at is None
    assert (person.phone is not None) is is_kept
    assert person.name == "王建国"
    facts = await session.scalars(select(OutboxEntry.name))
    assert ("phone.revoked" in facts.all()) is not is_kept


async def test_other_pushes_and_other_users_change_nothing(session: AsyncSession) -> None:
    person = await owner(session)
    await told(session, CHANGED, "6")
    await told(session, CANCELLED, "", openid="oSomebodyElse")
    await on_push_arrived(session, 1, PushArrived(push_id=10**9, event=CANCELLED))
    await session.refresh(person)
    assert person.closed_at is None
    assert person.phone is not None
