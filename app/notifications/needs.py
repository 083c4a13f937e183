"""Who is told of a need: first of all its resident; the community, where it is its turn."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Acceptance, Need, NeedStatus, NeedStep, Route
from app.models.organization import Organization
from app.models.person import Role
from app.needs.events import AcceptanceMoved, NeedMoved
from app.notifications import service
from app.policies import content

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)

# action → message for the resident
FOR_RESIDENT: Mapping[str, str] = {
    "submit": "need_received",
    "ask_back": "need_question",
    "finish": "need_done_confirm",
    "hand_up": "need_handed_up",
    "merge": "need_merged",
    "refuse": "need_refused",
    "reopen": "need_reopened",
    "decide": "need_reopened",
}
BY_ROUTE: Mapping[Route, str] = {Route.REFERRED: "need_referred", Route.ANSWERED: "need_answered"}
# Who takes care of it instead; the other routes have words of their own.
TAKES_OVER: Mapping[Route, str] = {Route.ORDER: "党员", Route.OWN_STAFF: "社区工作者"}
# action → message for the community, whose turn it is
FOR_COMMUNITY: Mapping[str, str] = {
    "answer_back": "need_answered_back",
    "decide": "need_handed_back",
    "remind": "need_waiting",
    "reopen": "need_came_back",
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
            need=need.words[:20],
            due=_due(need),
            question=await _why(session, need, "ask_back"),
            who=need.route and TAKES_OVER.get(need.route),
            answer=need.reply,
            target=await _target(session, need),
            reason=need.reply,
            advice="可向社区咨询",
        )
    if event.action == "finish":
        await _tell_merged(session, fact, need)
    if event.action in FOR_COMMUNITY:
        people = await service.holders(session, need.community_id, *STAFF)
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
    people = await service.holders(session, need.community_id, *STAFF)
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


async def _tell_merged(session: AsyncSession, fact: int, need: Need) -> None:
    """Whose need goes on as part of this one is told that it is done."""
    people = await session.scalars(
        select(Need.requester_id).where(
            Need.merged_into_id == need.id, Need.requester_id != need.requester_id
        )
    )
    await service.tell(
        session, fact, "need_merged_done", people.all(), ("need", need.id), answer=need.reply
    )


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
