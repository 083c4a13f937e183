"""Ratings, reports, what members say to them, messages."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class Satisfaction(StrEnum):
    SATISFIED = "satisfied"
    FAIR = "fair"
    UNSATISFIED = "unsatisfied"


class Rating(Identified, Base):
    """A second, optional answer of a resident about a service: pooled only, never shown alone.

    Source: practice.md R10, G1.
    """

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("order_id", "need_id", "rater_id"),
        Index("ix_ratings_rater_id", "rater_id", "given_at"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    rater_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    satisfaction: Mapped[Satisfaction]
    relays_thanks: Mapped[bool] = mapped_column(default=False)
    given_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class ShownVotes(Base):
    """The votes on which a figure that people have read stands, until enough new raters have come.

    It counts the days from `from_on` to `until_on`, which are `months`; null: nothing was shown yet.
    `seen_…`: what any figure that people have read has ever counted of the subject, its own or, of a
    member, the employer's: of these days what had been given by then. Source: practice.md R10.
    """

    __tablename__ = "shown_votes"

    subject_id: Mapped[UUID] = mapped_column(
        primary_key=True, comment="a registration, or an employer for all its members together"
    )
    valid: Mapped[int] = mapped_column(default=0)
    satisfied: Mapped[int] = mapped_column(default=0)
    raters: Mapped[int] = mapped_column(default=0)
    appraisals: Mapped[int] = mapped_column(default=0, comment="of the valid ones")
    months: Mapped[int | None]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    counted_at: Mapped[datetime | None]
    seen_from_on: Mapped[date | None]
    seen_until_on: Mapped[date | None]
    seen_at: Mapped[datetime | None]


class ReportKind(StrEnum):
    MEMBER_SHEET = "member_sheet"
    EMPLOYER_SUMMARY = "employer_summary"
    BRIEF = "brief"


class ReportStatus(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    SUPERSEDED = "superseded"
    VOID = "void"


class Report(Identified, Timestamped, Base):
    """A frozen document: its content never changes, a correction is a new version.

    `content` is canonical JSON, sealed, for it names people; `content_hash` is over the JSON in
    clear and the hash of the issuer's previous report. A brief has neither number nor code, and is
    in no chain. Source: practice.md R11.
    """

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_employer_id", "employer_id", "kind", "id"),
        Index("ix_reports_registration_id", "registration_id", "id"),
        Index("ix_reports_issuer_id", "issuer_id", "kind", "id"),
        Index(
            "uq_reports_summary",
            "employer_id",
            "period_from",
            "period_to",
            "edition",
            unique=True,
            postgresql_where=text("kind = 'employer_summary'"),
        ),
        Index(
            "uq_reports_sheet",
            "registration_id",
            "period_from",
            "period_to",
            "edition",
            unique=True,
            postgresql_where=text("kind = 'member_sheet'"),
        ),
        Index(
            "uq_reports_brief",
            "employer_id",
            "period_from",
            "period_to",
            unique=True,
            postgresql_where=text("kind = 'brief'"),
        ),
        Index(
            "ix_reports_chain",
            "issuer_id",
            "issued_at",
            postgresql_where=text("content_hash IS NOT NULL"),
        ),
        Index(
            "ix_reports_supersedes_id",
            "supersedes_id",
            postgresql_where=text("supersedes_id IS NOT NULL"),
        ),
        Index("ix_reports_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
        Index("ix_reports_renew_at", "renew_at", postgresql_where=text("renew_at IS NOT NULL")),
    )

    kind: Mapped[ReportKind]
    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    registration_id: Mapped[UUID | None] = mapped_column(ForeignKey("registrations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    period_from: Mapped[date]
    period_to: Mapped[date]
    edition: Mapped[int] = mapped_column(default=1)
    supersedes_id: Mapped[UUID | None] = mapped_column(ForeignKey("reports.id"))
    status: Mapped[ReportStatus] = mapped_column(default=ReportStatus.DRAFT)
    number: Mapped[str | None] = mapped_column(String(60), unique=True)
    content: Mapped[str] = mapped_column(Sealed("reports.content"))
    branch_opinion: Mapped[str | None] = mapped_column(
        String(40), comment="of a sheet: what the functional branch chose before it was signed"
    )
    content_hash: Mapped[str | None] = mapped_column(String(64))
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    signer_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    issued_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    uses_made: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list)
    reply: Mapped[str | None] = mapped_column(Text)
    remind_at: Mapped[datetime | None]
    renew_at: Mapped[datetime | None] = mapped_column(
        comment="a community has signed since: the next edition of the summary is compiled"
    )


class ReportStep(History, Base):
    __tablename__ = "report_steps"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), index=True)


class SummarySheet(Base):
    """A member sheet that a summary was compiled from."""

    __tablename__ = "summary_sheets"

    summary_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True, index=True)


class Statement(Identified, Base):
    """What a member says to his own sheet; what he objects to has a life of its own."""

    __tablename__ = "statements"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    words: Mapped[str] = mapped_column(Sealed("statements.words"))
    said_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class Notification(Identified, Base):
    """A line in a person's inbox: once per fact, person and message."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("outbox_id", "person_id", "message"),
        Index("ix_notifications_person_id", "person_id", "id"),
    )

    outbox_id: Mapped[int] = mapped_column(BigInteger)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    message: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    read_at: Mapped[datetime | None]


