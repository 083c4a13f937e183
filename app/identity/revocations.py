"""What users tell WeChat, and WeChat tells us: an authorisation or the whole account is withdrawn.

Source: facts.md §7.1. Nicknames, avatars and the like are never kept, so there is nothing to erase.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.identity import people, service
from app.identity.events import PhoneRevoked
from app.models.person import Person, WechatAccount
from app.pushes import service as pushes
from app.pushes.events import PushArrived
from app.wechat.push import CANCELLED, REVOKED

PHONE = 8


async def on_push_arrived(session: AsyncSession, fact_number: int, event: PushArrived) -> None:
    """A cancelled account is closed; a phone that may no longer be kept is gone."""
    if event.event not in (CANCELLED, REVOKED):
        return
    push = await pushes.read(session, event.push_id)
    if push is None:
        return
    owners = await session.scalars(
        select(Person)
        .join(WechatAccount, WechatAccount.person_id == Person.id)
        .where(WechatAccount.openid == push.openid, Person.closed_at.is_(None))
        .with_for_update(of=Person, key_share=True)
    )
    for person in owners.all():
        if event.event == CANCELLED:
            await service.close_account(session, person)
        elif PHONE in push.revoked:
            people.erase_phone(person)
            events.record(session, PhoneRevoked(person_id=person.id))
    await session.flush()
