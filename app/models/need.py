"""Needs: what a resident asks for (点单), and the answer to it by the resident."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class NeedKind(StrEnum):
    """What somebody turns to the community with; the names are content (`need_kinds`)."""

    HELP_REQUEST = "help_request"
    SNAPSHOT_REPORT = "snapshot_report"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"
    CALL_ME_BACK = "call_me_back"
    PRAISE = "praise"
    ABOUT_MEMBER = "about_member"


class NeedStatus(StrEnum):
    """Source: practice.md R1, engineering.md D."""

    SUBMITTED = "submitted"
    ASKED_BACK = "asked_back"
    LAPSED = "lapsed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    IN_HAND = "in_hand"
    DONE = "done"
    SOLVED = "solved"
    PARTLY = "partly"
    UNSOLVED = "unsolved"
    UNANSWERED = "unanswered"
    HANDED_UP = "handed_up"


class Route(StrEnum):
    """Who takes care of an accepted need. Source: practice.md R1."""

    ORDER = "order"
    OWN_STAFF = "own_staff"
    REFERRED = "referred"
    ANSWERED = "answered"


class Verdict(StrEnum):
    """Of the content check: only `pass` may be shown to anybody but the community."""

    PENDING = "pending"
    PASS = "pass"  # noqa: S105 - a verdict, no password
    REVIEW = "review"
    RISKY = "risky"


class Need(Identified, Timestamped, Base):
    """One request of one resident. `words` are the resident's own and never public.

    Source: practice.md R1, R28.
    """

    __tablename__ = "needs"
    __table_args__ = (
        Index("ix_needs_handed_up", "id", postgresql_where=text("status = 'handed_up'")),
        Index("ix_needs_community_id", "community_id", "status", "id"),
        Index("ix_needs_community_id_created_at", "community_id", "created_at"),
        Index("ix_needs_requester_id", "requester_id", "id"),
        Index("ix_needs_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_needs_merged_into_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index("ix_needs_verdict", "id", postgresql_where=text("verdict = 'pending'")),
    )

    number: Mapped[str] = mapped_column(String(60), unique=True)
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    building_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    requester_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    entered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[NeedKind] = mapped_column(default=NeedKind.HELP_REQUEST)
    source: Mapped[str] = mapped_column(String(40), default="mini_program")
    source_number: Mapped[str | None] = mapped_column(
        String(60), comment="the number under which 12345 or a meeting has it"
    )
    category: Mapped[str | None] = mapped_column(String(60))
    suggested_category: Mapped[str | None] = mapped_column(
        String(60), comment="by the words; a suggestion, nothing follows from it by itself"
    )
    words: Mapped[str] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(
        String(100), comment="where it is, in the resident's own words; never public"
    )
    public_text: Mapped[str | None] = mapped_column(
        String(100), comment="what neighbours read of it, in the community's words"
    )
    wished_time: Mapped[str | None] = mapped_column(String(100))
    contact_name: Mapped[str | None] = mapped_column(Sealed("needs.contact_name"))
    contact_phone: Mapped[str | None] = mapped_column(Sealed("needs.contact_phone"))
    shares_phone: Mapped[bool] = mapped_column(
        default=False, comment="who comes may have the phone; else the community passes it on"
    )
    door: Mapped[str | None] = mapped_column(Sealed("needs.door"))
    is_urgent: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[Verdict] = mapped_column(default=Verdict.PENDING)
    check_after: Mapped[datetime | None] = mapped_column(
        comment="a check is under way or was put off until then"
    )
    status: Mapped[NeedStatus] = mapped_column(default=NeedStatus.SUBMITTED)
    route: Mapped[Route | None]
    referred_to: Mapped[str | None] = mapped_column(String(100))
    referred_number: Mapped[str | None] = mapped_column(String(60))
    answer_expected_on: Mapped[date | None]
    reply: Mapped[str | None] = mapped_column(Text, comment="what the resident is told")
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("needs.id"))
    rounds: Mapped[int] = mapped_column(default=0, comment="how often it was reopened")
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class NeedStep(History, Base):
    __tablename__ = "need_steps"

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"), index=True)


class NeedSupporter(Base):
    """Somebody whom the same need concerns (我也是), once; told what becomes of it.

    `merged_need_id`: the person's own need that goes on as part of this one.
    """

    __tablename__ = "need_supporters"
    __table_args__ = (Index("ix_need_supporters_person_id", "person_id", "need_id"),)

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    merged_need_id: Mapped[UUID | None] = mapped_column(ForeignKey("needs.id"))
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class AcceptanceStatus(StrEnum):
    ASKED = "asked"
    SOLVED = "solved"
    PARTLY = "partly"
    UNSOLVED = "unsolved"
    SILENT = "silent"


class Acceptance(Identified, Timestamped, Base):
    """The resident's answer to one round of one need: seen by the taker and the community.

    `order_id` names the order that served it, if one did. Source: practice.md R10.
    """

    __tablename__ = "acceptances"
    __table_args__ = (
        Index("uq_acceptances_round", "need_id", "round", unique=True),
        Index("ix_acceptances_order_id", "order_id"),
        Index("ix_acceptances_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    order_id: Mapped[UUID | None] = mapped_column(comment="no foreign key: orders stand above")
    round: Mapped[int]
    status: Mapped[AcceptanceStatus] = mapped_column(default=AcceptanceStatus.ASKED)
    reason_code: Mapped[str | None] = mapped_column(String(40))
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    on_behalf_way: Mapped[str | None] = mapped_column(String(40))
    excluded_ids: Mapped[list[UUID]] = mapped_column(
        ARRAY(Uuid()), default=list, comment="who took or organised it never answers on behalf"
    )
    answered_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]


class AcceptanceStep(History, Base):
    __tablename__ = "acceptance_steps"

    acceptance_id: Mapped[UUID] = mapped_column(ForeignKey("acceptances.id"), index=True)
