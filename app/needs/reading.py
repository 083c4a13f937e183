"""Needs as the resident and the community read them. Hot: the triage list, my needs, one need."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, and_, any_, bindparam, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app import audit
from app.core.errors import NotFound
from app.core.masking import mask_phone
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.core.sorting import SORT_KEYS, Sort, WorkSort, behind, by_time, sorted_by
from app.deadlines import told_since
from app.files import reading as files
from app.models.need import Acceptance, Need, NeedKind, NeedStatus, NeedStep
from app.models.organization import ContentItem, NamedOrganization, Organization
from app.models.person import Role
from app.needs import likeness, photos, service
from app.needs.lifecycle import BOX, NEED, REMINDED, NeedAction
from app.needs.supporting import SUPPORTERS
from app.permissions import Actor, Permission, grants, may, require

P = Permission
Community, Building, Main = aliased(NamedOrganization), aliased(NamedOrganization), aliased(Need)
STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)

BRIEF = (
    Need.id,
    Need.number,
    Need.status,
    Need.kind,
    Need.source,
    Need.category,
    Need.suggested_category,
    Need.words,
    Need.place,
    Need.is_urgent,
    Need.verdict,
    Need.route,
    Need.created_at,
    SUPPORTERS.label("supporters"),
)
LAST_ANSWER = (
    select(Acceptance.status)
    .where(Acceptance.need_id == Need.id)
    .order_by(Acceptance.round.desc())
    .limit(1)
    .scalar_subquery()
)
LAST_WAY = (
    select(Acceptance.on_behalf_way)
    .where(Acceptance.need_id == Need.id)
    .order_by(Acceptance.round.desc())
    .limit(1)
    .scalar_subquery()
)
LAST_REASON = (
    select(ContentItem.data["name"].astext)
    .select_from(Acceptance)
    .outerjoin(
        ContentItem,
        and_(
            ContentItem.section == "acceptance.reasons_if_not_solved",
            ContentItem.code == Acceptance.reason_code,
        ),
    )
    .where(Acceptance.need_id == Need.id)
    .order_by(Acceptance.round.desc())
    .limit(1)
    .scalar_subquery()
)
SHOW = Prepared(
    select(
        *BRIEF,
        Need.community_id,
        Community.name.label("community_name"),
        Building.name.label("building_name"),
        Need.wished_time,
        Need.contact_phone,
        Need.entered_by_id.is_not(None).label("is_on_behalf"),
        Need.source_number,
        Need.public_text,
        Need.due_at,
        Main.number.label("merged_into_number"),
        Main.status.label("merged_into_status"),
        Need.referred_to,
        Need.referred_number,
        Need.answer_expected_on,
        Need.reply,
        Need.rounds,
        Need.version,
        LAST_ANSWER.label("acceptance"),
        LAST_WAY.label("acceptance_way"),
        LAST_REASON.label("acceptance_reason"),
        grants(P.NEED_OWN, P.NEED_SPEAK, P.NEED_TRIAGE, P.NEED_DECIDE, P.NEED_ANSWER_FOR),
    )
    .join(Community, Community.id == Need.community_id)
    .outerjoin(Building, Building.id == Need.building_id)
    .outerjoin(Main, Main.id == Need.merged_into_id)
    .where(Need.id == bindparam("need_id", type_=Uuid()), may(P.NEED_READ))
)
SAID = Prepared(
    select(
        NeedStep.at,
        (NeedStep.action == NeedAction.ASK_BACK).label("is_question"),
        NeedStep.reason.label("words"),
    )
    .where(
        NeedStep.need_id == bindparam("need_id", type_=Uuid()),
        or_(NeedStep.action == NeedAction.ASK_BACK, NeedStep.action == NeedAction.ANSWER_BACK),
    )
    .order_by(NeedStep.at, NeedStep.id)
)
WORDS = Prepared(
    select(Need.id, Need.words).where(
        Need.id == any_(bindparam("need_ids", type_=ARRAY(Uuid()))), may(P.NEED_TRIAGE)
    )
)
CONTAINER = Prepared(
    select(grants(P.COMMUNITY_TRIAGE, P.COMMUNITY_HEAR)).where(
        Organization.id == bindparam("community_id", type_=Uuid()),
        Organization.kind == "community",
    )
)


async def show(reader: Reader, actor: Actor, need_id: UUID) -> dict[str, Any]:
    """One need with the steps that this reader may take; the phone is masked.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"need_id": need_id})
    if row is None:
        raise NotFound
    phone = row["contact_phone"]
    return row | {
        "said": await SAID.rows(reader, {"need_id": need_id}),
        "photos": await files.of_subject(reader, actor, (photos.SUBJECT, need_id)),
        "contact_phone": phone and mask_phone(phone),
        "open_to": NEED.open_in(row["status"], row["grants"]),
    }


async def page_of_community(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    community_id: UUID,
    status: NeedStatus | None,
    kind: NeedKind | None,
    sort: WorkSort,
) -> Slice[dict[str, Any]]:
    """The community's box, in the order wanted. Without a `status`, whatever waits for the community;
    without a `kind`, all but what is said about members.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    hears = kind is NeedKind.ABOUT_MEMBER
    await check(reader, actor, community_id, P.COMMUNITY_HEAR if hears else P.COMMUNITY_TRIAGE)
    binds = {
        "community_id": community_id,
        "statuses": [*BOX] if status is None else [status],
        "kinds": [one for one in NeedKind if one is not NeedKind.ABOUT_MEMBER]
        if kind is None
        else [kind],
    }
    where, order = scope("needs-community", binds | {"sort": sort}), SORTS[sort]
    more = behind(paging, where, order)
    statement = _box(sort, is_continued=bool(more))
    rows = await statement.rows(reader, binds | more | {"most": paging.limit + 1})
    return cut(rows, paging, where, *SORT_KEYS)


async def check(reader: Reader, actor: Actor, community_id: UUID, permission: Permission) -> None:
    """Nothing: the community's needs are the actor's to see in this way.

    Raises:
        NotFound: there is no such community. Forbidden: not the actor's.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"community_id": community_id})
    if row is None:
        raise NotFound
    require(row["grants"], permission)


