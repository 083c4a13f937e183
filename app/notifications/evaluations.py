"""Who is told of an item, an objection, a talk, a commendation: whose turn it is, and the member.

Nothing that somebody said stands in an inbox, and of a talk only the two hear whom it is between.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.evaluations.events import (
    CommendationMoved,
    NegativeItemMoved,
    ObjectionMoved,
    TalkMoved,
)
from app.evaluations.lifecycle import (
    OPENED,
    PROPOSED,
    RAISED,
    REMINDED,
    CommendationAction,
    NegativeAction,
    ObjectionAction,
    TalkAction,
)
from app.models.commendation import Commendation, CommendationKind, CommendationStep
from app.models.negative_item import NegativeItem, NegativeItemStatus
from app.models.objection import Objection, ObjectionStatus
from app.models.organization import Organization
from app.models.person import Role
from app.models.talk import Talk
from app.notifications import service
from app.policies import content

NA, OA, CA = NegativeAction, ObjectionAction, CommendationAction
BRANCH, COMMUNITY, SUBDISTRICT, DISTRICT = (
    Role.BRANCH_SECRETARY,
    Role.COMMUNITY_SECRETARY,
    Role.SUBDISTRICT_ADMIN,
    Role.DISTRICT_ADMIN,
)
NO_ANSWER, ANSWERED = "未作答", "已说明"
GRANTED, KEPT = "异议成立", "维持原情况"
MEMBER_OF_ITEM: Mapping[str, str] = {
    NA.AGREE: "allegation",
    NA.DROP: "negative_item_dropped",
    NA.CLEAR: "negative_item_dropped",
    NA.REVIEW: "negative_item_reviewed",
    NA.STAND: "negative_item_stands",
    NA.UPHOLD: "negative_item_stands",
}
# Whose turn it is in a status, and what he is told.
TURN_OF_ITEM: Mapping[str, tuple[Role, str]] = {
    NegativeItemStatus.ALLEGED: (BRANCH, "negative_item_to_agree"),
    NegativeItemStatus.ANSWERED: (COMMUNITY, "negative_item_to_confirm"),
    NegativeItemStatus.CONFIRMED: (SUBDISTRICT, "negative_item_to_review"),
}
TURN_OF_OBJECTION: Mapping[str, tuple[Role, str]] = {
    ObjectionStatus.RAISED: (COMMUNITY, "objection_to_answer"),
    ObjectionStatus.ANSWERED: (SUBDISTRICT, "objection_to_decide"),
    ObjectionStatus.APPEALED: (DISTRICT, "objection_to_decide"),
}
MEMBER_OF_OBJECTION: Mapping[str, str] = {
    RAISED: "objection_raised",
    OA.GRANT: "objection_result",
    OA.KEEP: "objection_result",
    OA.GRANT_ABOVE: "objection_result",
    OA.KEEP_ABOVE: "objection_result",
}
FOR_SECRETARY: Mapping[str, str] = {OPENED: "talk_due", REMINDED: "talk_overdue"}
MEMBER_OF_PRAISE: Mapping[str, str] = {
    CA.AGREE: "commendation_on_notice",
    CA.WITHDRAW: "commendation_withdrawn",
}


async def on_negative_item_moved(
    session: AsyncSession, fact: int, event: NegativeItemMoved
) -> None:
    """The member from the second person's agreement on; before it the branch alone."""
    item = await session.get_one(NegativeItem, event.negative_item_id)
    entry = await content.find(session, "negative_list.items", item.code) or {}
    subject = ("negative_item", item.id)
    words = {
        "item": entry.get("name"),
        "deadline": item.due_at,
        "community": await _name(session, item.community_id),
        "answered": NO_ANSWER if item.answered_at is None else ANSWERED,
    }
    if event.action in MEMBER_OF_ITEM and item.asked_at is not None:
        message = MEMBER_OF_ITEM[event.action]
        await service.tell(session, fact, message, [item.person_id], subject, **words)
    if event.status == item.status and event.status in TURN_OF_ITEM:
        role, message = TURN_OF_ITEM[event.status]
        place = item.functional_branch_id if role is BRANCH else item.community_id
        people = await _whose_turn(session, place, role)
        await service.tell(session, fact, message, people, subject, **words)


