"""Drafting, changing and publishing an order (下单): four fields are enough from a need."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import numbers
from app.commitments import service as commitments
from app.core import clock
from app.core.errors import Invalid, Stale
from app.lifecycle import BadTransition
from app.members import skills as member_skills
from app.models.need import Need, NeedStatus, Route
from app.models.order import UNPROMISED, Order, OrderNeed, OrderStatus
from app.models.organization import Organization
from app.needs import categories
from app.needs import service as needs
from app.needs.categories import Items
from app.orders import announced, bands, flags, forms, offers, service, untaken
from app.orders.lifecycle import CHANGED, DRAFTED, ORDER, OrderAction
from app.orders.schemas import OrderChange, OrderIn
from app.organizations.rights import require_in
from app.permissions import Actor, Permission
from app.policies import content
from app.policies import service as policies

P = Permission
SECTIONS = (*forms.SECTIONS, categories.SECTION, member_skills.SECTION, bands.SECTION)
HOURS = (
    "orders.release_cutoff_hours",
    "orders.contact_window_before_hours",
    "orders.contact_window_after_hours",
    "orders.reminder_hours",
)
LIMITS = (
    "orders.max_per_week_per_person",
    "orders.max_live_seats_per_person",
    "orders.overlap_buffer_minutes",
)
CENTRE = "社区党群服务中心"
MOVED = {"starts_at", "ends_at", "place"}


async def draft(session: AsyncSession, actor: Actor, community_id: UUID, body: OrderIn) -> Order:
    """A draft, or with `publish` an open order, for these needs or for none.

    A resident's words are never copied; door and contact are, sealed, where the service goes to a
    home.

    Raises:
        NotFound, Forbidden: as for the community; what is no community has no orders.
        Invalid: a time in the past or turned round, a need that is not accepted for members, an
            unknown category, template, size, target, mark or skill, too few seats for a service
            that two must do; what is passed on to another and never an order.
        NotInsured, EnoughCleanups, OneProject: see there.
    """
    await allowed(session, actor, community_id)
    behind, building_id = await _needs(session, community_id, body.need_ids)
    order = await build(session, community_id, body, behind)
    order.status, order.building_id = OrderStatus.DRAFT, building_id
    order.created_by_id = actor.person_id
    if body.publish:
        await _announce(session, actor, order, behind)
        await _open(session, order, [P.ORDER_RUN])
    order.number = await numbers.give(session, community_id, "order")
    session.add(order)
    await session.flush()
    session.add_all(OrderNeed(order_id=order.id, need_id=need.id) for need in behind)
    service.tell(session, actor, order, DRAFTED, None, entered=OrderStatus.DRAFT)
    if body.publish:
        service.tell(session, actor, order, OrderAction.PUBLISH, OrderStatus.DRAFT)
        needs.start(session, actor, behind)
    await session.flush()
    return order


async def allowed(session: AsyncSession, actor: Actor, community_id: UUID) -> None:
    """Nothing, if the actor may order there.

    Raises:
        NotFound, Forbidden: as for the community; what is no community has no orders.
    """
    await require_in(session, actor, community_id, P.COMMUNITY_ORDER, ("community",))


async def build(
    session: AsyncSession, community_id: UUID, body: OrderIn, behind: list[Need]
) -> Order:
    """What the body, its template, its category and the first need say of an order; not stored.

    All the content for it is read in one statement.

    Raises:
        Invalid: as `draft`.
    """
    known = await content.sections(session, *SECTIONS)
    form = forms.find(known, body)
    items = categories.items(known[categories.SECTION])
    kind, switched = _category(items, body, behind, form.template)
    _check_times(body.starts_at, body.ends_at)
    first = behind[0] if behind else None
    at_home = flags.AT_HOME in switched
    skills = body.skills or form.template.get("skills") or kind.get("skills", [])
    licences = []
    if flags.LICENSED in switched:
        dictionary = known[member_skills.SECTION]
        licences = member_skills.needed(dictionary, skills, pointer="/skills")
    are_said = "seats" in body.model_fields_set
    return Order(
        community_id=community_id,
        category=kind["code"],
        title=body.title,
        description=body.description or form.template.get("text"),
        place=body.place or CENTRE,
        kind=form.kind,
        target=form.target,
        difficulty=form.difficulty,
        template=body.template,
        marks=body.marks,
        flags=switched,
        licences=licences,
        clearances=flags.clearances(switched),
        is_confidential=flags.CONFIDENTIAL in switched,
        insured_until=body.insured_until,
        has_guardian=body.has_guardian,
        skills=skills,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        bands=bands.at(known[bands.SECTION], body.starts_at),
        seats=body.seats if are_said else form.template.get("seats", body.seats),
        is_at_home=at_home,
        door=body.door or (first.door if first and at_home else None),
        contact_name=body.contact_name or (first.contact_name if first else None),
        contact_phone=body.contact_phone
        or (first.contact_phone if first and first.shares_phone else None),
    )


async def publish(session: AsyncSession, actor: Actor, order_id: UUID) -> Order:
    """The draft is open to members; its needs are in hand.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        Invalid: its time has passed meanwhile, a need went another way, or as `flags.check`.
        NotInsured, EnoughCleanups, OneProject: see there.
    """
    order, granted = await service.get(session, actor, order_id, P.ORDER_RUN)
    _check_times(order.starts_at, order.ends_at)
    wanted = await service.need_ids(session, order.id)
    behind, _ = await _needs(session, order.community_id, wanted)
    await _announce(session, actor, order, behind)
    await _open(session, order, granted)
    service.tell(session, actor, order, OrderAction.PUBLISH, OrderStatus.DRAFT)
    needs.start(session, actor, behind)
    await session.flush()
    return order


async def change(session: AsyncSession, actor: Actor, order_id: UUID, body: OrderChange) -> Order:
    """The order is as the community says now; who has taken it is told, and may release it.

    Whom a change of time or place does not suit leaves without a trace, until the begin.

    Raises:
        NotFound, Forbidden: as every step.
        Stale: somebody else has changed it.
        BadTransition: it is neither a draft nor open.
        Invalid: a wrong time, fewer seats than are taken or than its kind wants, an unknown mark
            or target.
        NotInsured, OneProject: it is open, and would be without, or a second one.
        Overlaps: the new time does not suit somebody who has taken it.
    """
    order, _ = await service.get(session, actor, order_id, P.ORDER_RUN)
    if order.version != body.version:
        raise Stale
    if order.status not in (OrderStatus.DRAFT, OrderStatus.OPEN):
        raise BadTransition
    if not actor.is_system:  # what a person has changed keeps that when its series changes
        order.follows_series = False
    week = commitments.week_of(order.starts_at)
    new = body.model_dump(exclude_unset=True, exclude={"version"})
    if new.get("seats", order.seats) < order.taken:
        raise Invalid.field("/seats", "fewer_than_taken", "名额不能少于已接单人数")
    if {"target", "marks"} & set(new):
        await forms.check(session, new.get("target"), new.get("marks", ()))
    changed = [name for name, value in new.items() if getattr(order, name) != value]
    with session.no_autoflush:  # the order is written once, with what follows from its times
        for name, value in new.items():
            setattr(order, name, value)
        if order.status is OrderStatus.OPEN:
            flags.check(order)
        if order.status is OrderStatus.OPEN and "marks" in changed:
            await announced.check_project(session, order)
        has_moved = bool({"starts_at", "ends_at"} & set(new))
        if has_moved:
            _check_times(order.starts_at, order.ends_at)
            order.bands = bands.at(await content.section(session, bands.SECTION), order.starts_at)
        if has_moved and order.status is OrderStatus.OPEN:
            await _set_windows(session, order)
    if order.taken and MOVED & set(changed):
        order.release_until = order.starts_at
    if has_moved and order.status is OrderStatus.OPEN:
        await _move_promises(session, order, week)
    if "seats" in changed:
        await session.flush()
        await offers.pass_on(session, order)
    service.tell(session, actor, order, CHANGED, order.status, changed=changed)
    await session.flush()
    return order


async def _announce(session: AsyncSession, actor: Actor, order: Order, behind: list[Need]) -> None:
    """Nothing, or the community has enough of the kind; what a series makes was looked at with it."""
    if actor.is_system:
        return
    await announced.check_project(session, order)
    if not behind:
        await announced.check_cleanups(session, order)


async def _open(session: AsyncSession, order: Order, granted: list[str]) -> None:
    """The order is open, with what follows from its times; the caller tells of it and flushes."""
    flags.check(order)
    with session.no_autoflush:  # it is written once
        ORDER.move(order, OrderAction.PUBLISH, granted)
        order.published_at = clock.now()
        await _set_windows(session, order)


async def _set_windows(session: AsyncSession, order: Order) -> None:
    """What follows from the times under the policies of the day; later changes do not move it."""
    found = await policies.values(session, order.community_id, *HOURS, *LIMITS, untaken.DAYS)
    cutoff, before, after, ahead = (timedelta(hours=found[key]) for key in HOURS)
    order.release_until = order.starts_at - cutoff
    order.contact_from, order.contact_until = order.starts_at - before, order.ends_at + after
    order.week_limit, order.live_limit, order.buffer_minutes = (found[key] for key in LIMITS)
    order.due_at = untaken.look_at(order, found[untaken.DAYS])
    remind_at = order.starts_at - ahead
    order.remind_at = remind_at if remind_at > clock.now() else None


async def _move_promises(session: AsyncSession, order: Order, week: Any) -> None:
    held = await service.seats_of(session, order)
    offers.move(order, held)
    promised = {seat.id: seat.person_id for seat in held if seat.status not in UNPROMISED}
    if promised:
        await commitments.move(session, "order", promised, week, order.starts_at, order.ends_at)


async def _needs(
    session: AsyncSession, community_id: UUID, ids: list[UUID]
) -> tuple[list[Need], UUID | None]:
    """The needs, locked, if each is accepted for members in this community, and the building of the
    first, if it stands there."""
    if not ids:
        return [], None
    found = (
        await session.execute(
            select(Need, Organization.id.label("building_id"))
            .outerjoin(
                Organization,
                (Organization.id == Need.building_id)
                & Organization.lineage.contains([community_id]),
            )
            .where(Need.id.in_(ids))
            .order_by(Need.id)
            .with_for_update(of=Need)
        )
    ).all()
    fits = [
        need
        for need, _ in found
        if need.community_id == community_id
        and need.status is NeedStatus.ACCEPTED
        and need.route is Route.ORDER
    ]
    if len(fits) != len(set(ids)):
        raise Invalid.field("/need_ids", "unfit_need", "只能选择本社区已受理并派给党员的诉求")
    return fits, found[0].building_id


def _category(
    items: Items, body: OrderIn, behind: list[Need], template: Mapping[str, Any]
) -> tuple[Mapping[str, Any], list[str]]:
    """The category of the order, and what is switched on: its flags and those of the template.

    Where only the template says the category, its own flags hold.
    """
    said = body.category or (behind[0].category if behind else None)
    code = said or template.get("category")
    if code is None:
        raise Invalid.field("/category", "missing", "请选择服务类别")
    kind = items.get(code)
    if kind is None:
        raise Invalid.field("/category", "unknown_code", "不在可选范围内")
    own = kind.get("flags", []) if said else []
    if set(own) >= flags.HARM or (kind["route"] == Route.REFERRED and not behind):
        raise Invalid.field("/category", "never_an_order", "该类事项须转办，不能派给党员")
    return kind, list(dict.fromkeys([*own, *template.get("flags", ())]))


def _check_times(starts_at: Any, ends_at: Any) -> None:
    if starts_at <= clock.now():
        raise Invalid.field("/starts_at", "in_the_past", "开始时间已过")
    if ends_at <= starts_at:
        raise Invalid.field("/ends_at", "ends_before_start", "结束时间早于开始时间")
    if ends_at - starts_at > timedelta(hours=24):
        raise Invalid.field("/ends_at", "too_long", "一次服务不超过24小时")
