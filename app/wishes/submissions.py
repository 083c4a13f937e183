"""How a wish comes in: from the beneficiary himself, or entered on behalf. Source: domain.md §3.4."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import numbers
from app.core import fields
from app.core.errors import Invalid
from app.models.wish import Wish, WishKind
from app.needs import service as needs
from app.needs import submissions as needs_in
from app.permissions import Actor
from app.policies import content
from app.residents import places
from app.wishes import limits, service
from app.wishes.lifecycle import SUBMITTED
from app.wishes.schemas import WishForIn, WishIn

SUBMIT = "submit_need"  # the tap; a wish is a need with a door of its own


class WishReceived(NamedTuple):
    """A wish as received, and the templates to ask for."""

    wish: Wish
    ask_templates: list[str]


async def submit(session: AsyncSession, actor: Actor, body: WishIn) -> WishReceived:
    """The resident's wish waits for the community.

    Raises:
        ConsentMissing, PhoneRequired: as for a need.
        WishLimit: see there.
        Invalid: money, too high a value, a minor without a guardian, a door without the consent to
            it; no residence in that community, or more than one and none named.
    """
    person, agreed = await needs_in.admit(session, actor)
    if body.door is not None and needs_in.ADDRESS not in agreed:
        raise Invalid.field("/door", "consent_missing", "填写门牌号需先同意“上门地址”说明")
    place = await needs_in.home(session, actor, body.community_id)
    wish = Wish(
        community_id=place.community_id,
        resident_id=place.id,
        requester_id=person.id,
        kind=body.kind,
        words=body.words,
        value_yuan=body.value_yuan,
        contact_name=person.name,
        contact_phone=body.contact_phone or person.phone,
        shares_phone=needs_in.CONTACT in agreed,
        door=body.door,
    )
    await _born(session, actor, wish, body)
    return WishReceived(
        wish, needs_in.templates(await content.section(session, "messages"), SUBMIT)
    )


async def enter(
    session: AsyncSession, actor: Actor, community_id: UUID, body: WishForIn
) -> WishReceived:
    """A wish that came by phone, visit or paper waits in the same list, marked as entered.

    Raises:
        NotFound, Forbidden: as for the community.
        WishLimit: see there.
        Invalid: as for `submit`; an unknown source, a resident of another community.
    """
    await places.admit(session, actor, community_id, None)
    await content.require(session, "need_sources", body.source, pointer="/source")
    resident = await places.resident(session, community_id, body.resident_id)
    wish = Wish(
        community_id=community_id,
        resident_id=resident.id if resident else None,
        requester_id=resident.person_id if resident else None,
        entered_by_id=actor.person_id,
        source=body.source,
        kind=body.kind,
        words=body.words,
        value_yuan=body.value_yuan,
        contact_name=body.contact_name or (resident.name if resident else None),
        contact_phone=body.contact_phone or (resident.phone if resident else None),
        shares_phone=body.shares_phone,
        door=body.door,
    )
    await _born(session, actor, wish, body)
    return WishReceived(wish, [])


async def _born(session: AsyncSession, actor: Actor, wish: Wish, body: WishIn | WishForIn) -> None:
    """What holds for every wish; its number first, for that lets in one of a community at a time,
    so that two at once are counted one after the other."""
    said = await limits.rules(session)
    limits.check_value(said, WishKind(wish.kind), wish.value_yuan)
    limits.agree_for_minor(wish, body.is_for_minor, body.guardian_agrees)
    wish.phone_hash = fields.find_by(wish.contact_phone) if wish.contact_phone else None
    wish.number = await numbers.give(session, wish.community_id, "wish")
    await limits.check_frequency(
        session,
        said,
        requester_id=wish.requester_id,
        resident_id=wish.resident_id,
        phone_hash=wish.phone_hash,
    )
    wish.remind_at = await needs.first_answer(session, wish.community_id)
    session.add(wish)
    await session.flush()
    service.tell(session, actor, wish, SUBMITTED, None)
    await session.flush()