async def on_objection_moved(session: AsyncSession, fact: int, event: ObjectionMoved) -> None:
    """Whose turn it is, again when his time is over, and the member of each answer."""
    row = await session.get_one(Objection, event.objection_id)
    is_granted = event.status == ObjectionStatus.GRANTED
    words = {
        "deadline": row.due_at or row.remind_at,
        "community": await _name(session, row.community_id),
        "outcome": f"{GRANTED if is_granted else KEPT}，请点开查看理由",
    }
    subject = ("objection", row.id)
    if event.action in MEMBER_OF_OBJECTION:
        message = MEMBER_OF_OBJECTION[event.action]
        await service.tell(session, fact, message, [row.person_id], subject, **words)
    if event.status == row.status and event.status in TURN_OF_OBJECTION:
        role, message = TURN_OF_OBJECTION[event.status]
        if event.action == REMINDED:
            message = "objection_overdue"
        people = await _whose_turn(session, row.community_id, role)
        await service.tell(session, fact, message, people, subject, **words)


async def on_talk_moved(session: AsyncSession, fact: int, event: TalkMoved) -> None:
    """The employer's secretary that it is open, and once that it is due; the member when they meet."""
    talk = await session.get(Talk, event.talk_id)
    if talk is None:  # deleted in its time
        return
    subject = ("talk", talk.id)
    words: dict[str, Any]
    if event.action in FOR_SECRETARY:
        people = await service.holders(session, talk.employer_id, Role.EMPLOYER_SECRETARY)
        people -= {talk.person_id}
        message, words = FOR_SECRETARY[event.action], {"count": 1, "deadline": talk.due_at}
        await service.tell(session, fact, message, people, subject, **words)
    if event.action == TalkAction.SCHEDULE:
        kind = await content.find(session, "talk.kinds", talk.kind) or {}
        said = await content.find(session, "talk", "not_a_sanction") or {}
        words = {
            "meets": talk.meets_at,
            "kind": kind.get("name"),
            "not_a_sanction": said.get("value"),
        }
        await service.tell(session, fact, "talk_scheduled", [talk.person_id], subject, **words)


async def on_commendation_moved(session: AsyncSession, fact: int, event: CommendationMoved) -> None:
    """The branch that it has to confirm; the member once both have, and what becomes of it."""
    row = await session.get_one(Commendation, event.commendation_id)
    kind = await content.find(session, "commendation.kinds", row.kind) or {}
    words = {
        "deadline": row.due_at,
        "kind": kind.get("name"),
        "words": row.words,
        "reason": await _why(session, row.id, event.action),
    }
    subject = ("commendation", row.id)
    if event.action == PROPOSED:
        people = await _whose_turn(session, row.functional_branch_id, BRANCH)
        await service.tell(session, fact, "commendation_to_confirm", people, subject, **words)
    if message := _to_member(row, event.action):
        await service.tell(session, fact, message, [row.person_id], subject, **words)


def _to_member(row: Commendation, action: str) -> str | None:
    """What he is told; of what was not confirmed by two he learns nothing."""
    is_letter = row.kind is not CommendationKind.RECOMMEND
    if action == CA.STAND:
        return "commendation_letter" if is_letter else "commendation_stands"
    if action == CA.CONFIRM and not is_letter and row.noticed_at is None:
        return "commendation_to_agree"
    if action == CA.WITHDRAW and row.confirmed_by_id is None:
        return None
    return MEMBER_OF_PRAISE.get(action)


async def _whose_turn(session: AsyncSession, place_id: UUID, role: Role) -> Collection[UUID | None]:
    if role in (SUBDISTRICT, DISTRICT):
        return await service.holders_above(session, place_id, role)
    return await service.holders(session, place_id, role)


async def _name(session: AsyncSession, organization_id: UUID) -> str:
    return (await session.get_one(Organization, organization_id)).name


async def _why(session: AsyncSession, commendation_id: UUID, action: str) -> str | None:
    return await session.scalar(
        select(CommendationStep.reason)
        .where(
            CommendationStep.commendation_id == commendation_id, CommendationStep.action == action
        )
        .order_by(CommendationStep.id.desc())
        .limit(1)
    )
