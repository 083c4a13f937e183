"""What the community does with a need: asks back, accepts with a route, refuses, replies."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Invalid
from app.lifecycle import BadTransition
from app.models.need import Need, NeedKind, NeedStatus, Route
from app.needs import acceptance, categories, merging, service
from app.needs.lifecycle import ENDED, FOLLOWED_UP, NeedAction
from app.needs.schemas import FollowUpIn, NeedAcceptIn, PublicTextIn, RefuseIn
from app.permissions import Actor, Permission
from app.policies import content
from app.policies import service as policies

A = NeedAction

# What must be said for each route beside the route itself. Source: practice.md R1.
WANTED: Mapping[Route, tuple[str, ...]] = {
    Route.ORDER: ("category",),
    Route.OWN_STAFF: (),
    Route.REFERRED: ("referred_to", "answer_expected_on"),
    Route.ANSWERED: ("reply",),
}
# Passed on, and not done yet.
FOLLOWED = (NeedStatus.ACCEPTED, NeedStatus.IN_HAND)
WORDS = {
    "category": "请选择服务类别",
    "referred_to": "请选择转办单位",
    "answer_expected_on": "请填写预计答复日期",
    "reply": "请填写答复内容",
}


async def ask_back(session: AsyncSession, actor: Actor, need_id: UUID, question: str) -> Need:
    """The resident is asked; without an answer the need lapses, and reopens on one."""
    need, granted = await service.get(session, actor, need_id)
    await service.moved(session, actor, need, A.ASK_BACK, granted, reason=question)
    days = await policies.value(session, need.community_id, "needs.ask_back_days")
    need.due_at = clock.now() + timedelta(days=days)
    await session.flush()
    return need


async def answer_back(session: AsyncSession, actor: Actor, need_id: UUID, words: str) -> Need:
    """The resident, or who writes it down for one without an account, has answered; the need waits
    for the community again."""
    need, granted = await service.get(session, actor, need_id)
    await service.moved(session, actor, need, A.ANSWER_BACK, granted, reason=words)
    return need


async def accept(session: AsyncSession, actor: Actor, need_id: UUID, body: NeedAcceptIn) -> Need:
    """The need is taken, by a route; a mere answer is done at once, and its acceptance asked.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        Invalid: what the route wants is missing, or a code is unknown.
    """
    need, granted = await service.get(session, actor, need_id, Permission.NEED_TRIAGE)
    with session.no_autoflush:  # the need is written once
        service.step(session, actor, need, A.ACCEPT, granted)
        await _set_route(session, need, body)
        if body.route is Route.ANSWERED:
            await _done(session, actor, need, granted)
        else:
            need.remind_at = await service.next_look(session, need)
    await session.flush()
    return need


async def _set_route(session: AsyncSession, need: Need, body: NeedAcceptIn) -> None:
    """The need goes the way that was said, with all that this way wants."""
    if body.category is not None:
        need.category = categories.check(await categories.known(session), body.category)
    for name in WANTED[body.route]:
        if getattr(body, name) is None and not (name == "category" and need.category):
            raise Invalid.field(f"/{name}", "required_by_route", WORDS[name])
    if body.route is Route.ORDER and need.kind is NeedKind.ABOUT_MEMBER:
        raise Invalid.field("/route", "not_for_members", "反映党员情况不派单")
    if body.answer_expected_on is not None:
        _check_day(body.answer_expected_on)
    if body.referred_to is not None:
        await content.require(session, "referral_targets", body.referred_to, pointer="/referred_to")
    need.route, need.reply = body.route, body.reply
    need.referred_to, need.referred_number = body.referred_to, body.referred_number
    need.answer_expected_on = body.answer_expected_on
    need.public_text = body.public_text or need.public_text


async def start(session: AsyncSession, actor: Actor, need_id: UUID) -> Need:
    """The community's own staff, or whom it was passed on to, is at work on it."""
    need, granted = await service.get(session, actor, need_id)
    _not_by_order(need)
    await service.moved(session, actor, need, A.START, granted)
    return need


async def finish(session: AsyncSession, actor: Actor, need_id: UUID, reply: str) -> Need:
    """It is done, the resident is told how and asked whether it helped."""
    need, granted = await service.get(session, actor, need_id)
    _not_by_order(need)
    need.reply = reply
    await _done(session, actor, need, granted)
    return need


async def refuse(session: AsyncSession, actor: Actor, need_id: UUID, body: RefuseIn) -> Need:
    """The need is not taken, and the resident is told why and where to turn.

    Raises:
        Invalid: an unknown reason, or one that wants words and has none.
    """
    need, granted = await service.get(session, actor, need_id, Permission.NEED_TRIAGE)
    reason = await content.require(
        session, "need_refusal_reasons", body.reason_code, pointer="/reason_code"
    )
    if reason.get("text_required") and body.reply is None:
        raise Invalid.field("/reply", "text_required", "请说明原因")
    await service.moved(session, actor, need, A.REFUSE, granted, reason=body.reason_code)
    need.reply = body.reply or reason["name"]
    await session.flush()
    return need


async def follow_up(session: AsyncSession, actor: Actor, need_id: UUID, body: FollowUpIn) -> Need:
    """The community has asked the other side: their number, what they say, when they will answer.
    The resident is told, and the community again on that day.

    Raises:
        NotFound, Forbidden.
        BadTransition: it was not passed on, or is done.
        Invalid: a day that is past.
    """
    need, _ = await service.get(session, actor, need_id, Permission.NEED_TRIAGE)
    if need.route is not Route.REFERRED or need.status not in FOLLOWED:
        raise BadTransition
    _check_day(body.answer_expected_on)
    need.answer_expected_on = body.answer_expected_on
    need.referred_number = body.referred_number or need.referred_number
    need.remind_at = await service.next_look(session, need)
    service.tell(session, actor, need, FOLLOWED_UP, need.status, reason=body.words)
    await session.flush()
    return need


async def put_publicly(
    session: AsyncSession, actor: Actor, need_id: UUID, body: PublicTextIn
) -> Need:
    """Neighbours read this of the need: the community's own words, never the resident's.

    Raises:
        NotFound, Forbidden.
        BadTransition: it has ended, or is said about a member and for no neighbour.
    """
    need, _ = await service.get(session, actor, need_id, Permission.NEED_TRIAGE)
    if need.kind is NeedKind.ABOUT_MEMBER or need.status in ENDED:
        raise BadTransition
    need.public_text = body.text
    await session.flush()
    return need


async def withdraw(session: AsyncSession, actor: Actor, need_id: UUID) -> Need:
    """The resident no longer needs it."""
    need, granted = await service.get(session, actor, need_id)
    await service.moved(session, actor, need, A.WITHDRAW, granted)
    await merging.parted(session, need)
    return need


async def _done(session: AsyncSession, actor: Actor, need: Need, granted: list[str]) -> None:
    service.step(session, actor, need, A.FINISH, granted)
    await acceptance.ask(session, actor, [need], None, ())


def _check_day(day: date) -> None:
    if day < clock.today():
        raise Invalid.field("/answer_expected_on", "in_the_past", "日期不能早于今天")


def _not_by_order(need: Need) -> None:
    """What members do is begun and finished by its order."""
    if need.route is Route.ORDER:
        raise BadTransition
