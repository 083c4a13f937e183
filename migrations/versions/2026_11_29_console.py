"""signing in to the console: tickets and sessions"""

import sqlalchemy as sa
from alembic import op

revision = "0030_console"
down_revision = "0029_presences"


def moment(name: str, *, nullable: bool = False, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def upgrade() -> None:
    op.create_table(
        "sign_in_tickets",
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("address", sa.String(60), nullable=False),
        moment("made_at"),
        moment("expires_at"),
        sa.Column(
            "person_id",
            sa.Uuid(),
            sa.ForeignKey("people.id", name="fk_sign_in_tickets_person_id"),
            comment="who has confirmed or refused it",
        ),
        moment("confirmed_at", nullable=True),
        moment("refused_at", nullable=True),
        moment("consumed_at", nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_tickets"),
        sa.UniqueConstraint("code_hash", name="uq_sign_in_tickets_code_hash"),
    )
    op.create_index("ix_sign_in_tickets_expires_at", "sign_in_tickets", ["expires_at"])
    op.create_table(
        "console_sessions",
        sa.Column(
            "person_id",
            sa.Uuid(),
            sa.ForeignKey("people.id", name="fk_console_sessions_person_id"),
            nullable=False,
        ),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("address", sa.String(60), nullable=False),
        moment("began_at"),
        moment("seen_at", comment="last request, to the minute"),
        moment("expires_at"),
        moment("ended_at", nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_console_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_console_sessions_token_hash"),
    )
    for column in ("person_id", "expires_at"):
        op.create_index(f"ix_console_sessions_{column}", "console_sessions", [column])


def downgrade() -> None:
    op.drop_table("console_sessions")
    op.drop_table("sign_in_tickets")
