"""One item of the negative list, one objection: each with the steps that are this reader's to take."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, cast, func, literal_column, select

from app.core.prepared import Prepared, Reader
from app.evaluations import negative_items
from app.evaluations.lifecycle import NEGATIVE, NEGATIVE_OTHERS, OBJECTION, OBJECTION_OTHERS
from app.evaluations.reading import ITEM, NAME, OBJECTED, ROW, named, one
from app.models.member import Member, Registration
from app.models.negative_item import NegativeItem, NegativeItemStep
from app.models.objection import Objection, ObjectionKind
from app.models.order import Order, Seat
from app.models.organization import ContentItem
from app.models.record import ServiceRecord
from app.permissions import Actor, Permission, grants, may

P = Permission
# who reads what was said of an item, and not only that it stands
PARTIES = {P.NEGATIVE_OWN, P.NEGATIVE_AGREE, P.NEGATIVE_CONFIRM, P.NEGATIVE_REVIEW}


async def show_item(reader: Reader, actor: Actor, item_id: UUID) -> dict[str, Any]:
    """One item; the employer's secretary learns that it stands, not what was said of it.

    Nobody is shown a step that has to be another person's.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await one(ITEM_SHOWN, reader, actor, item_id)
    is_party = bool(PARTIES & set(row["grants"]))
    hidden = {} if is_party else dict.fromkeys(("facts", "evidence", "answer", "reason"))
    if row["facts"] is None:  # of what was dropped no words are kept
        hidden["reason"] = None
    was_answered = row["answered_at"] is not None
    return (
        row
        | hidden
        | {
            "is_unanswered": row["confirmed_at"] is not None and not was_answered,
            "open_to": _others(actor, row, NEGATIVE, NEGATIVE_OTHERS),
        }
    )


async def show_objection(reader: Reader, actor: Actor, objection_id: UUID) -> dict[str, Any]:
    """One objection with what was said to it. Errors as for an item."""
    row = await one(OBJECTION_SHOWN, reader, actor, objection_id)
    return row | {"open_to": _others(actor, row, OBJECTION, OBJECTION_OTHERS)}


async def show_allegeable(reader: Reader, actor: Actor, registration_id: UUID) -> dict[str, Any]:
    """Of whom an item can be alleged: id, name, community.

    Raises:
        NotFound, Forbidden, NotAllegeable: as for `negative_items.allege`.
    """
    row = await one(ALLEGEABLE, reader, actor, registration_id)
    negative_items.require_allegeable(actor, row)
    return row


def _others(actor: Actor, row: dict[str, Any], life: Any, others: Mapping[Any, Any]) -> list[Any]:
    """The reader's steps, without those that are not his to take."""
    return [
        action
        for action in life.open_in(row["status"], row["grants"])
        if actor.person_id not in [row[name] for name in others.get(action, ())]
    ]


def _about(kind: ObjectionKind, subject: Any) -> ColumnElement[bool]:
    return and_(Objection.kind == literal_column(f"'{kind}'"), Objection.subject_id == subject)


LAST_REASON = (
    select(NegativeItemStep.reason)
    .where(
        NegativeItemStep.negative_item_id == NegativeItem.id, NegativeItemStep.reason.is_not(None)
    )
    .order_by(NegativeItemStep.id.desc())
    .limit(1)
    .scalar_subquery()
)
ITEM_SHOWN = Prepared(
    named(
        (
            *ITEM,
            NegativeItem.community_id,
            NegativeItem.functional_branch_id,
            NegativeItem.person_id,
            NegativeItem.alleged_by_id,
            NegativeItem.agreed_by_id,
            NegativeItem.confirmed_by_id,
            LAST_REASON.label("reason"),
            NegativeItem.facts,
            NegativeItem.evidence,
            NegativeItem.answer,
            NegativeItem.answered_at,
            NegativeItem.asked_at,
            NegativeItem.confirmed_at,
            NegativeItem.reviewed_at,
            NegativeItem.upheld_at,
            grants(
                P.NEGATIVE_OWN,
                P.NEGATIVE_AGREE,
                P.NEGATIVE_CONFIRM,
                P.NEGATIVE_REVIEW,
                P.NEGATIVE_DROP,
            ),
        ),
        NegativeItem,
    ).where(NegativeItem.id == ROW, may(P.NEGATIVE_READ))
)
# What it is about, in the words of its own table; of votes there is nothing to show.
ITEM_NAME = (
    select(ContentItem.data["name"].as_string())
    .where(ContentItem.section == "negative_list.items", ContentItem.code == NegativeItem.code)
    .scalar_subquery()
)
OBJECTION_SHOWN = Prepared(
    named(
        (
            *OBJECTED,
            Objection.registration_id,
            Objection.community_id,
            Objection.person_id,
            Objection.answered_by_id,
            Objection.decided_by_id,
            Objection.words,
            Objection.answer,
            Objection.answered_at,
            Objection.outcome,
            Objection.decided_at,
            func.coalesce(ServiceRecord.title, Order.title, ITEM_NAME).label("subject_title"),
            func.coalesce(
                ServiceRecord.served_on,
                cast(func.timezone("Asia/Shanghai", Order.starts_at), Date),
                NegativeItem.happened_on,
            ).label("subject_on"),
            ServiceRecord.minutes.label("subject_minutes"),
            grants(P.OBJECTION_OWN, P.OBJECTION_ANSWER, P.OBJECTION_DECIDE, P.OBJECTION_SETTLE),
        ),
        Objection,
    )
    .outerjoin(ServiceRecord, _about(ObjectionKind.RECORD, ServiceRecord.id))
    .outerjoin(Seat, _about(ObjectionKind.ABSENCE, Seat.id))
    .outerjoin(Order, Order.id == Seat.order_id)
    .outerjoin(NegativeItem, _about(ObjectionKind.ITEM, NegativeItem.id))
    .where(Objection.id == ROW, may(P.OBJECTION_READ))
)
ALLEGEABLE = Prepared(
    select(
        Registration.id,
        Registration.community_id,
        NAME,
        *negative_items.ALLEGEABLE,
        grants(P.NEGATIVE_ALLEGE),
    )
    .join(Member, Member.id == Registration.member_id)
    .where(Registration.id == ROW, may(P.REGISTRATION_READ))
)
