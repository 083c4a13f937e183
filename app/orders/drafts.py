"""Drafting, changing and publishing an order (下单): four fields are enough from a need."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import numbers
from app.commitments import service as commitments
from app.core import clock
from app.core.errors import Conflict, Invalid, NotFound, Stale
from app.lifecycle import BadTransition
from app.models.need import Need, NeedStatus, Route
from app.models.order import UNPROMISED, Order, OrderNeed, OrderStatus
from app.models.organization import ContentItem, Organization
from app.needs import service as needs
from app.needs import submissions
from app.orders import bands, offers, service
from app.orders.lifecycle import CHANGED, DRAFTED, OrderAction
from app.orders.schemas import OrderChange, OrderIn
from app.permissions import Actor, Permission, grants, require
from app.policies import content
from app.policies import service as policies

P = Permission
HOURS = (
    "orders.release_cutoff_hours",
    "orders.contact_window_before_hours",
    "orders.contact_window_after_hours",
)
LIMITS = ("orders.max_per_week_per_person", "orders.max_live_seats_per_person")
CENTRE = "社区党群服务中心"
SIZE = "micro_service"
SIZES, LEVELS = "order_sizes", "order_difficulty"
MOVED = {"starts_at", "ends_at", "place"}


class Confidential(Conflict):
    """Services of this category stand on no list. Source: practice.md R20."""

    code, title = "confidential_category", "该类事项不公开派单，请按规定转办"


async def draft(session: AsyncSession, actor: Actor, community_id: UUID, body: OrderIn) -> Order:
    """A draft, or with `publish` an open order, for these needs or for none.

    A resident's words are never copied; door and contact are, sealed, where the service goes to a
    home.

    Raises:
        NotFound, Forbidden: as for the community; what is no community has no orders.
        Invalid: a time in the past or turned round, a need that is not accepted for members, an
            unknown category or target, too few seats for a service that two must do.
    """
    row = (
        await session.execute(
            select(grants(P.COMMUNITY_ORDER)).where(
                Organization.id == community_id, Organization.kind == "community"
            ),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, P.COMMUNITY_ORDER)
    behind = await _needs(session, community_id, body.need_ids)
    kind = await _category(session, body, behind)
    _check_times(body.starts_at, body.ends_at)
    difficulty, target = await _aim(session, body)
    first = behind[0] if behind else None
    at_home = "in_home" in kind.get("flags", ())
    order = Order(
        number=await numbers.give(session, community_id, "order"),
        community_id=community_id,
        building_id=first and await _building(session, community_id, first),
        category=kind["code"],
        title=body.title,
        description=body.description,
        place=body.place or CENTRE,
        skills=body.skills or kind.get("skills", []),
        difficulty=difficulty,
        target=target,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        bands=await bands.at(session, body.starts_at),
        seats=body.seats,
        is_at_home=at_home,
        door=body.door or (first.door if first and at_home else None),
        contact_name=body.contact_name or (first.contact_name if first else None),
        contact_phone=body.contact_phone
        or (first.contact_phone if first and first.shares_phone else None),
        created_by_id=actor.person_id,
    )
    session.add(order)
    await session.flush()
    session.add_all(OrderNeed(order_id=order.id, need_id=need.id) for need in behind)
    service.tell(session, actor, order, DRAFTED, None)
    await session.flush()
    if body.publish:
        await _publish(session, actor, order, [P.ORDER_RUN], behind, kind)
    return order


async def publish(session: AsyncSession, actor: Actor, order_id: UUID) -> Order:
    """The draft is open to members; its needs are in hand.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        Invalid: its time has passed meanwhile, or a need went another way.
        Confidential: see there.
    """
    order, granted = await service.get(session, actor, order_id, P.ORDER_RUN)
    _check_times(order.starts_at, order.ends_at)
    behind = await _needs(session, order.community_id, await service.need_ids(session, order.id))
    kind = await submissions.category(session, order.category) or {}
    await _publish(session, actor, order, granted, behind, kind)
    return order


async def change(session: AsyncSession, actor: Actor, order_id: UUID, body: OrderChange) -> Order:
    """The order is as the community says now; who has taken it is told, and may release it.

    Whom a change of time or place does not suit leaves without a trace, until the begin.

    Raises:
        NotFound, Forbidden: as every step.
        Stale: somebody else has changed it.
        BadTransition: it is neither a draft nor open.
        Invalid: a wrong time, an unknown target, fewer seats than are taken or than its kind wants.
        Overlaps: the new time does not suit somebody who has taken it.
    """
    order, _ = await service.get(session, actor, order_id, P.ORDER_RUN)
    if order.version != body.version:
        raise Stale
    if order.status not in (OrderStatus.DRAFT, OrderStatus.OPEN):
        raise BadTransition
    week = commitments.week_of(order.starts_at)
    new = body.model_dump(exclude_unset=True, exclude={"version"})
    if new.get("seats", order.seats) < order.taken:
        raise Invalid.field("/seats", "fewer_than_taken", "名额不能少于已接单人数")
    if "target" in new:
        await content.require(session, "order_targets", new["target"], pointer="/target")
    changed = [name for name, value in new.items() if getattr(order, name) != value]
    for name, value in new.items():
        setattr(order, name, value)
    if "seats" in changed and order.status is OrderStatus.OPEN:
        _check_pair(order, await submissions.category(session, order.category) or {})
    if {"starts_at", "ends_at"} & set(new):
        _check_times(order.starts_at, order.ends_at)
        order.bands = await bands.at(session, order.starts_at)
        if order.status is OrderStatus.OPEN:
            await _set_windows(session, order)
            await _move_promises(session, order, week)
    if order.taken and MOVED & set(changed):
        order.release_until = order.starts_at
    if "seats" in changed:
        await session.flush()
        await offers.pass_on(session, order)
    service.tell(session, actor, order, CHANGED, order.status, changed=changed)
    await session.flush()
    return order


async def _publish(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    granted: list[str],
    behind: list[Need],
    kind: dict[str, Any],
) -> None:
    if "confidential" in kind.get("flags", ()):
        raise Confidential
    _check_pair(order, kind)
    await service.moved(session, actor, order, OrderAction.PUBLISH, granted)
    order.published_at = clock.now()
    await _set_windows(session, order)
    for need in behind:
        await needs.start(session, actor, need)
    await session.flush()


async def _set_windows(session: AsyncSession, order: Order) -> None:
    """What follows from the times under the policies of the day; later changes do not move it."""
    found = await policies.values(session, order.community_id, *HOURS, *LIMITS)
    cutoff, before, after = (timedelta(hours=found[key]) for key in HOURS)
    order.release_until = order.starts_at - cutoff
    order.contact_from, order.contact_until = order.starts_at - before, order.ends_at + after
    order.week_limit, order.live_limit = (found[key] for key in LIMITS)
    order.due_at = order.ends_at
    day_before = order.starts_at - timedelta(days=1)
    order.remind_at = day_before if day_before > clock.now() else None


async def _move_promises(session: AsyncSession, order: Order, week: Any) -> None:
    held = await service.seats_of(session, order)
    offers.move(order, held)
    held = [seat for seat in held if seat.status not in UNPROMISED]
    if not held:
        return
    seat_ids = [seat.id for seat in held]
    await commitments.move(session, "order", seat_ids, order.starts_at, order.ends_at)
    new_week = commitments.week_of(order.starts_at)
    if new_week != week:
        people = [seat.person_id for seat in held]
        await commitments.give_back(session, people, week)
        await commitments.add(session, people, new_week)


async def _aim(session: AsyncSession, body: OrderIn) -> tuple[int, str]:
    """How hard it is and for whom: as said, else as the content proposes. Source: practice.md R16."""
    if body.target is not None:
        await content.require(session, "order_targets", body.target, pointer="/target")
    found = await session.execute(
        select(ContentItem.section, ContentItem.data).where(
            or_(
                and_(ContentItem.section == SIZES, ContentItem.code == SIZE),
                ContentItem.section == LEVELS,
            )
        )
    )
    says: dict[str, Any] = {section: data for section, data in found}
    difficulty: int = body.difficulty or says[SIZES]["default_difficulty"]
    proposed = {each["level"]: each["target"] for each in says[LEVELS]["value"]}
    return difficulty, body.target or proposed[difficulty]


async def _needs(session: AsyncSession, community_id: UUID, ids: list[UUID]) -> list[Need]:
    """The needs, if each is accepted for members in this community."""
    if not ids:
        return []
    found = await needs.find_many(session, ids)
    fits = [
        need
        for need in found
        if need.community_id == community_id
        and need.status is NeedStatus.ACCEPTED
        and need.route is Route.ORDER
    ]
    if len(fits) != len(set(ids)):
        raise Invalid.field("/need_ids", "unfit_need", "只能选择本社区已受理并派给党员的诉求")
    return fits


async def _building(session: AsyncSession, community_id: UUID, need: Need) -> UUID | None:
    """The need's building, if it stands in the community."""
    return await session.scalar(
        select(Organization.id).where(
            Organization.id == need.building_id, Organization.lineage.contains([community_id])
        )
    )


async def _category(session: AsyncSession, body: OrderIn, behind: list[Need]) -> dict[str, Any]:
    code = body.category or (behind[0].category if behind else None)
    if code is None:
        raise Invalid.field("/category", "missing", "请选择服务类别")
    kind = await submissions.category(session, code)
    if kind is None:
        raise Invalid.field("/category", "unknown_code", "不在可选范围内")
    return kind


def _check_pair(order: Order, kind: dict[str, Any]) -> None:
    if "two_person" in kind.get("flags", ()) and order.seats < 2:
        raise Invalid.field("/seats", "two_person", "该类服务须两人同行，名额不少于2")


def _check_times(starts_at: Any, ends_at: Any) -> None:
    if starts_at <= clock.now():
        raise Invalid.field("/starts_at", "in_the_past", "开始时间已过")
    if ends_at <= starts_at:
        raise Invalid.field("/ends_at", "ends_before_start", "结束时间早于开始时间")
    if ends_at - starts_at > timedelta(hours=24):
        raise Invalid.field("/ends_at", "too_long", "一次服务不超过24小时")
