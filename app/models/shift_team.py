"""Teams for a shift (组团认领): one starts, others join, together they take their places or none."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class TeamStatus(StrEnum):
    FORMING = "forming"
    STANDING = "standing"
    LAPSED = "lapsed"
    DISSOLVED = "dissolved"
    MERGED = "merged"


class ShiftTeam(Identified, Timestamped, Base):
    """A team that forms for one shift; it stands when `members` reaches `wanted`.

    No place is kept for it before it stands. Source: practice.md R4.
    """

    __tablename__ = "shift_teams"
    __table_args__ = (
        Index("ix_shift_teams_shift_id", "shift_id", "id"),
        Index("ix_shift_teams_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        CheckConstraint("members >= 0 AND members <= wanted", name="members_within_wanted"),
    )

    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    leader_id: Mapped[UUID] = mapped_column(
        ForeignKey("people.id"), comment="who started it; who was there longest after he left"
    )
    wanted: Mapped[int]
    members: Mapped[int]
    status: Mapped[TeamStatus] = mapped_column(default=TeamStatus.FORMING)
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("shift_teams.id"))
    due_at: Mapped[datetime | None]


class ShiftTeamStep(History, Base):
    __tablename__ = "shift_team_steps"

    shift_team_id: Mapped[UUID] = mapped_column(ForeignKey("shift_teams.id"), index=True)


class TeamMember(Identified, Base):
    """One person in a team; nobody waits in two teams of one shift.

    `is_open`: the team is still forming. `left_at`: he was not there in the end.
    """

    __tablename__ = "shift_team_members"
    __table_args__ = (
        Index("ix_shift_team_members_shift_team_id", "shift_team_id", "id"),
        Index(
            "uq_shift_team_members_open",
            "shift_id",
            "person_id",
            unique=True,
            postgresql_where=text("is_open"),
        ),
    )

    shift_team_id: Mapped[UUID] = mapped_column(ForeignKey("shift_teams.id"))
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    is_open: Mapped[bool] = mapped_column(default=True)
    joined_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    left_at: Mapped[datetime | None]
