"""Random checks as who looks into them reads them."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Integer,
    Select,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import aliased

from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Member
from app.models.organization import NamedOrganization
from app.models.record import RecordDraw, RecordSample, SampleStatus, ServiceRecord
from app.permissions import Actor, Permission
from app.records import reading
from app.records.lifecycle import SAMPLE
from app.rules.words import PERSON

P = Permission
COMMUNITY = bindparam("community_id", type_=Uuid())
MOST = bindparam("most", type_=Integer())
IDS = ARRAY(Uuid())
At, Under = aliased(NamedOrganization), aliased(NamedOrganization)


async def page_of_draws(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID
) -> Slice[dict[str, Any]]:
    """The community's draws, the latest first, with what is left to look at.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await reading.allowed(reader, actor, community_id, P.RECORD_DRAWN)
    binds = {"community_id": community_id}
    return await _page(reader, paging, scope("record-draws", binds), _draws, binds)


async def page_of_samples(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID, status: SampleStatus
) -> Slice[dict[str, Any]]:
    """What was drawn of the community's records, or of all below a place, in one state.

    `open_to`: what the reader may find; nothing of what he served or approved. Errors as above.
    """
    granted = await reading.allowed(reader, actor, community_id, P.RECORD_DRAWN)
    binds = {"community_id": community_id, "status": status}
    where = scope("record-samples", binds)
    found = await _page(reader, paging, where, _samples, binds | {"person": actor.person_id})
    for row in found.items:
        reading.hide(row, granted)
        held = [] if row["is_own"] else [P.SAMPLE_AUDIT]
        row["open_to"] = SAMPLE.open_in(row["status"], held)
    return found


async def _page(
    reader: Reader, paging: Paging, where: str, statement: Any, binds: dict[str, Any]
) -> Slice[dict[str, Any]]:
    key = after(paging, where, UUID)
    more = {} if key is None else {"id": key[0]}
    rows = await statement(bool(more)).rows(reader, binds | more | {"most": paging.limit + 1})
    return cut(rows, paging, where, "id")


def _latest(statement: Select[*tuple[Any, ...]], column: Any, is_continued: bool) -> Prepared:
    statement = statement.order_by(column.desc()).limit(MOST)
    if is_continued:
        statement = statement.where(column < bindparam("id", type_=Uuid()))
    return Prepared(statement)


def _counted(status: SampleStatus) -> Any:
    return (
        select(func.count())
        .select_from(RecordSample)
        .where(
            RecordSample.draw_id == RecordDraw.id,
            RecordSample.status == literal_column(f"'{status}'"),
        )
        .scalar_subquery()
    )


@cache
def _draws(is_continued: bool) -> Prepared:
    statement = select(
        RecordDraw.id,
        RecordDraw.month,
        RecordDraw.seed,
        RecordDraw.percent,
        RecordDraw.records,
        RecordDraw.drawn,
        RecordDraw.drawn_at,
        _counted(SampleStatus.WAITING).label("waiting"),
        _counted(SampleStatus.WRONG).label("wrong"),
    ).where(RecordDraw.community_id == COMMUNITY)
    return _latest(statement, RecordDraw.id, is_continued)


@cache
def _samples(is_continued: bool) -> Prepared:
    statement = (
        select(
            RecordSample.id,
            RecordSample.record_id,
            RecordDraw.month,
            Member.name,
            Member.is_protected,
            ServiceRecord.title,
            ServiceRecord.place,
            ServiceRecord.served_on,
            ServiceRecord.minutes,
            ServiceRecord.source_kind,
            ServiceRecord.status.label("record_status"),
            RecordSample.status,
            RecordSample.note,
            At.name.label("community_name"),
            func.coalesce(
                or_(ServiceRecord.person_id == PERSON, ServiceRecord.approved_by_id == PERSON),
                literal_column("false"),
            ).label("is_own"),
        )
        .join(RecordDraw, RecordDraw.id == RecordSample.draw_id)
        .join(ServiceRecord, ServiceRecord.id == RecordSample.record_id)
        .join(Member, Member.id == ServiceRecord.member_id)
        .join(At, At.id == RecordSample.community_id)
        .where(
            RecordSample.community_id.in_(
                select(Under.id).where(Under.lineage.contains(cast(array([COMMUNITY]), IDS)))
            ),
            RecordSample.status == bindparam("status", type_=RecordSample.status.type),
        )
    )
    return _latest(statement, RecordSample.id, is_continued)
