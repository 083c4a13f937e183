"""Items of the negative list (负面清单): nobody accuses alone, and nothing undecided is told.

One alleges, another agrees, the member answers, the community confirms, the subdistrict reviews; then
the member may object. Of protected members nothing is alleged here: but their secretary nobody may
know of them. Source: practice.md R9, domain.md §4.3; content `negative_list`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.deadlines import Deadline
from app.evaluations.events import NegativeItemMoved
from app.evaluations.facts import LIVING
from app.evaluations.item_clocks import clocks_of
from app.evaluations.lifecycle import (
    ALLEGED,
    NEGATIVE,
    NEGATIVE_OTHERS,
    REMINDED,
    NegativeAction,
)
from app.evaluations.schemas import AllegationIn
from app.evaluations.talks import REPORTED
from app.identity import service as identity
from app.models.member import Member, Registration
from app.models.negative_item import NegativeItem, NegativeItemStatus, NegativeItemStep
from app.models.order import Order, Seat, SeatStatus
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content
from app.rows import get_row

A, N, P = NegativeAction, NegativeItemStatus, Permission
NO_SHOWS, LEAST_ABSENCES = "repeated_no_show", 3
A_YEAR = timedelta(days=365)


class NotAllegeable(Conflict):
    """No account, no functional branch, not registered any more, or protected."""

    code, title = "not_allegeable", "该党员的情况不能在这里提出"


class SamePerson(Forbidden):
    """Each step of an accusation is another person's."""

    code, title = "same_person", "须由另一人办理"


async def get(
    session: AsyncSession, actor: Actor, item_id: UUID, *permissions: Permission
) -> tuple[NegativeItem, list[str]]:
    """The item, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    return await get_row(
        session,
        actor,
        NegativeItem,
        item_id,
        seen=P.NEGATIVE_READ,
        asked=(
            P.NEGATIVE_OWN,
            P.NEGATIVE_AGREE,
            P.NEGATIVE_CONFIRM,
            P.NEGATIVE_REVIEW,
            P.NEGATIVE_DROP,
        ),
        needed=permissions,
    )


async def allege(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: AllegationIn
) -> NegativeItem:
    """One has said it, and the secretary of the functional branch is asked; the member not yet.

    Raises:
        NotFound, Forbidden: no such registration to see; not the community's secretary.
        NotAllegeable: see there.
        Invalid: no item of the list, or one that is off; a day to come or over a year ago; too few
            absences on record.
    """
    row = (
        await session.execute(
            select(Registration, *ALLEGEABLE, grants(P.NEGATIVE_ALLEGE))
            .join(Member, Member.id == Registration.member_id)
            .where(Registration.id == registration_id, may(P.REGISTRATION_READ)),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require_allegeable(actor, row._mapping)
    registration: Registration = row.Registration
    await content.require(session, "negative_list.items", body.code, pointer="/code")
    if not clock.today() - A_YEAR <= body.happened_on <= clock.today():
        raise Invalid.field("/happened_on", "out_of_year", "应为一年内的日期")
    if body.code == NO_SHOWS:
        await _check_absences(session, registration_id)
    item = NegativeItem(
        registration_id=registration.id,
        person_id=registration.person_id,
        community_id=registration.community_id,
        functional_branch_id=registration.functional_branch_id,
        employer_id=registration.employer_id,
        alleged_by_id=actor.person_id,
        **body.model_dump(),
    )
    item.due_at = (await clocks_of(session, item, N.ALLEGED)).due_at
    session.add(item)
    await session.flush()
    tell(session, actor, item, ALLEGED, None)
    await session.flush()
    return item


ALLEGEABLE = (
    Registration.person_id,
    Registration.functional_branch_id,
    Registration.status,
    Member.is_protected,
)


def require_allegeable(actor: Actor, row: Mapping[Any, Any]) -> None:
    """Nothing, for a row with `ALLEGEABLE` and the grants.

    Raises:
        Forbidden: not the community's secretary.
        NotAllegeable: see there.
    """
    require(row["grants"], P.NEGATIVE_ALLEGE)
    if (
        row["is_protected"]
        or row["person_id"] in (None, actor.person_id)
        or row["functional_branch_id"] is None
        or row["status"] not in LIVING
    ):
        raise NotAllegeable


async def agree(session: AsyncSession, actor: Actor, item_id: UUID) -> NegativeItem:
    """Two have said it; the member is told, and has his workdays to answer.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        SamePerson: who alleged it; the member himself.
    """
    item, granted = await get(session, actor, item_id, P.NEGATIVE_AGREE)
    _check_other(actor, item, A.AGREE)
    await moved(session, actor, item, A.AGREE, granted)
    item.agreed_by_id, item.asked_at = actor.person_id, clock.now()
    await session.flush()
    return item


async def answer(session: AsyncSession, actor: Actor, item_id: UUID, words: str) -> NegativeItem:
    """What the member says to it stands beside it. Errors as every step."""
    item, granted = await get(session, actor, item_id, P.NEGATIVE_OWN)
    await moved(session, actor, item, A.ANSWER, granted)
    item.answer, item.answered_at = words, clock.now()
    await session.flush()
    return item


async def confirm(session: AsyncSession, actor: Actor, item_id: UUID) -> NegativeItem:
    """After the answer both still stand by it, and the subdistrict is asked.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        SamePerson: who agreed for the branch.
    """
    item, granted = await get(session, actor, item_id, P.NEGATIVE_CONFIRM)
    _check_other(actor, item, A.CONFIRM)
    await moved(session, actor, item, A.CONFIRM, granted)
    item.confirmed_by_id, item.confirmed_at = actor.person_id, clock.now()
    await session.flush()
    return item


async def review(session: AsyncSession, actor: Actor, item_id: UUID) -> NegativeItem:
    """The subdistrict has reviewed it, and it goes out in its name; the member may object first.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        SamePerson: who had a part in it below.
    """
    item, granted = await get(session, actor, item_id, P.NEGATIVE_REVIEW)
    _check_other(actor, item, A.REVIEW)
    await moved(session, actor, item, A.REVIEW, granted)
    item.reviewed_by_id, item.reviewed_at = actor.person_id, clock.now()
    await session.flush()
    return item


async def drop(session: AsyncSession, actor: Actor, item_id: UUID, reason: str) -> NegativeItem:
    """It is not held up by one of those whom it needs; nothing of it is told. Errors as every step."""
    item, granted = await get(session, actor, item_id, P.NEGATIVE_DROP)
    await moved(session, actor, item, A.DROP, granted, reason=reason)
    return item


async def moved(
    session: AsyncSession,
    actor: Actor,
    item: NegativeItem,
    action: NegativeAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
) -> None:
    """The item took a step: status, clocks, history, fact. One that stands is told to the employer's
    secretary, if the member agrees to be reported.

    `granted` None: the house itself takes it.
    """
    clocks = await clocks_of(session, item, NEGATIVE.steps[action].target)
    stands = NEGATIVE.steps[action].target is N.UPHELD
    is_told = stands and await identity.has_consent(session, item.person_id, REPORTED)
    if granted is None:
        left = NEGATIVE.advance(item, action, reason=reason)
    else:
        left = NEGATIVE.move(item, action, granted, reason=reason)
    item.due_at, item.remind_at, item.expires_at, item.erase_at = clocks
    if stands:
        item.upheld_at, item.told_at = clock.now(), clock.now() if is_told else None
    tell(session, actor, item, action, left, reason=reason)
    await session.flush()


def tell(
    session: AsyncSession,
    actor: Actor,
    item: NegativeItem,
    action: str,
    left: NegativeItemStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step; the caller flushes."""
    session.add(
        NegativeItemStep(
            negative_item_id=item.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=item.status,
            reason=reason,
        )
    )
    events.record(
        session, NegativeItemMoved(negative_item_id=item.id, action=action, status=item.status)
    )


