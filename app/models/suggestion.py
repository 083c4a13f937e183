"""Suggestions to the employer: what the facts of a year propose, and what a person decided."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class Advice(StrEnum):
    """优先推荐 · 正常参考 · 建议约谈提醒 · 情况不足不作结论. Source: practice.md R7, G5."""

    RECOMMEND_FIRST = "recommend_first"
    NORMAL = "normal"
    TALK_ADVISED = "talk_advised"
    INSUFFICIENT = "insufficient"


class SuggestionStatus(StrEnum):
    """The house proposes, a person decides."""

    PROPOSED = "proposed"
    DECIDED = "decided"


class Suggestion(Identified, Timestamped, Base):
    """What the facts of a period propose of one registration, with the rules that spoke in words.

    `phrases` are the codes of `opinion_phrases.community` that the facts fit. `decided` is what a
    person of the community chose; until then nothing of it reaches anybody. Source: practice.md G5.
    """

    __tablename__ = "suggestions"
    __table_args__ = (
        UniqueConstraint("registration_id", "period_from", "period_to"),
        Index("ix_suggestions_community_id", "community_id", "period_to", "id"),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    period_from: Mapped[date]
    period_to: Mapped[date]
    proposed: Mapped[Advice]
    reasons: Mapped[list[Any]]
    phrases: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    status: Mapped[SuggestionStatus] = mapped_column(default=SuggestionStatus.PROPOSED)
    decided: Mapped[Advice | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]


class SuggestionStep(History, Base):
    __tablename__ = "suggestion_steps"

    suggestion_id: Mapped[UUID] = mapped_column(ForeignKey("suggestions.id"), index=True)
