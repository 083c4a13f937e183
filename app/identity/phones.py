"""The phone of a person, as WeChat has verified it. Source: facts.md §3; practice.md R12, R21.

A phone belongs to one living person. Somebody whom staff prepared under a phone and who never
signed in is the one who now proves to own it: what was prepared is his.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core import clock, fields
from app.core.errors import AppError, Conflict, Invalid, Unauthorized
from app.identity import appointments, people, platform, service
from app.identity.sessions import Sessions
from app.models.organization import Appointment
from app.models.person import Consent, Person, RoleGrant, WechatAccount
from app.permissions import Actor
from app.wechat.client import Phone, WeChat
from app.wechat.errors import Refused, WeChatError

MAINLAND = "86"

Twin = aliased(RoleGrant)


class PhoneTaken(Conflict):
    """Another person signs in with this phone."""

    code, title = "phone_taken", "该手机号已绑定其他账号，请联系社区工作者处理"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_people_phone_hash": PhoneTaken}


async def bind(sessions: Sessions, wechat: WeChat, actor: Actor, code: str) -> Person:
    """The phone behind the code is the person's, with the posts and roles made out to it.

    WeChat is asked between two transactions.

    Raises:
        ConsentMissing: no purpose that covers a phone is agreed to.
        Invalid: the code is used, too old or another user's.
        PhoneTaken: another person signs in with it. Unavailable: WeChat is away.
    """
    person_id = people.id_of(actor)
    async with sessions.begin() as session:
        openid = await _openid(session, wechat.appid, person_id)
    phone = await _ask(wechat, code, openid)
    async with sessions.begin() as session:
        person, owner = await lock_with_owner(session, person_id, fields.find_by(_written(phone)))
        await service.require_consent(session, person.id, *people.CORES)
        await _take(session, person, owner, _written(phone))
        await appointments.link_appointments(session, person)
        return person


async def _openid(session: AsyncSession, appid: str, person_id: UUID) -> str:
    """The person's openid, if he agrees to our having his phone; in one statement."""
    agrees = select(Consent.id).where(
        Consent.person_id == WechatAccount.person_id,
        Consent.purpose.in_(people.CORES),
        Consent.withdrawn_at.is_(None),
    )
    found = (
        await session.execute(
            select(WechatAccount.openid, agrees.exists())
            .where(WechatAccount.person_id == person_id, WechatAccount.appid == appid)
            .order_by(WechatAccount.last_login_at.desc())
            .limit(1)
        )
    ).one_or_none()
    if found is None:
        raise Unauthorized
    openid, is_agreed = found
    if not is_agreed:
        raise service.ConsentMissing
    return str(openid)


async def _ask(wechat: WeChat, code: str, openid: str) -> Phone:
    try:
        return await wechat.get_phone_number(code, openid)
    except Refused:
        pass
    except WeChatError as error:
        raise platform.unavailable(error) from None
    raise Invalid.field("/code", "phone_code_refused", "手机号授权已失效，请重新点击获取")


def _written(phone: Phone) -> str:
    """As rosters write it: a mainland number bare, any other behind its country code."""
    return phone.number if phone.country == MAINLAND else f"+{phone.country}{phone.number}"


class Owner(NamedTuple):
    """Whom a phone belongs to until now; `signs_in`: it is somebody who comes here himself."""

    person: Person
    signs_in: bool


async def lock_with_owner(
    session: AsyncSession, person_id: UUID, phone_hash: bytes
) -> tuple[Person, Owner | None]:
    """The living person and the other owner of the phone, locked in this order; one statement.

    Raises:
        Unauthorized: the account was closed.
    """
    is_other = (Person.id != person_id).label("is_other")
    signs_in = select(WechatAccount.openid).where(WechatAccount.person_id == Person.id).exists()
    rows = await session.execute(
        select(Person, is_other, signs_in.label("signs_in"))
        .where(
            or_(
                and_(Person.id == person_id, Person.closed_at.is_(None)),
                Person.phone_hash == phone_hash,
            )
        )
        .order_by(is_other)
        .with_for_update(of=Person, key_share=True)
        .execution_options(populate_existing=True)
    )
    found = {row.is_other: row for row in rows}
    if False not in found:
        raise Unauthorized
    owner = Owner(found[True].Person, found[True].signs_in) if True in found else None
    return found[False].Person, owner


async def _take(session: AsyncSession, person: Person, owner: Owner | None, phone: str) -> None:
    """The phone is the person's, with what was prepared for its owner.

    Raises:
        PhoneTaken: the owner signs in himself.
    """
    if owner is not None:
        if owner.signs_in:
            raise PhoneTaken
        name = person.name or owner.person.name
        await _take_over(session, person.id, owner.person)
        person.name = name
    person.phone, person.phone_hash = phone, fields.find_by(phone)
    person.phone_verified_at = clock.now()
    await session.flush()


async def _take_over(session: AsyncSession, person_id: UUID, prepared: Person) -> None:
    """What staff prepared for the owner of the phone is the person's; the prepared row is closed."""
    now = clock.now()
    same: tuple[Any, ...] = tuple(
        getattr(Twin, name) == getattr(RoleGrant, name)
        for name in ("role", "organization_id", "valid_from")
    )
    has_it = select(Twin.id).where(Twin.person_id == person_id, *same).exists()
    roles = (
        update(RoleGrant)
        .where(RoleGrant.person_id == prepared.id, ~has_it)
        .values(person_id=person_id, updated_at=now)
        .cte("roles")
    )
    await session.execute(
        update(Appointment)
        .where(Appointment.person_id == prepared.id)
        .values(person_id=person_id, updated_at=now)
        .add_cte(roles)
        .execution_options(synchronize_session=False)
    )
    people.erase(prepared)
    prepared.closed_at = now
    await session.flush()
