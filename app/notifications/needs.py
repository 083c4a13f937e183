"""Who is told of a need: first of all its resident."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.need import Need, NeedStep, Route
from app.models.organization import Organization
from app.models.person import Role
from app.needs.events import NeedMoved
from app.notifications import service
from app.policies import content

# action → message for the resident
FOR_RESIDENT = {
    "submit": "need_received",
    "ask_back": "need_question",
    "finish": "need_done_confirm",
    "refuse": "need_refused",
    "reopen": "need_reopened",
}
BY_ROUTE = {Route.REFERRED: "need_referred", Route.ANSWERED: "need_answered"}


async def on_need_moved(session: AsyncSession, fact: int, event: NeedMoved) -> None:
    """The resident learns what is done about it; the level above, what was handed up."""
    need = await session.get_one(Need, event.need_id)
    subject = ("need", need.id)
    message = FOR_RESIDENT.get(event.action)
    if event.action == "accept" and need.route is not None:
        message = BY_ROUTE.get(need.route)
    if message is not None:
        await service.tell(
            session,
            fact,
            message,
            [event.requester_id],
            subject,
            need=need.words[:20],
            due=need.answer_expected_on or need.remind_at,
            question=await _question(session, need) if event.action == "ask_back" else None,
            answer=need.reply,
            target=await _target(session, need),
            reason=need.reply,
            advice="可向社区咨询",
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


async def _question(session: AsyncSession, need: Need) -> str | None:
    return await session.scalar(
        select(NeedStep.reason)
        .where(NeedStep.need_id == need.id, NeedStep.action == "ask_back")
        .order_by(NeedStep.at.desc())
        .limit(1)
    )


async def _target(session: AsyncSession, need: Need) -> str | None:
    """To whom it was passed on, by name."""
    if need.referred_to is None:
        return None
    found = await content.find(session, "referral_targets", need.referred_to) or {}
    return found.get("name")
