"""What a report may say of conduct: praise that stands, items that stand, what was decided.

Whatever is undecided is named only as a part to be left out. Source: practice.md R9, G7; content
`report_forms` (conduct, opinions, statement).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import clock
from app.evaluations.lifecycle import OBJECTION_ENDS
from app.models.commendation import Commendation, CommendationKind, CommendationStatus
from app.models.negative_item import NegativeItem
from app.models.objection import Objection, ObjectionKind, ObjectionStatus
from app.models.suggestion import Advice, Suggestion, SuggestionStatus


class Praise(NamedTuple):
    """A commendation that stands, since the local day."""

    kind: CommendationKind
    stood_on: date


class StandingItem(NamedTuple):
    """A code of `negative_list.items` and the local day of the conduct."""

    code: str
    happened_on: date


class Outcome(NamedTuple):
    """How an objection ended; `words` are the authority's, None where the member let it rest."""

    kind: ObjectionKind
    is_granted: bool
    words: str | None


class Part(NamedTuple):
    """What an objection that is not decided is about: it stays out of the report."""

    kind: ObjectionKind
    subject_id: UUID


@dataclass(slots=True)
class Conduct:
    """One registration in one period; each list in the order of time.

    `phrases` are the sentences that the facts propose to the community, the first to be shown;
    `suggestion` is what a person has decided, None until then.
    """

    commendations: list[Praise] = field(default_factory=list)
    negative_items: list[StandingItem] = field(default_factory=list)
    suggestion: Advice | None = None
    phrases: list[str] = field(default_factory=list)
    objections: list[Outcome] = field(default_factory=list)
    undecided: set[Part] = field(default_factory=set)


async def of_registrations(
    session: AsyncSession, registration_ids: Collection[UUID], period: tuple[date, date]
) -> Mapping[UUID, Conduct]:
    """The conduct of each of these registrations in the period; four statements for any number."""
    first, last = period
    found = {each: Conduct() for each in registration_ids}
    if not found:
        return found

    def of(table: Any) -> ColumnElement[bool]:
        those: ColumnElement[bool] = table.registration_id == any_(cast([*found], ARRAY(Uuid())))
        return those

    for praise in await session.scalars(
        select(Commendation)
        .where(
            of(Commendation),
            Commendation.status == CommendationStatus.STANDING,
            Commendation.period_to.between(first, last),
        )
        .order_by(Commendation.stood_at)
    ):
        day = clock.local_day(praise.stood_at or praise.created_at)
        found[praise.registration_id].commendations.append(Praise(praise.kind, day))
    for item in await session.execute(
        select(NegativeItem.registration_id, NegativeItem.code, NegativeItem.happened_on)
        .where(
            of(NegativeItem),
            NegativeItem.upheld_at.is_not(None),
            NegativeItem.happened_on.between(first, last),
        )
        .order_by(NegativeItem.happened_on, NegativeItem.id)
    ):
        found[item.registration_id].negative_items.append(StandingItem(item.code, item.happened_on))
    for row in await session.scalars(
        select(Suggestion).where(
            of(Suggestion), Suggestion.period_from == first, Suggestion.period_to == last
        )
    ):
        conduct = found[row.registration_id]
        conduct.phrases = row.phrases
        if row.status is SuggestionStatus.DECIDED:
            conduct.suggestion = row.decided
    for objection in await session.scalars(
        select(Objection)
        .where(
            of(Objection),
            Objection.period_to.between(first, last),
            Objection.status != ObjectionStatus.WITHDRAWN,
        )
        .order_by(Objection.id)
    ):
        conduct = found[objection.registration_id]
        if objection.status not in OBJECTION_ENDS:
            conduct.undecided.add(Part(objection.kind, objection.subject_id))
            continue
        is_granted = objection.status is ObjectionStatus.GRANTED
        conduct.objections.append(Outcome(objection.kind, is_granted, objection.outcome))
    return found