LAPSES = {N.ALLEGED: A.LAPSE, N.ASKED: A.SILENCE, N.REVIEWED: A.STAND}


async def lapse(session: AsyncSession, item: NegativeItem) -> None:
    """Nobody has agreed, and it falls; the member has not answered (未作答), or not objected."""
    await moved(session, Actor.system(), item, LAPSES[item.status], None)


async def remind(session: AsyncSession, item: NegativeItem) -> None:
    """Whose turn it is is told again: the community's, or the subdistrict's."""
    item.remind_at = (await clocks_of(session, item, item.status)).remind_at
    tell(session, Actor.system(), item, REMINDED, item.status)


async def expire(session: AsyncSession, item: NegativeItem) -> None:
    """The evaluation year is over: it opens nothing any more and is shown to nobody."""
    await moved(session, Actor.system(), item, A.EXPIRE, None)


async def erase(session: AsyncSession, item: NegativeItem) -> None:
    """Of what was dropped no words are kept, of nobody. Source: content `retention`."""
    item.facts = item.evidence = item.answer = None


DEADLINES = (
    Deadline(NegativeItem, lapse),
    Deadline(NegativeItem, remind, "remind_at"),
    Deadline(NegativeItem, expire, "expires_at"),
    Deadline(NegativeItem, erase, "erase_at"),
)


def _check_other(actor: Actor, item: NegativeItem, action: NegativeAction) -> None:
    if actor.person_id in [getattr(item, name) for name in NEGATIVE_OTHERS[action]]:
        raise SamePerson


async def _check_absences(session: AsyncSession, registration_id: UUID) -> None:
    """Three absences without an excuse within a year stand on record, as the item says."""
    found = await session.scalar(
        select(func.count())
        .select_from(Seat)
        .join(Registration, Registration.id == Seat.registration_id)
        .join(Order, Order.id == Seat.order_id)
        .where(
            Registration.id == registration_id,
            Seat.person_id == Registration.person_id,
            Seat.status == SeatStatus.NO_SHOW,
            Order.starts_at >= clock.now() - A_YEAR,
        )
    )
    if (found or 0) < LEAST_ABSENCES:
        raise Invalid.field("/code", "absences_missing", "一年内无故缺席记录不足3次")
