"""Wishes as everybody, their beneficiary, who claims them and the community read them.

Each list has one driving column with an index. Of the beneficiary nobody reads more than a surname.
"""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, and_, bindparam, case, literal_column, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.masking import mask_name, mask_phone
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Member, Registration
from app.models.organization import NamedOrganization, Organization
from app.models.person import Person
from app.models.wish import Wish, WishClaim, WishStatus
from app.permissions import Actor, Permission, grants, may, require
from app.wishes.lifecycle import ANSWERABLE, WAITING, WISH

P = Permission
Unit = aliased(NamedOrganization)
PROTECTED = "党员"

COMMUNITY = bindparam("community_id", type_=Uuid())
MOST = bindparam("most", type_=Integer())
# literals, so that the partial indexes serve
IS_OPEN = Wish.status == literal_column("'open'")
HOLDS = WishClaim.status.in_([literal_column("'active'"), literal_column("'fulfilled'")])
WAITS = Wish.status.in_([literal_column(f"'{status}'") for status in sorted(WAITING)])
IS_COMMUNITY = and_(
    Organization.id == COMMUNITY, Organization.kind == literal_column("'community'")
)
PLACE = Prepared(select(Organization.id).where(IS_COMMUNITY))
CONTAINER = Prepared(select(grants(P.WISH_KEEP)).where(IS_COMMUNITY))
UNIT = Prepared(
    select(grants(P.BRANCH_TAKE)).where(Organization.id == bindparam("unit_id", type_=Uuid()))
)


async def page_of_open(reader: Reader, paging: Paging, community_id: UUID) -> Slice[dict[str, Any]]:
    """Open wishes of a community, the latest entered first; public, nothing of the beneficiaries.

    Raises:
        NotFound: no such community.
    """
    binds = {"community_id": community_id}
    if await PLACE.one(reader, binds) is None:
        raise NotFound
    return await _page(reader, paging, scope("wishes-open", binds), _open, binds)


async def page_of_community(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID, status: WishStatus | None
) -> Slice[dict[str, Any]]:
    """The community's wishes in one state, the latest first; none: whatever waits for it.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"community_id": community_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.WISH_KEEP)
    binds = {"community_id": community_id} | ({"status": status} if status else {})
    statement = _of_community if status else _waiting
    return await _page(reader, paging, scope("wishes", binds), statement, binds)


async def page_of_person(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """What the actor wishes for, the latest first."""
    binds = {"owner": actor.person_id}
    return await _page(reader, paging, scope("my-wishes", binds), _mine, binds)


async def page_of_claims(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's claims with their wishes, the latest first."""
    binds = {"owner": actor.person_id}
    return await _page(reader, paging, scope("my-wish-claims", binds), _claims_of_person, binds)