class MessageCredit(Base):
    """How many subscribe messages of a template a person still accepts."""

    __tablename__ = "message_credits"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    template: Mapped[str] = mapped_column(String(60), primary_key=True)
    left: Mapped[int]


class OutgoingStatus(StrEnum):
    """`held`: for the day's digest; `folded`: told by the digest that another message became."""

    WAITING = "waiting"
    HELD = "held"
    FOLDED = "folded"
    SENT = "sent"
    DROPPED = "dropped"
    UNSURE = "unsure"


class OutgoingMessage(Identified, Base):
    """A subscribe message on its way to WeChat: a row first, sent later, best effort.

    `unanswered` counts the tries that may have reached its receiver, the one under way included.
    `queued_at` is since when it might have been sent. A waiting message has used up a credit, a held
    one has not.
    """

    __tablename__ = "outgoing_messages"
    __table_args__ = (
        Index(
            "ix_outgoing_messages_waiting",
            "not_before",
            "id",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "ix_outgoing_messages_held_until",
            "held_until",
            postgresql_where=text("held_until IS NOT NULL"),
        ),
        Index("ix_outgoing_messages_person_id", "person_id", "status", "sent_at"),
    )

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.id"), unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    template: Mapped[str] = mapped_column(String(60))
    data: Mapped[dict[str, Any]]
    status: Mapped[OutgoingStatus] = mapped_column(default=OutgoingStatus.WAITING)
    is_urgent: Mapped[bool] = mapped_column(default=False, comment="keeps no quiet hours, no limit")
    is_digest: Mapped[bool] = mapped_column(default=False)
    queued_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    not_before: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    held_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    unanswered: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(60))
    sent_at: Mapped[datetime | None]


class TextMessage(Identified, Base):
    """A text message (短信) to one who was called and may not be reached otherwise; at most one each.

    It holds neither phone nor text. `unanswered` is as of a message to WeChat.
    """

    __tablename__ = "text_messages"
    __table_args__ = (
        Index(
            "ix_text_messages_waiting",
            "not_before",
            "id",
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    reply_id: Mapped[UUID] = mapped_column(ForeignKey("replies.id"), unique=True)
    status: Mapped[OutgoingStatus] = mapped_column(default=OutgoingStatus.WAITING)
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    unanswered: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str | None] = mapped_column(String(40), comment="the gateway's word for it")
    error: Mapped[str | None] = mapped_column(String(60))
    sent_at: Mapped[datetime | None]
