"""Consents by purpose: what is asked in which words, given, withdrawn. Source: practice.md R23.

The words are the tenant's content. Their version changes with any word a person is shown: the
number of the entry's edition, then the beginning of the hash over everything shown.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, cast, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, ids
from app.core.errors import Invalid, NotFound
from app.core.prepared import Prepared, Reader
from app.identity import people, service
from app.identity.events import ConsentWithdrawn
from app.identity.schemas import ConsentIn
from app.models.organization import ContentItem
from app.models.person import Consent
from app.permissions import Actor

ITEMS, ROOM, TENANT = "consents.items", "consents", "tenant"
SHARED = ("handler", "rights", "storage")
ONLINE = "online"
NOT_FILLED = "（待主办单位填写）"
_placeholder = re.compile(r"\{([a-z_]+)\}")

# as text, for the driver's own connections hand out jsonb as text and a session's as objects
_words = select(
    ContentItem.section,
    ContentItem.code,
    ContentItem.version,
    cast(ContentItem.data, String).label("data"),
).where(or_(*(ContentItem.section == name for name in (ITEMS, ROOM, TENANT))))
WORDS = Prepared(_words.order_by(ContentItem.section, ContentItem.position, ContentItem.code))
LAST = Prepared(
    select(Consent.purpose, Consent.text_version, Consent.given_at, Consent.withdrawn_at)
    .ext(distinct_on(Consent.purpose))
    .where(Consent.person_id == bindparam("person_id", type_=Uuid()))
    .order_by(Consent.purpose, Consent.id.desc())
)


@dataclass(frozen=True, slots=True)
class Text:
    """One purpose in the tenant's words; `shown` are the columns of the screen."""

    version: str
    hash: str
    shown: Mapping[str, Any]


async def show(reader: Reader, actor: Actor) -> dict[str, Any]:
    """Every purpose in its present words, and what the person last said to it."""
    common, found = _read(await WORDS.rows(reader, {}))
    said = {
        row["purpose"]: row for row in await LAST.rows(reader, {"person_id": people.id_of(actor)})
    }
    return common | {"items": [_item(text, said.get(code)) for code, text in found.items()]}


async def texts(reader: Reader) -> dict[str, Any]:
    """Every purpose in its present words, for anybody."""
    common, found = _read(await WORDS.rows(reader, {}))
    items = [{**text.shown, "version": text.version} for text in found.values()]
    return common | {"items": items}


async def known(session: AsyncSession) -> dict[str, Text]:
    """Every purpose that is switched on, in its present words."""
    return _read((await session.execute(_words)).mappings())[1]


async def give(session: AsyncSession, actor: Actor, body: ConsentIn) -> Consent:
    """The person agrees to the purpose in its present words; said twice, it stands once.

    Raises:
        Invalid: no such purpose, or the words have changed since they were shown.
    """
    person = await people.lock(session, people.id_of(actor))
    text = await _text(session, body.purpose)
    if text.version != body.version:
        raise Invalid.field("/version", "stale_text", "说明内容已更新，请重新阅读后再同意")
    living = await _living(session, person.id, body.purpose)
    if living is not None and living.text_hash == text.hash:
        return living
    if living is not None:
        living.withdrawn_at = clock.now()
        await session.flush()
    row = Consent(
        person_id=person.id,
        purpose=body.purpose,
        text_version=text.version,
        text_hash=text.hash,
        channel=ONLINE,
    )
    session.add(row)
    await session.flush()
    return row


async def withdraw(session: AsyncSession, actor: Actor, purpose: str) -> None:
    """The purpose is no longer agreed to; what was done before stays lawful.

    With the last purpose that covers them the person's name and phone are gone.

    Raises:
        NotFound: it was not agreed to.
    """
    person = await people.lock(session, people.id_of(actor))
    living = await _living(session, person.id, purpose)
    if living is None:
        raise NotFound
    living.withdrawn_at = clock.now()
    await session.flush()
    if purpose in people.CORES and not await service.has_consent(session, person.id, *people.CORES):
        people.erase(person)
    events.record(session, ConsentWithdrawn(person_id=person.id, purpose=purpose))
    await session.flush()


async def _text(session: AsyncSession, purpose: str) -> Text:
    found = await known(session)
    if purpose not in found:
        raise Invalid.field("/purpose", "unknown_code", "不在可选范围内")
    return found[purpose]


async def _living(session: AsyncSession, person_id: UUID, purpose: str) -> Consent | None:
    return await session.scalar(
        select(Consent).where(
            Consent.person_id == person_id,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
    )


def _read(rows: Iterable[Mapping[Any, Any]]) -> tuple[dict[str, str], dict[str, Text]]:
    """What all purposes share, and each that is switched on; placeholders are filled."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {ITEMS: {}, ROOM: {}, TENANT: {}}
    for row in rows:
        found[row["section"]][row["code"]] = {**row, "data": json.loads(row["data"])}
    tenant = {code: row["data"]["value"] for code, row in found[TENANT].items()}
    shared = found[ROOM]["common"]["data"]["value"]
    common = {name: filled(shared[name], tenant) for name in SHARED}
    composed = {
        code: _composed(row, common, tenant)
        for code, row in found[ITEMS].items()
        if row["data"].get("enabled") is not False
    }
    return common, composed


def _composed(row: Mapping[str, Any], common: Mapping[str, str], tenant: Mapping[str, str]) -> Text:
    data = row["data"]
    audience, needed_for = data["for"], data["required_for"]
    shown = {
        "purpose": row["code"],
        "name": data["name"],
        "audience": [audience] if isinstance(audience, str) else audience,
        "required_for": None if needed_for == "none" else needed_for,
        "is_separate": data["separate"],
        "text": filled(data["text"], tenant),
        "data": data["data"],
        "used_for": filled(data["purpose"], tenant),
        "seen_by": [filled(who, tenant) for who in data["seen_by"]],
        "retention": data["retention"],
        "if_refused": data["if_refused"],
    }
    lines = [f"{name}: {value}" for name, value in (*shown.items(), *common.items())]
    hashed = ids.digest("\n".join(lines))
    return Text(f"{row['version']}-{hashed[:8]}", hashed, shown)


def filled(words: str, tenant: Mapping[str, str]) -> str:
    """Names in braces stand for what the tenant says of itself."""
    return _placeholder.sub(lambda found: tenant.get(found[1], NOT_FILLED), words)


def _item(text: Text, said: Mapping[str, Any] | None) -> dict[str, Any]:
    said = said or {"text_version": None, "given_at": None, "withdrawn_at": None}
    is_given = said["given_at"] is not None and said["withdrawn_at"] is None
    return {
        **text.shown,
        "version": text.version,
        "is_given": is_given,
        "is_current": is_given and said["text_version"] == text.version,
        "given_version": said["text_version"],
        "given_at": said["given_at"],
        "withdrawn_at": said["withdrawn_at"],
    }
