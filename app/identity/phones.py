"""The phone of a person, as WeChat has verified it. Source: facts.md §3; practice.md R12, R21.

A phone belongs to one living person. Somebody whom staff prepared under a phone and who never
signed in is the one who now proves to own it: what was prepared is his.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
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
        person = await people.lock(session, person_id)
        await service.require_consent(session, person.id, *people.CORES)
        await _take(session, person, _written(phone))
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


async def _take(session: AsyncSession, person: Person, phone: str) -> None:
    hashed = fields.find_by(phone)
    if person.phone_hash != hashed:
        owner = await session.scalar(
            select(Person).where(Person.phone_hash == hashed).with_for_update(key_share=True)
        )
        if owner is not None:
            await _take_over(session, person, owner)
    person.phone, person.phone_hash, person.phone_verified_at = phone, hashed, clock.now()
    await session.flush()


async def _take_over(session: AsyncSession, person: Person, prepared: Person) -> None:
    """What staff prepared for the owner of the phone is the person's; the prepared row is closed.

    Raises:
        PhoneTaken: the owner signs in himself.
    """
    signs_in = await session.scalar(
        select(WechatAccount.openid).where(WechatAccount.person_id == prepared.id).limit(1)
    )
    if signs_in is not None:
        raise PhoneTaken
    person.name = person.name or prepared.name
    same: tuple[Any, ...] = tuple(
        getattr(Twin, name) == getattr(RoleGrant, name)
        for name in ("role", "organization_id", "valid_from")
    )
    has_it = select(Twin.id).where(Twin.person_id == person.id, *same).exists()
    await session.execute(
        update(RoleGrant)
        .where(RoleGrant.person_id == prepared.id, ~has_it)
        .values(person_id=person.id)
    )
    await session.execute(
        update(Appointment).where(Appointment.person_id == prepared.id).values(person_id=person.id)
    )
    people.erase(prepared)
    prepared.closed_at = clock.now()
    await session.flush()
