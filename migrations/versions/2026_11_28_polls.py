"""polls before anybody is named; weeks in which services found nobody"""

import sqlalchemy as sa
from alembic import op

revision = "0019_polls"
down_revision = "0018_matching"


def upgrade() -> None:
    op.create_table(
        "polls",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False, comment="whose members are asked"),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum("open", "closed", name="pollstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("asked", sa.Integer(), nullable=False, comment="how many"),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_polls_order_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_polls_organization_id")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_polls_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_index("ix_polls_order_id", "polls", ["order_id", "id"])
    op.create_index(
        "uq_polls_open",
        "polls",
        ["order_id", "organization_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_polls_due_at",
        "polls",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "poll_steps",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_poll_steps_actor_id")),
        sa.ForeignKeyConstraint(["poll_id"], ["polls.id"], name=op.f("fk_poll_steps_poll_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_steps")),
    )
    op.create_index(op.f("ix_poll_steps_poll_id"), "poll_steps", ["poll_id"])
    op.create_table(
        "poll_answers",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("yes", "maybe", "no", name="pollchoice", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["poll_id"], ["polls.id"], name=op.f("fk_poll_answers_poll_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_poll_answers_registration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_poll_answers_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_answers")),
        sa.UniqueConstraint("poll_id", "person_id", name=op.f("uq_poll_answers_poll_id_person_id")),
    )
    op.create_index("ix_poll_answers_person_id", "poll_answers", ["person_id"])
    op.create_index("ix_poll_answers_answer", "poll_answers", ["poll_id", "answer", "id"])


def downgrade() -> None:
    for table in ("poll_answers", "poll_steps", "polls"):
        op.drop_table(table)
