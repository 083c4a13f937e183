"""我也是: before a second need for the same thing, a neighbour stands behind the one there is.

What a neighbour reads of a need is its kind, its matter, its day and the community's own text of
it; never a word of the resident's. Help at home, health, children and what is confidential are
nobody else's: such needs are not shown at all. Source: practice.md R28; domain.md §5.3.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, and_, any_, bindparam, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.errors import Conflict, NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.need import Need, NeedKind, NeedSupporter
from app.needs import categories, likeness, submissions
from app.needs.lifecycle import ENDED
from app.needs.schemas import SimilarIn
from app.permissions import Actor, Permission, may

# What a need shares with the neighbourhood by its kind alone; help only in matters of no one's own.
COMMON = (NeedKind.SNAPSHOT_REPORT, NeedKind.SUGGESTION, NeedKind.COMPLAINT)
PRIVATE = frozenset({"confidential", "in_home", "health_information", "minor"})
Behind = aliased(NeedSupporter)
SUPPORTERS = (
    select(func.count())
    .select_from(Behind)
    .where(Behind.need_id == Need.id)
    .correlate(Need)
    .scalar_subquery()
)
SHARED = (
    Need.id,
    Need.kind,
    Need.status,
    likeness.CATEGORY.label("category"),
    Need.public_text,
    Need.created_at,
    SUPPORTERS.label("supporters"),
)


class NeedClosed(Conflict):
    """What has ended, nobody stands behind any more."""

    code, title = "need_closed", "这件事已经办结，仍需要的请另提一件"


class OwnNeed(Conflict):
    """The resident's own need counts the resident already."""

    code, title = "own_need", "这是您自己提的诉求"


async def similar(session: AsyncSession, actor: Actor, body: SimilarIn) -> list[dict[str, Any]]:
    """Open needs of neighbours that may be the same, the most alike first; nothing is kept of the
    question.

    Raises:
        Invalid: no residence in that community, or more than one and none named.
    """
    home = await submissions.home(session, actor, body.community_id)
    known = await categories.known(session)
    suggested = body.category or categories.suggest(known, body.words)
    return await likeness.alike(
        session,
        likeness.Matter(home.community_id, body.words, suggested),
        SHARED,
        Need.requester_id.is_distinct_from(actor.person_id),
        _is_shared(known),
    )


async def support(session: AsyncSession, actor: Actor, need_id: UUID) -> None:
    """The person stands behind the need, once, and will be told what becomes of it.

    Raises:
        NotFound: none, elsewhere, or not for neighbours.
        ConsentMissing, PhoneRequired: as for a need of one's own.
        OwnNeed, NeedClosed.
    """
    await submissions.admit(session, actor)
    known = await categories.known(session)
    need = await session.scalar(
        select(Need)
        .where(Need.id == need_id, may(Permission.NEED_SUPPORT), _is_shared(known))
        .with_for_update(read=True),
        actor.binds(),
    )
    if need is None:
        raise NotFound
    if need.requester_id == actor.person_id:
        raise OwnNeed
    if need.status in ENDED:
        raise NeedClosed
    await session.execute(
        insert(NeedSupporter)
        .values(need_id=need.id, person_id=actor.person_id, created_at=clock.now())
        .on_conflict_do_nothing()
    )


async def leave(session: AsyncSession, actor: Actor, need_id: UUID) -> None:
    """The person no longer stands behind it; who never did, neither. Whose need was merged stays."""
    await session.execute(
        delete(NeedSupporter).where(
            NeedSupporter.need_id == need_id,
            NeedSupporter.person_id == actor.person_id,
            NeedSupporter.merged_need_id.is_(None),
        )
    )


async def page(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The needs of others that the actor stands behind, newest first; ended ones too."""
    where = scope("supported-needs", {"person": actor.person_id})
    key = after(paging, where, UUID)
    binds: dict[str, Any] = {"owner": actor.person_id, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    return cut(await _list(key is not None).rows(reader, binds), paging, where, "id")


@cache
def _list(is_continued: bool) -> Prepared:
    statement = (
        select(*SHARED)
        .join(NeedSupporter, NeedSupporter.need_id == Need.id)
        .where(NeedSupporter.person_id == bindparam("owner", type_=Uuid()))
        .order_by(Need.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(Need.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)


def _is_shared(known: dict[str, dict[str, Any]]) -> Any:
    """For WHERE: the need may be shown to neighbours."""
    open_codes = list(_without_private(known))
    in_common = any_(cast(open_codes, ARRAY(String()))) == likeness.CATEGORY
    return or_(
        and_(
            Need.kind.in_(COMMON),
            or_(likeness.CATEGORY.is_(None), in_common),
        ),
        and_(Need.kind == NeedKind.HELP_REQUEST, in_common),
    )


def _without_private(known: dict[str, dict[str, Any]]) -> Iterator[str]:
    for code, item in known.items():
        if PRIVATE.isdisjoint(item.get("flags", ())):
            yield code
