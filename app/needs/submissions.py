"""How a need comes in: from the resident himself, or entered on behalf. Source: practice.md R1."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import numbers
from app.core import clock, workdays
from app.core.errors import Conflict, Invalid
from app.identity import service as identity
from app.identity.service import ConsentMissing, PhoneRequired
from app.models.member import Resident
from app.models.need import Need, NeedKind, NeedStatus, Verdict
from app.models.person import Person
from app.needs import categories, photos, service
from app.needs.categories import Items
from app.needs.lifecycle import ENDED, SUBMITTED
from app.needs.schemas import NeedForIn, NeedIn
from app.permissions import Actor
from app.policies import content
from app.policies import service as policies
from app.residents import places

MOST_OPEN, FIRST_ANSWER = "needs.max_open_per_resident", service.FIRST_ANSWER
# The residents' purposes: without the first nothing is taken in, the others close their function.
CORE, ADDRESS, CONTACT = "resident_core", "service_address", "contact_at_service"
ASK_ON, URGENT = "submit_need", "urgent"
SECTIONS = (categories.SECTION, "urgent_hint")


class TooManyOpen(Conflict):
    """The resident has as many needs under way as the community takes at once."""

    code, title = "too_many_open", "您正在办理的诉求较多，请等办结后再提"


class Submitted(NamedTuple):
    """A need as received; the hint where it sounds like an emergency."""

    need: Need
    urgent_hint: str | None
    ask_templates: list[str]


async def submit(session: AsyncSession, actor: Actor, body: NeedIn) -> Submitted:
    """The resident's need waits in the community's box, unchecked and unpublished.

    Raises:
        ConsentMissing: the residents' purpose is not agreed to.
        PhoneRequired, TooManyOpen: see there.
        Invalid: a door without the consent to it; no residence in that community, or more than one
            and none named; photos as in `photos.add`.
    """
    person, agreed = await admit(session, actor)
    if body.door is not None and ADDRESS not in agreed:
        raise Invalid.field("/door", "consent_missing", "填写门牌号需先同意“上门地址”说明")
    place = await home(session, actor, body.community_id)
    keys = (MOST_OPEN, FIRST_ANSWER, *photos.RULES)
    rules = await policies.values(session, place.community_id, *keys)
    under_way = await session.scalar(
        select(func.count())
        .select_from(Need)
        .where(Need.requester_id == actor.person_id, Need.status.not_in(ENDED))
    )
    if (under_way or 0) >= rules[MOST_OPEN]:
        raise TooManyOpen
    said = await content.sections(session, *SECTIONS, "messages")
    known, hint = _heard(said, body.words, body.category)
    need = Need(
        number=await numbers.give(session, place.community_id, "need"),
        community_id=place.community_id,
        building_id=place.building_id,
        resident_id=place.id,
        requester_id=actor.person_id,
        kind=body.kind,
        category=categories.check(known, body.category),
        suggested_category=categories.suggest(known, body.words),
        words=body.words,
        place=body.place,
        wished_time=body.wished_time,
        contact_name=person.name,
        contact_phone=body.contact_phone or person.phone,
        shares_phone=CONTACT in agreed,
        door=body.door,
        is_urgent=hint is not None,
        verdict=_unchecked(body.kind),
        status=NeedStatus.SUBMITTED,
        remind_at=workdays.after(clock.now(), rules[FIRST_ANSWER]),
    )
    await _born(session, actor, need, known, rules, body.photo_ids)
    return Submitted(need, hint, templates(said["messages"], ASK_ON))


async def enter(
    session: AsyncSession, actor: Actor, community_id: UUID, body: NeedForIn
) -> Submitted:
    """A need that came by phone, visit or paper is in the same box, marked as entered by staff.

    Words that staff wrote down need no check by the platform; door and phone are what the resident
    said himself for this.

    Raises:
        NotFound, Forbidden: as for the community.
        Invalid: an unknown source or category; a building or resident of another community; photos
            as in `photos.add`.
    """
    await places.admit(session, actor, community_id, body.building_id)
    await content.require(session, "need_sources", body.source, pointer="/source")
    resident = await places.resident(session, community_id, body.resident_id)
    rules = await policies.values(session, community_id, FIRST_ANSWER, *photos.RULES)
    known, hint = _heard(await content.sections(session, *SECTIONS), body.words, body.category)
    need = Need(
        number=await numbers.give(session, community_id, "need"),
        community_id=community_id,
        building_id=body.building_id or (resident.building_id if resident else None),
        resident_id=resident.id if resident else None,
        requester_id=resident.person_id if resident else None,
        entered_by_id=actor.person_id,
        kind=body.kind,
        source=body.source,
        source_number=body.source_number,
        category=categories.check(known, body.category),
        suggested_category=categories.suggest(known, body.words),
        words=body.words,
        place=body.place,
        wished_time=body.wished_time,
        contact_name=body.contact_name or (resident.name if resident else None),
        contact_phone=body.contact_phone or (resident.phone if resident else None),
        shares_phone=body.shares_phone,
        door=body.door,
        is_urgent=hint is not None,
        verdict=Verdict.PASS,
        status=NeedStatus.SUBMITTED,
        remind_at=workdays.after(clock.now(), rules[FIRST_ANSWER]),
    )
    await _born(session, actor, need, known, rules, body.photo_ids)
    return Submitted(need, hint, [])


async def admit(session: AsyncSession, actor: Actor) -> tuple[Person, frozenset[str]]:
    """The person, known by a verified phone, and the purposes agreed to, the residents' among them.

    Raises:
        ConsentMissing: the residents' purpose is not agreed to.
        PhoneRequired: see there.
    """
    person = await session.get_one(Person, actor.person_id)
    agreed = await identity.consents_of(session, person.id)
    if CORE not in agreed:
        raise ConsentMissing
    if person.phone_verified_at is None:
        raise PhoneRequired
    return person, agreed


async def home(session: AsyncSession, actor: Actor, community_id: UUID | None) -> Resident:
    """The one place that what is said is about.

    Raises:
        Invalid: no residence in that community, or more than one and none named.
    """
    statement = select(Resident).where(
        Resident.person_id == actor.person_id, Resident.ended_at.is_(None)
    )
    if community_id is not None:
        statement = statement.where(Resident.community_id == community_id)
    homes = (await session.scalars(statement.limit(2))).all()
    if len(homes) != 1:
        raise Invalid.field("/community_id", "no_such_home", "请先绑定居住社区，或指明是哪个社区")
    return homes[0]


async def _born(
    session: AsyncSession,
    actor: Actor,
    need: Need,
    known: Items,
    rules: dict[str, Any],
    photo_ids: Sequence[UUID],
) -> None:
    session.add(need)
    await session.flush()
    if photo_ids:
        await photos.add(session, actor, need, photo_ids, known.get(need.category or ""), rules)
    service.tell(session, actor, need, SUBMITTED, None)
    await session.flush()


def _unchecked(kind: NeedKind) -> Verdict:
    """What is said about a member is for few eyes and leaves the house not even for its check."""
    return Verdict.REVIEW if kind is NeedKind.ABOUT_MEMBER else Verdict.PENDING


def _heard(
    said: Mapping[str, Any], words: str, category: str | None
) -> tuple[dict[str, dict[str, Any]], str | None]:
    """The items of the categories; the emergency numbers, where the words or the chosen category
    sound as if they were needed."""
    known, hint = categories.items(said[categories.SECTION]), said["urgent_hint"]
    is_flagged = URGENT in known.get(category or "", {}).get("flags", ())
    if is_flagged or any(word in words for word in hint["words"]["value"]):
        return known, str(hint["text"]["value"])
    return known, None


def templates(messages: Mapping[str, Any], tap: str) -> list[str]:
    """The templates that this tap may lead to. Source: practice.md R32."""
    return sorted({one["template"] for one in messages.values() if one["ask_on"] == tap})