async def page_of_unit(
    reader: Reader, actor: Actor, paging: Paging, unit_id: UUID
) -> Slice[dict[str, Any]]:
    """What a branch, group or employer has claimed, the latest first.

    Raises:
        NotFound: no such organization. Forbidden: the actor does not speak for it.
    """
    row = await UNIT.one(reader, actor.binds() | {"unit_id": unit_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.BRANCH_TAKE)
    binds = {"unit_id": unit_id}
    return await _page(reader, paging, scope("unit-wish-claims", binds), _claims_of_unit, binds)


SHOW = Prepared(
    select(
        Wish.id,
        Wish.number,
        Wish.community_id,
        Organization.name.label("community_name"),
        Wish.kind,
        Wish.title,
        Wish.words,
        Wish.value_yuan,
        Wish.is_for_minor,
        Wish.requester_id,
        Wish.entered_by_id,
        Wish.contact_name,
        Wish.contact_phone,
        Wish.status,
        Wish.published_at,
        Wish.due_at,
        Wish.version,
        grants(
            P.WISH_OWN,
            P.WISH_RUN,
            P.WISH_ANSWER_FOR,
            P.WISH_SERVE,
            P.COMMUNITY_PROTECTED,
        ),
    )
    .join(Organization, Organization.id == Wish.community_id)
    .where(Wish.id == bindparam("wish_id", type_=Uuid()), may(P.WISH_READ))
)
CLAIM_SHOWN = Prepared(
    select(
        WishClaim.id,
        WishClaim.status,
        WishClaim.delivered_at,
        WishClaim.evidence,
        WishClaim.declared_minutes,
        WishClaim.answer,
        WishClaim.answer_reason,
        WishClaim.on_behalf_way,
        Unit.name.label("unit"),
        Person.name.label("person"),
        Member.is_protected,
    )
    .join(Person, Person.id == WishClaim.person_id)
    .outerjoin(Unit, Unit.id == WishClaim.organization_id)
    .outerjoin(Registration, Registration.id == WishClaim.registration_id)
    .outerjoin(Member, Member.id == Registration.member_id)
    .where(WishClaim.wish_id == bindparam("wish_id", type_=Uuid()), HOLDS)
)


async def show(reader: Reader, actor: Actor, wish_id: UUID) -> dict[str, Any]:
    """One wish with the reader's steps and the claim that holds it; the beneficiary is masked.

    `may_answer_for`: the answer of somebody without a phone may be entered now.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    binds = {"wish_id": wish_id}
    row = await SHOW.one(reader, actor.binds() | binds)
    if row is None:
        raise NotFound
    granted, name, phone = row["grants"], row["contact_name"], row["contact_phone"]
    claim = await CLAIM_SHOWN.one(reader, binds)
    has_words = {P.WISH_OWN, P.WISH_RUN} & set(granted) or row["entered_by_id"] == actor.person_id
    return row | {
        "words": row["words"] if has_words else None,
        "is_on_behalf": row["entered_by_id"] is not None,
        "contact_name": name and mask_name(name),
        "contact_phone": phone and mask_phone(phone),
        "claim": claim and _claim(claim, granted),
        "open_to": WISH.open_in(row["status"], granted),
        "may_answer_for": P.WISH_ANSWER_FOR in granted and row["status"] in ANSWERABLE,
    }


def _claim(row: dict[str, Any], granted: list[str]) -> dict[str, Any]:
    """Who claimed it, in as many words as the reader may have. Source: practice.md R12."""
    is_hidden = row["is_protected"] and P.COMMUNITY_PROTECTED not in granted
    name = row["person"] or "—"
    claimer = row["unit"] or (name if P.WISH_RUN in granted else f"{name[:1]}同志")
    has_evidence = {P.WISH_RUN, P.WISH_SERVE} & set(granted)
    return row | {
        "claimer": PROTECTED if is_hidden else claimer,
        "evidence": row["evidence"] if has_evidence else None,
    }


async def _page(
    reader: Reader, paging: Paging, where: str, statement: Any, binds: dict[str, Any]
) -> Slice[dict[str, Any]]:
    """One page of a list by id, the latest first; one statement."""
    key = after(paging, where, UUID)
    more = {} if key is None else {"id": key[0]}
    rows = await statement(bool(more)).rows(reader, binds | more | {"most": paging.limit + 1})
    return cut(rows, paging, where, "id")


def _latest(statement: Select[*tuple[Any, ...]], column: Any, is_continued: bool) -> Prepared:
    statement = statement.order_by(column.desc()).limit(MOST)
    if is_continued:
        statement = statement.where(column < bindparam("id", type_=Uuid()))
    return Prepared(statement)


@cache
def _open(is_continued: bool) -> Prepared:
    columns = (Wish.id, Wish.kind, Wish.title, Wish.value_yuan, Wish.published_at)
    return _latest(
        select(*columns).where(Wish.community_id == COMMUNITY, IS_OPEN), Wish.id, is_continued
    )


LINE = (
    Wish.id,
    Wish.number,
    Wish.kind,
    Wish.title,
    Wish.words,
    Wish.value_yuan,
    Wish.is_for_minor,
    Wish.status,
    Wish.due_at,
    Wish.created_at,
)


@cache
def _of_community(is_continued: bool) -> Prepared:
    is_wanted = Wish.status == bindparam("status", type_=Wish.status.type)
    return _latest(
        select(*LINE).where(Wish.community_id == COMMUNITY, is_wanted), Wish.id, is_continued
    )


@cache
def _waiting(is_continued: bool) -> Prepared:
    return _latest(
        select(*LINE).where(Wish.community_id == COMMUNITY, WAITS), Wish.id, is_continued
    )


@cache
def _mine(is_continued: bool) -> Prepared:
    is_mine = Wish.requester_id == bindparam("owner", type_=Uuid())
    return _latest(select(*LINE).where(is_mine), Wish.id, is_continued)


CLAIM_LINE = select(
    WishClaim.id,
    WishClaim.wish_id,
    Wish.title,
    Wish.kind,
    Wish.value_yuan,
    WishClaim.status,
    Wish.status.label("wish_status"),
    case((WishClaim.status == literal_column("'active'"), Wish.due_at)).label("due_at"),
    WishClaim.created_at,
).join(Wish, Wish.id == WishClaim.wish_id)


@cache
def _claims_of_person(is_continued: bool) -> Prepared:
    is_theirs = WishClaim.person_id == bindparam("owner", type_=Uuid())
    return _latest(CLAIM_LINE.where(is_theirs), WishClaim.id, is_continued)


@cache
def _claims_of_unit(is_continued: bool) -> Prepared:
    is_theirs = WishClaim.organization_id == bindparam("unit_id", type_=Uuid())
    return _latest(CLAIM_LINE.where(is_theirs), WishClaim.id, is_continued)
