"""Photos that people add to what they say, their content checks, and the bytes behind them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class FileStatus(StrEnum):
    """Only `shown` is seen by anybody but the uploader; `held` also by who decides on it.

    Source: engineering.md D.
    """

    STORED = "stored"
    CHECKING = "checking"
    HELD = "held"
    SHOWN = "shown"
    HIDDEN = "hidden"
    REMOVED = "removed"


class File(Identified, Timestamped, Base):
    """One photo of one person, drawn anew by us; it belongs to one thing, or lapses.

    `due_at`: it belongs to nothing and goes; `check_due_at`: people decide, for no verdict came.
    """

    __tablename__ = "files"
    __table_args__ = (
        Index("ix_files_owner_id", "owner_id", "id"),
        Index("ix_files_subject", "subject_kind", "subject_id", "id"),
        Index("ix_files_held", "community_id", "id", postgresql_where=text("status = 'held'")),
        Index("ix_files_stored", "id", postgresql_where=text("status = 'stored'")),
        Index("ix_files_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_files_check_due_at",
            "check_due_at",
            postgresql_where=text("check_due_at IS NOT NULL"),
        ),
        CheckConstraint(
            "(subject_id IS NULL) = (community_id IS NULL)", name="attached_in_a_community"
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    community_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    subject_kind: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[UUID | None] = mapped_column(
        comment="no foreign key: what files belong to stands above"
    )
    status: Mapped[FileStatus] = mapped_column(default=FileStatus.STORED)
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int] = mapped_column(comment="bytes of the photo, without its thumbnail")
    asks: Mapped[int] = mapped_column(default=0, comment="how often the platform was asked")
    ask_after: Mapped[datetime | None] = mapped_column(
        comment="a question is under way or was put off until then"
    )
    due_at: Mapped[datetime | None]
    check_due_at: Mapped[datetime | None]


class FileStep(History, Base):
    __tablename__ = "file_steps"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), index=True)


class ContentCheck(Base):
    """One question to the platform by its own number: asked, answered, whichever came first.

    `file_id` is null where the verdict is here and the answer to the question is not, or was lost.
    """

    __tablename__ = "content_checks"
    __table_args__ = (
        Index("ix_content_checks_unasked", "created_at", postgresql_where=text("file_id IS NULL")),
    )

    trace_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    suggest: Mapped[str | None] = mapped_column(
        String(20), comment="null in an answer: it could not be checked"
    )
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class StoredBytes(Identified, Base):
    """Bytes in the store, by the id of their file; written down before they are put there, so that
    none are ever forgotten. `purge_after`: then they go; null: they are kept.
    """

    __tablename__ = "stored_bytes"
    __table_args__ = (
        Index(
            "ix_stored_bytes_purge_after",
            "purge_after",
            postgresql_where=text("purge_after IS NOT NULL"),
        ),
    )

    purge_after: Mapped[datetime | None]
