"""Who is told of a need: first of all its resident; the community, where it is its turn."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import (
    Acceptance,
    Need,
    NeedKind,
    NeedStatus,
    NeedStep,
    NeedSupporter,
    Route,
)
from app.models.organization import Organization
from app.models.person import Role
from app.needs import categories
from app.needs.events import AcceptanceMoved, NeedMoved
from app.notifications import service
from app.policies import content

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
SECRETARY = (Role.COMMUNITY_SECRETARY,)

HIDDEN = frozenset({"confidential", "health_information"})
# action → message for the resident
FOR_RESIDENT: Mapping[str, str] = {
    "submit": "need_received",
    "ask_back": "need_question",
    "finish": "need_done_confirm",
    "follow_up": "need_followed_up",
    "hand_up": "need_handed_up",
    "merge": "need_merged",
    "unmerge": "need_main_off",
    "refuse": "need_refused",
    "reopen": "need_reopened",
    "decide": "need_reopened",
    "close": "need_closed_above",
}
BY_ROUTE: Mapping[Route, str] = {Route.REFERRED: "need_referred", Route.ANSWERED: "need_answered"}
# Who takes care of it instead; the other routes have words of their own.
TAKES_OVER: Mapping[Route, str] = {Route.ORDER: "党员", Route.OWN_STAFF: "社区工作者"}
# action → message for the community, whose turn it is
FOR_COMMUNITY: Mapping[str, str] = {
    "answer_back": "need_answered_back",
    "decide": "need_handed_back",
    "close": "need_handed_back",
    "remind": "need_waiting",
    "reopen": "need_came_back",
}
# what ends a need for its supporters → why it went no further; None: it is done
ENDS: Mapping[str, str | None] = {
    "finish": None,
    "refuse": "社区未能受理",
    "revoke": "提出人已撤回",
    "withdraw": "提出人已撤回",
}
# the clock of the resident's answer → message for the community
NO_ANSWER: Mapping[str, str] = {"remind": "call_back_due", "silence": "need_unanswered"}


async def on_need_moved(session: AsyncSession, fact: int, event: NeedMoved) -> None:
    """The resident learns what is done about it; the community, what waits for it; the level above,
    what was handed up."""
    need = await session.get_one(Need, event.need_id)
    subject = ("need", need.id)
    message = FOR_RESIDENT.get(event.action)
    if event.action == "accept":
        message = await _of_route(session, need)
    if message is not None:
        await service.tell(
            session,
            fact,
            message,
            [event.requester_id],
            subject,
            need=await _title(session, need),
            due=_due(need),
            question=await _why(session, need, "ask_back"),
            who=need.route and TAKES_OVER.get(need.route),
            answer=need.reply,
            target=await _target(session, need),
            reason=need.reply,
            advice="可向社区咨询",
            said=await _why(session, need, "follow_up"),
        )
    if event.action == "submit":
        await _tell_at_once(session, fact, need)
    if event.action in ENDS:
        await _tell_supporters(session, fact, need, event.action)
    if event.action in FOR_COMMUNITY:
        people = await service.holders(session, need.community_id, *_desk(need))
        await service.tell(
            session,
            fact,
            FOR_COMMUNITY[event.action],
            people,
            subject,
            need=need.number,
            reason=await _why(session, need, event.action),
        )
    if event.action == "hand_up":
        community = await session.get_one(Organization, need.community_id)
        people = await service.holders_above(session, need.community_id, Role.SUBDISTRICT_ADMIN)
        await service.tell(
            session,
            fact,
            "reopened_handed_up",
            people,
            subject,
            need=need.number,
            community=community.name,
        )


async def on_acceptance_moved(session: AsyncSession, fact: int, event: AcceptanceMoved) -> None:
    """The community learns when it is to call back, once, by somebody who may answer for the
    resident; and of silence."""
    if event.action not in NO_ANSWER:
        return
    row = await session.get_one(Acceptance, event.acceptance_id)
    need = await session.get_one(Need, event.need_id)
    people = await service.holders(session, need.community_id, *_desk(need))
    if event.action == "remind":
        people = people - set(row.excluded_ids) or people
    await service.tell(
        session,
        fact,
        NO_ANSWER[event.action],
        people,
        ("need", need.id),
        need=need.number,
        due=row.due_at,
    )


async def _tell_at_once(session: AsyncSession, fact: int, need: Need) -> None:
    """Not only when it was left lying: what sounds urgent, to the community; what is said about a
    member, to the few who hear it. Source: practice.md R18, R20."""
    subject, desk = ("need", need.id), _desk(need)
    people = await service.holders(session, need.community_id, *desk)
    if need.is_urgent:
        await service.tell(session, fact, "need_urgent", people, subject, need=need.number)
    if need.kind is NeedKind.ABOUT_MEMBER:
        people |= await service.holders_above(session, need.community_id, Role.SUBDISTRICT_ADMIN)
        await service.tell(session, fact, "need_about_member", people, subject, need=need.number)


async def _of_route(session: AsyncSession, need: Need) -> str | None:
    """Passed on and answered are told as such; what was accepted before, that it goes another way."""
    if need.route is None or need.route in BY_ROUTE:
        return need.route and BY_ROUTE[need.route]
    left = await session.scalar(
        select(NeedStep.left)
        .where(NeedStep.need_id == need.id, NeedStep.action == "accept")
        .order_by(NeedStep.at.desc())
        .limit(1)
    )
    return "need_rerouted" if left == NeedStatus.ACCEPTED else None


def _due(need: Need) -> datetime | None:
    day = need.answer_expected_on
    return need.remind_at if day is None else clock.day_starts(day)


def _desk(need: Need) -> tuple[Role, ...]:
    """Who is told in the community; what is said about a member, its secretary only."""
    return SECRETARY if need.kind is NeedKind.ABOUT_MEMBER else STAFF


async def _title(session: AsyncSession, need: Need) -> str:
    """The need in a message to its own resident; of what is for few eyes, the number alone: a
    message may lie open on a phone. Source: practice.md R20."""
    code = need.category or need.suggested_category
    item = code and (await categories.known(session)).get(code)
    is_closed = need.kind is NeedKind.ABOUT_MEMBER
    if is_closed or (item and not HIDDEN.isdisjoint(item.get("flags", ()))):
        return need.number
    return need.words[:20]


async def _tell_supporters(session: AsyncSession, fact: int, need: Need, action: str) -> None:
    """Whose need goes on as part of this one hears the answer itself; other neighbours, that it is
    done or goes no further, in the community's words."""
    rows = await session.execute(
        select(NeedSupporter.person_id, NeedSupporter.merged_need_id).where(
            NeedSupporter.need_id == need.id
        )
    )
    merged: list[UUID] = []
    others: list[UUID] = []
    for person_id, merged_need_id in rows:
        (others if merged_need_id is None else merged).append(person_id)
    subject, reason = ("need", need.id), ENDS[action]
    if reason is None:
        await service.tell(session, fact, "need_merged_done", merged, subject, answer=need.reply)
        others_hear = "need_supported"
    else:
        others, others_hear = merged + others, "need_supported_off"
    name = need.public_text or await _matter(session, need)
    await service.tell(session, fact, others_hear, others, subject, need=name, reason=reason)


async def _matter(session: AsyncSession, need: Need) -> str:
    """What the need is about, by name of its category or kind."""
    code = need.category or need.suggested_category
    item = code and (await categories.known(session)).get(code)
    kind = await content.find(session, "need_kinds", need.kind) or {}
    return str((item or kind)["name"])


async def _why(session: AsyncSession, need: Need, action: str) -> str | None:
    """What was said with the last such step."""
    return await session.scalar(
        select(NeedStep.reason)
        .where(NeedStep.need_id == need.id, NeedStep.action == action)
        .order_by(NeedStep.at.desc())
        .limit(1)
    )


async def _target(session: AsyncSession, need: Need) -> str | None:
    """To whom it was passed on, by name."""
    if need.referred_to is None:
        return None
    found = await content.find(session, "referral_targets", need.referred_to) or {}
    return found.get("name")
