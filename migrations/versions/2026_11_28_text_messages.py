"""text messages to who was called"""

import sqlalchemy as sa
from alembic import op

revision = "0015_text_messages"
down_revision = "0014_plans"


def upgrade() -> None:
    op.create_table(
        "text_messages",
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "sent",
                "dropped",
                "unsure",
                name="outgoingstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column(
            "answer", sa.String(length=40), nullable=True, comment="the gateway's word for it"
        ),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["replies.id"], name=op.f("fk_text_messages_reply_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_messages")),
        sa.UniqueConstraint("reply_id", name=op.f("uq_text_messages_reply_id")),
    )
    op.create_index(
        "ix_text_messages_waiting",
        "text_messages",
        ["not_before", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_text_messages_waiting",
        table_name="text_messages",
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.drop_table("text_messages")
