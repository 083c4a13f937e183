"""People: what other rooms ask of identity, a person's own page, and the end of an account."""

from typing import Any
from uuid import UUID

from sqlalchemy import Date, String, Uuid, and_, any_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, array
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.core.errors import Forbidden, Stale, Unauthorized
from app.core.masking import mask_phone
from app.core.prepared import Prepared, Reader
from app.identity import people, roles, sessions
from app.identity.events import AccountClosed
from app.identity.schemas import PersonChange, RoleIn
from app.models.organization import Appointment, ContentItem, Organization
from app.models.person import Consent, Person, Role, RoleGrant, WechatAccount
from app.permissions import Actor

_IS_AGREED = and_(
    Consent.person_id == bindparam("person_id", type_=Uuid()),
    Consent.purpose == any_(bindparam("purposes", type_=ARRAY(String()))),
    Consent.withdrawn_at.is_(None),
)
AGREED = select(Consent.id).where(_IS_AGREED).limit(1)
AGREEING = select(Person).join(Consent, Consent.person_id == Person.id).where(_IS_AGREED)


class ConsentMissing(Forbidden):
    """The purpose is not agreed to: only what it is for is closed."""

    code, title = "consent_missing", "需要先同意相应的个人信息处理说明"


class PhoneRequired(Forbidden):
    """A verified phone tells who somebody is; looking around needs none."""

    code, title = "phone_required", "请先验证手机号"


async def has_consent(session: AsyncSession, person_id: UUID, *purposes: str) -> bool:
    """Whether the person agrees to one of `purposes` now."""
    binds = {"person_id": person_id, "purposes": list(purposes)}
    return await session.scalar(AGREED, binds) is not None


async def require_consent(session: AsyncSession, person_id: UUID, *purposes: str) -> None:
    """Nothing, or ConsentMissing: the person agrees to none of `purposes`."""
    if not await has_consent(session, person_id, *purposes):
        raise ConsentMissing


async def consenting(session: AsyncSession, person_id: UUID, purpose: str) -> Person:
    """The person, who agrees to the purpose; in one statement, nothing is locked.

    Raises:
        ConsentMissing: he does not agree.
    """
    person = await session.scalar(AGREEING, {"person_id": person_id, "purposes": [purpose]})
    if person is None:
        raise ConsentMissing
    return person


async def consents_of(session: AsyncSession, person_id: UUID) -> frozenset[str]:
    """Every purpose that the person agrees to now."""
    found = await session.scalars(
        select(Consent.purpose).where(
            Consent.person_id == person_id, Consent.withdrawn_at.is_(None)
        )
    )
    return frozenset(found)


async def learn_name(session: AsyncSession, person_id: UUID, name: str) -> None:
    """The person is called as a roster says, unless he has told a name himself.

    For rooms that tie a person to a line which names him.

    Raises:
        ConsentMissing: no purpose that covers a name is agreed to.
    """
    person = await people.lock(session, person_id)
    await require_consent(session, person.id, *people.CORES)
    person.name = person.name or name
    await session.flush()


async def found_admin(
    session: AsyncSession, *, phone: str, name: str, organization_id: UUID, role: Role
) -> RoleGrant:
    """Whoever owns the phone holds the role from today on, once he has signed in and bound it.

    For the command line: the first administrator of a city.

    Raises: as `roles.give`.
    """
    body = RoleIn(phone=phone, name=name, role=role)
    return await roles.give(session, Actor.system(), organization_id, body)


async def show(reader: Reader, actor: Actor) -> dict[str, Any]:
    """The person as he stands here: roles and posts of today and of days to come.

    Raises:
        Unauthorized: the account was closed.
    """
    binds = {"person_id": people.id_of(actor), "today": clock.today()}
    person = await PERSON.one(reader, binds)
    if person is None:
        raise Unauthorized
    return {
        **person,
        "phone": person["phone"] and mask_phone(person["phone"]),
        "roles": await ROLES.rows(reader, binds),
        "appointments": await POSTS.rows(reader, binds),
        "places": actor.places,
    }


async def change(session: AsyncSession, actor: Actor, body: PersonChange) -> Person:
    """The person has told his name.

    Raises:
        ConsentMissing: no purpose that covers a name is agreed to.
        Stale: changed since it was read.
    """
    person = await people.lock(session, people.id_of(actor))
    await require_consent(session, person.id, *people.CORES)
    if person.version != body.version:
        raise Stale
    person.name = body.name
    await session.flush()
    return person


async def close(session: AsyncSession, actor: Actor) -> None:
    """The actor's account is closed; see `close_account`."""
    await close_account(session, await people.lock(session, people.id_of(actor)))


async def close_account(session: AsyncSession, person: Person) -> None:
    """Nobody is behind the person any more: no name, phone, openid, session, role or consent.

    The row and its id stay, for what others did with him. The next login with the openid begins
    a new, blank person. The caller holds the person's lock.
    """
    now, today = clock.now(), clock.today()
    people.erase(person)
    person.closed_at = now
    mine = person.id
    await sessions.revoke_all(session, mine)
    for statement in (
        delete(WechatAccount).where(WechatAccount.person_id == mine),
        update(RoleGrant)
        .where(
            RoleGrant.person_id == mine,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= today),
        )
        .values(valid_to=today - roles.DAY),
        update(Consent)
        .where(Consent.person_id == mine, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now),
        update(Appointment).where(Appointment.person_id == mine).values(person_id=None),
    ):
        await session.execute(statement)
    events.record(session, AccountClosed(person_id=mine))
    await session.flush()


_today = bindparam("today", type_=Date())
_person_id = bindparam("person_id", type_=Uuid())
_missing = (
    select(
        func.coalesce(
            func.array_agg(
                aggregate_order_by(ContentItem.code, ContentItem.position), type_=ARRAY(String())
            ),
            array([], type_=String()),
        )
    )
    .where(
        ContentItem.section == "consents.items",
        func.coalesce(ContentItem.data["enabled"].as_boolean(), True),
        ~select(Consent.id)
        .where(
            Consent.person_id == _person_id,
            Consent.purpose == ContentItem.code,
            Consent.withdrawn_at.is_(None),
        )
        .exists(),
    )
    .scalar_subquery()
)
PERSON = Prepared(
    select(
        Person.id,
        Person.name,
        Person.phone,
        Person.phone_verified_at.is_not(None).label("is_phone_verified"),
        Person.version,
        _missing.label("consents_missing"),
    ).where(Person.id == _person_id, Person.closed_at.is_(None))
)
ROLES = Prepared(
    select(
        RoleGrant.id,
        RoleGrant.role,
        RoleGrant.organization_id,
        Organization.name.label("organization_name"),
        Organization.kind.label("organization_kind"),
        RoleGrant.valid_from,
        RoleGrant.valid_to,
    )
    .join(Organization, Organization.id == RoleGrant.organization_id)
    .where(
        RoleGrant.person_id == _person_id,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= _today),
    )
    .order_by(RoleGrant.valid_from, RoleGrant.id)
)
POSTS = Prepared(
    select(
        Appointment.post,
        ContentItem.data["name"].astext.label("post_name"),
        Appointment.organization_id,
        Organization.name.label("organization_name"),
        Appointment.from_on,
        Appointment.to_on,
    )
    .join(Organization, Organization.id == Appointment.organization_id)
    .outerjoin(
        ContentItem,
        and_(ContentItem.section == "appointments", ContentItem.code == Appointment.post),
    )
    .where(
        Appointment.person_id == _person_id,
        or_(Appointment.to_on.is_(None), Appointment.to_on >= _today),
    )
    .order_by(Appointment.from_on, Appointment.id)
)
