"""digests and quiet hours of messages, reminders told once, addresses of calendars"""

import sqlalchemy as sa
from alembic import op

revision = "0012_told"
down_revision = "0011_records"


def upgrade() -> None:
    for column in (
        sa.Column(
            "is_urgent",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="keeps no quiet hours, no limit",
        ),
        sa.Column("is_digest", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("outgoing_messages", column)
    op.alter_column("outgoing_messages", "is_urgent", server_default=None)
    op.alter_column("outgoing_messages", "is_digest", server_default=None)
    op.execute(
        "UPDATE outgoing_messages SET queued_at = notifications.created_at FROM notifications"
        " WHERE notifications.id = notification_id"
    )
    op.alter_column("outgoing_messages", "queued_at", nullable=False)
    op.create_index(
        "ix_outgoing_messages_held_until",
        "outgoing_messages",
        ["held_until"],
        postgresql_where=sa.text("held_until IS NOT NULL"),
    )
    op.create_index(
        "ix_outgoing_messages_person_id", "outgoing_messages", ["person_id", "status", "sent_at"]
    )
    op.create_index(
        "ix_seats_offered_until",
        "seats",
        ["offered_until"],
        postgresql_where=sa.text("status = 'offered'"),
    )
    op.create_table(
        "reminders",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_id", "due_at", name=op.f("pk_reminders")),
    )
    op.create_index(op.f("ix_reminders_due_at"), "reminders", ["due_at"])
    op.create_table(
        "calendar_tokens",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_calendar_tokens_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_calendar_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_tokens_token_hash")),
    )


def downgrade() -> None:
    op.drop_table("calendar_tokens")
    op.drop_table("reminders")
    op.drop_index("ix_seats_offered_until", "seats")
    op.execute(
        "UPDATE outgoing_messages SET status = 'dropped', error = 'no_digest'"
        " WHERE status IN ('held', 'folded')"
    )
    op.drop_index("ix_outgoing_messages_person_id", "outgoing_messages")
    op.drop_index("ix_outgoing_messages_held_until", "outgoing_messages")
    for column in ("held_until", "queued_at", "is_digest", "is_urgent"):
        op.drop_column("outgoing_messages", column)
