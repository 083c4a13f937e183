"""What a level above reads of needs that were handed up to it: which they are, and all that was tried.

Source: engineering.md D ("handed up to the subdistrict with its history").
"""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, and_, any_, bindparam, literal_column, or_, select

from app.core.errors import NotFound
from app.core.masking import mask_phone
from app.core.paging import Paging, Slice, cut, scope
from app.core.prepared import Prepared, Reader
from app.core.sorting import SORT_KEYS, WorkSort, behind, sorted_by
from app.models.need import Acceptance, Need, NeedStep
from app.models.organization import ContentItem, Organization
from app.needs.lifecycle import NEED
from app.needs.reading import BRIEF, SHOW, SORTS, Community
from app.permissions import Actor, Permission, grants, may, require

P = Permission
ORGANIZATION = bindparam("organization_id", type_=Uuid())
NEED_ID = bindparam("need_id", type_=Uuid())
CONTAINER = Prepared(select(grants(P.COMMUNITY_DECIDE)).where(Organization.id == ORGANIZATION))
HANDLED = Prepared(
    select(Need.id).where(
        Need.id == NEED_ID, may(P.NEED_READ), or_(may(P.NEED_TRIAGE), may(P.NEED_DECIDE))
    )
)
STEPS = Prepared(
    select(NeedStep.at, NeedStep.action, NeedStep.entered, NeedStep.reason)
    .where(NeedStep.need_id == NEED_ID)
    .order_by(NeedStep.at, NeedStep.id)
)
ROUNDS = Prepared(
    select(
        Acceptance.round,
        Acceptance.status.label("answer"),
        Acceptance.reason_code,
        ContentItem.data["name"].astext.label("reason"),
        Acceptance.on_behalf_way,
        Acceptance.order_id,
    )
    .outerjoin(
        ContentItem,
        and_(
            ContentItem.section == "acceptance.reasons_if_not_solved",
            ContentItem.code == Acceptance.reason_code,
        ),
    )
    .where(Acceptance.need_id == NEED_ID)
    .order_by(Acceptance.round)
)


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID, sort: WorkSort
) -> Slice[dict[str, Any]]:
    """What waits below an organization for a decision of the level above, in the order wanted.

    Raises:
        NotFound, Forbidden: as for the organization.
    """
    binds = actor.binds() | {"organization_id": organization_id}
    row = await CONTAINER.one(reader, binds)
    if row is None:
        raise NotFound
    require(row["grants"], P.COMMUNITY_DECIDE)
    where = scope("needs-handed-up", {"o": organization_id, "s": sort})
    more = behind(paging, where, SORTS[sort])
    statement = _list(sort, is_continued=bool(more))
    rows = await statement.rows(reader, binds | more | {"most": paging.limit + 1})
    return cut(rows, paging, where, *SORT_KEYS)


@cache
def _list(sort: WorkSort, *, is_continued: bool) -> Prepared:
    statement = (
        select(*BRIEF, Community.name.label("community_name"), Need.rounds)
        .join(Community, Community.id == Need.community_id)
        .where(
            # a literal, so that the partial index serves
            Need.status == literal_column("'handed_up'"),
            any_(Community.lineage) == ORGANIZATION,
            may(P.NEED_DECIDE),
        )
        .limit(bindparam("most", type_=Integer()))
    )
    return Prepared(sorted_by(statement, SORTS[sort], Need.id, is_continued=is_continued))


async def show(reader: Reader, actor: Actor, need_id: UUID) -> dict[str, Any]:
    """One need that is the actor's to decide, with all that was tried and the steps he may take; the
    phone is masked.

    Raises:
        NotFound: none, or not the actor's to see or to decide.
    """
    row = await SHOW.one(reader, actor.binds() | {"need_id": need_id})
    if row is None or P.NEED_DECIDE not in row["grants"]:
        raise NotFound
    phone = row["contact_phone"]
    return row | {
        "steps": await STEPS.rows(reader, {"need_id": need_id}),
        "rounds": await ROUNDS.rows(reader, {"need_id": need_id}),
        "contact_phone": phone and mask_phone(phone),
        "open_to": NEED.open_in(row["status"], row["grants"]),
    }


async def history(reader: Reader, actor: Actor, need_id: UUID) -> dict[str, Any]:
    """Every step of a need and the answer of each round, oldest first; nobody is named.

    Raises:
        NotFound: none, or not the actor's to see or to handle.
    """
    binds = {"need_id": need_id}
    if await HANDLED.one(reader, actor.binds() | binds) is None:
        raise NotFound
    return {"steps": await STEPS.rows(reader, binds), "rounds": await ROUNDS.rows(reader, binds)}
