"""Who rates in a community: named by its secretary, from posts where they are held.

Nobody who may answer already is taken away: a panel grows while it answers. Source: practice.md R18,
G3; content `appraisal.raters`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, any_, case, cast, delete, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.types import LargeBinary, Uuid

from app import audit
from app.appraisals import scene
from app.appraisals.panel_schemas import RaterIn, RatersIn
from app.appraisals.scene import OPEN, AppraisalClosed
from app.core import clock, fields
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.models.appraisal import AppraisalRater, BallotWay, Panel
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.organization import Appointment, NamedOrganization, Organization
from app.models.person import Person
from app.permissions import Actor, Permission, may

P = Permission
FUNCTIONAL_GROUP: ColumnElement[str] = literal_column("'functional_group'")


class RaterNamed(Conflict):
    """Nobody stands in two panels of one community, or twice in one."""

    code, title = "rater_named", "此人已是本社区的评议人"


class PanelFixed(Conflict):
    """Raters may have answered: none is taken away any more."""

    code, title = "panel_fixed", "测评已开始，评议人只能增加，不能减少"


CONSTRAINTS: Mapping[str, type[AppError]] = {
    "uq_appraisal_raters_person": RaterNamed,
    "uq_appraisal_raters_phone": RaterNamed,
}


class Somebody(NamedTuple):
    """Who a rater is: a person, or whoever will own the phone."""

    name: str
    person_id: UUID | None
    phone_hash: bytes | None
    appointment_id: UUID | None = None
    area_id: UUID | None = None


async def add(
    session: AsyncSession, actor: Actor, cycle_id: UUID, community_id: UUID, body: RatersIn
) -> Sequence[AppraisalRater]:
    """These people rate as well, in this panel.

    Raises:
        NotFound, Forbidden: as for the community and its cycle.
        AppraisalClosed: the appraisal is over. RaterNamed: see there.
        Invalid: a post that is not held here, nobody, no phone of one who answers online; an area that
            is no group of the community, or none.
    """
    place = await scene.get(session, actor, cycle_id, community_id, P.APPRAISAL_PANEL)
    if place.cycle.status not in OPEN:
        raise AppraisalClosed
    by_post = await _posts(session, community_id, body.raters)
    by_phone = await _people(session, body.raters)
    areas = await _areas(session, community_id)
    rows = []
    for position, each in enumerate(body.raters):
        pointer = f"/raters/{position}"
        who = _who(each, by_post, by_phone, pointer)
        row = AppraisalRater(
            cycle_id=cycle_id,
            community_id=community_id,
            panel=body.panel,
            way=each.way,
            area_id=_area(body.panel, each.area_id or who.area_id, areas, pointer),
            appointment_id=who.appointment_id,
            person_id=who.person_id,
            name=who.name,
            phone_hash=who.phone_hash,
        )
        rows.append(row)
    session.add_all(rows)
    await session.flush()
    _note(
        session, actor, "appraisal.raters_added", place.cycle, community_id, body.panel, len(rows)
    )
    await session.flush()
    return rows


async def remove(session: AsyncSession, actor: Actor, rater_id: UUID) -> None:
    """He does not rate; before anybody could.

    Raises:
        NotFound: none, or not of a community of the actor's.
        PanelFixed: the appraisal has begun.
    """
    row = (
        await session.execute(
            select(AppraisalRater)
            .join(Organization, Organization.id == AppraisalRater.community_id)
            .where(AppraisalRater.id == rater_id, may(P.APPRAISAL_PANEL)),
            actor.binds(),
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    cycle = await scene.held(session, row.cycle_id)
    if cycle.status is not CycleStatus.PLANNED:
        raise PanelFixed
    await session.execute(delete(AppraisalRater).where(AppraisalRater.id == rater_id))
    _note(session, actor, "appraisal.rater_removed", cycle, row.community_id, row.panel, 1)
    await session.flush()


def _who(
    each: RaterIn,
    by_post: Mapping[UUID, Somebody],
    by_phone: Mapping[bytes, UUID],
    pointer: str,
) -> Somebody:
    if each.appointment_id is not None:
        if each.appointment_id not in by_post:
            raise Invalid.field(f"{pointer}/appointment_id", "unknown_post", "本社区没有此任职")
        return by_post[each.appointment_id]
    if each.name is None:
        raise Invalid.field(f"{pointer}/name", "rater_required", "请选择任职人员或填写姓名")
    if each.phone is not None:
        found = fields.find_by(each.phone)
        return Somebody(each.name, by_phone.get(found), found)
    if each.way is BallotWay.ONLINE:
        raise Invalid.field(f"{pointer}/phone", "phone_required", "线上评议须填写手机号")
    return Somebody(each.name, None, None)


def _area(panel: Panel, area_id: UUID | None, areas: Sequence[UUID], pointer: str) -> UUID | None:
    """The group whose members he rates; only a resident representative has one."""
    if panel is not Panel.RESIDENT_REPRESENTATIVES:
        return None
    if area_id is None and areas:
        raise Invalid.field(f"{pointer}/area_id", "area_required", "请选择所评议的党小组片区")
    if area_id is not None and area_id not in areas:
        raise Invalid.field(f"{pointer}/area_id", "unknown_area", "不是本社区的党小组")
    return area_id


async def _posts(
    session: AsyncSession, community_id: UUID, raters: Sequence[RaterIn]
) -> dict[UUID, Somebody]:
    """Posts held in the community and below it, with the group that they belong to."""
    wanted = [each.appointment_id for each in raters if each.appointment_id]
    if not wanted:
        return {}
    rows = await session.execute(
        select(Appointment, area_of_post().label("area_id"))
        .join(Organization, Organization.id == Appointment.organization_id)
        .where(
            Appointment.id == any_(cast(wanted, ARRAY(Uuid()))),
            Organization.lineage.contains([community_id]),
            or_(Appointment.to_on.is_(None), Appointment.to_on >= clock.today()),
        )
    )
    return {
        post.id: Somebody(post.name, post.person_id, post.phone_hash, post.id, area_id)
        for post, area_id in rows
    }


Group = aliased(NamedOrganization)


def area_of_post() -> ColumnElement[UUID | None]:
    """The functional group of a post's organization: itself, or the one embedded in that grid."""
    embedded = (
        select(Group.id)
        .where(Group.grid_id == Organization.id, Group.kind == FUNCTIONAL_GROUP)
        .order_by(Group.id)
        .limit(1)
        .scalar_subquery()
    )
    is_group = Organization.kind == FUNCTIONAL_GROUP
    return case((is_group, Organization.id), else_=embedded)


async def _people(session: AsyncSession, raters: Sequence[RaterIn]) -> dict[bytes, UUID]:
    """Who has verified these phones."""
    wanted = [fields.find_by(each.phone) for each in raters if each.phone]
    if not wanted:
        return {}
    rows = await session.execute(
        select(Person.phone_hash, Person.id).where(
            Person.phone_hash == any_(cast(wanted, ARRAY(LargeBinary()))),
            Person.phone_verified_at.is_not(None),
        )
    )
    return {phone_hash: person_id for phone_hash, person_id in rows if phone_hash}


async def _areas(session: AsyncSession, community_id: UUID) -> Sequence[UUID]:
    rows = await session.scalars(
        select(Organization.id).where(
            Organization.lineage.contains([community_id]),
            Organization.kind == FUNCTIONAL_GROUP,
            Organization.closed_on.is_(None),
        )
    )
    return rows.all()


def _note(
    session: AsyncSession,
    actor: Actor,
    action: str,
    cycle: EvaluationCycle,
    community_id: UUID,
    panel: Panel,
    count: int,
) -> None:
    audit.operated(
        session,
        actor,
        action,
        subject=("evaluation_cycle", cycle.id),
        organization_id=community_id,
        panel=panel.value,
        count=count,
    )