async def side_by_side(
    session: AsyncSession, actor: Actor, need_id: UUID
) -> tuple[Need, list[dict[str, Any]]]:
    """The need, and open needs of the same community that may be the same one, for who sorts them:
    whole.

    Raises:
        NotFound, Forbidden: as for the need.
    """
    need, _ = await service.get(session, actor, need_id, P.NEED_TRIAGE, is_locked=False)
    matter = likeness.Matter(
        need.community_id, need.words, need.category or need.suggested_category
    )
    return need, await likeness.alike(
        session,
        matter,
        BRIEF,
        Need.id != need.id,
        (Need.kind == NeedKind.ABOUT_MEMBER) == (need.kind is NeedKind.ABOUT_MEMBER),
    )


async def words_of(reader: Reader, actor: Actor, need_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What residents said, by need; only of needs that are the actor's to sort."""
    rows = await WORDS.rows(reader, actor.binds() | {"need_ids": list(need_ids)})
    return {row["id"]: row["words"] for row in rows}


async def page_of_person(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """What the actor asked for, newest first."""
    binds: dict[str, Any] = {"owner": actor.person_id}
    where = scope("needs-person", binds)
    key = after(paging, where, UUID)
    more = {} if key is None else {"id": key[0]}
    rows = await _own(is_continued=bool(more)).rows(
        reader, binds | more | {"most": paging.limit + 1}
    )
    return cut(rows, paging, where, "id")


async def to_answer(reader: Reader, actor: Actor, most: int) -> list[dict[str, Any]]:
    """The actor's needs that wait for him, at most `most`, the oldest first: he was asked back, or is
    asked whether it helped. One statement."""
    return await TO_ANSWER.rows(reader, {"owner": actor.person_id, "most": most})


MOST = bindparam("most", type_=Integer())
OWN = select(*BRIEF).where(Need.requester_id == bindparam("owner", type_=Uuid())).limit(MOST)
TO_ANSWER = Prepared(
    OWN.where(or_(Need.status == NeedStatus.ASKED_BACK, Need.status == NeedStatus.DONE)).order_by(
        Need.id
    )
)
DEADLINE = func.coalesce(
    told_since(NeedStep, NeedStep.need_id, Need.id, REMINDED), Need.remind_at, Need.due_at
)
SORTS = {
    WorkSort.AGE: by_time(Need.created_at),
    WorkSort.DEADLINE: by_time(DEADLINE),
    WorkSort.KIND: Sort(
        cast(Need.kind, String).concat("/").concat(func.coalesce(Need.category, "")), str
    ),
}


@cache
def _box(sort: WorkSort, *, is_continued: bool) -> Prepared:
    statement = (
        select(*BRIEF, DEADLINE.label("deadline_at"))
        .where(
            Need.community_id == bindparam("community_id", type_=Uuid()),
            Need.status == any_(bindparam("statuses", type_=ARRAY(String()))),
            Need.kind == any_(bindparam("kinds", type_=ARRAY(String()))),
        )
        .limit(MOST)
    )
    return Prepared(sorted_by(statement, SORTS[sort], Need.id, is_continued=is_continued))


@cache
def _own(*, is_continued: bool) -> Prepared:
    statement = OWN.order_by(Need.id.desc())
    behind_id = Need.id < bindparam("id", type_=Uuid())
    return Prepared(statement.where(behind_id) if is_continued else statement)


async def contact(session: AsyncSession, actor: Actor, need_id: UUID) -> Need:
    """The need for reading its contact in clear; the look is logged and shown to the resident.

    Raises:
        NotFound: not the actor's to see.
        Forbidden: not of the community's staff.
    """
    need, _ = await service.get(session, actor, need_id, P.NEED_CONTACT, is_locked=False)
    community = await session.get_one(Organization, need.community_id)
    audit.looked(
        session,
        actor,
        "name,phone,door",
        subject=("need", need.id),
        owner_id=need.requester_id,
        capacity=_capacity(actor, community),
    )
    await session.flush()
    return need


def _capacity(actor: Actor, community: Organization) -> str | None:
    """The role by which the actor is of the community's staff."""
    above = set(community.lineage)
    return next((role for role in STAFF if above & set(actor.held.get(role, ()))), None)


OWNED = Prepared(
    select(Need.id).where(Need.id == bindparam("need_id", type_=Uuid()), may(P.NEED_OWN))
)


async def looks(
    reader: Reader, actor: Actor, paging: Paging, need_id: UUID
) -> Slice[dict[str, Any]]:
    """Who looked at the actor's contact for this need, newest first; in which capacity, no names.

    Raises:
        NotFound: none, or not a need of the actor's own.
    """
    if await OWNED.one(reader, actor.binds() | {"need_id": need_id}) is None:
        raise NotFound
    return await audit.page_of_looks(reader, paging, "need", need_id)
