"""emergency call ups"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_emergency"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "call_ups",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("is_emergency", sa.Boolean(), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("targets", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("gather_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "contact_phone",
            sa.String(length=20),
            nullable=True,
            comment="of the duty desk, told to everybody called; nobody's own",
        ),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "active",
                "stood_down",
                "reviewed",
                "withdrawn",
                name="callupstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "approvals_needed", sa.Integer(), nullable=False, comment="before members are called"
        ),
        sa.Column(
            "second_within_hours",
            sa.Integer(),
            nullable=True,
            comment="the second approval, where one is enough to call",
        ),
        sa.Column("reply_minutes", sa.Integer(), nullable=False),
        sa.Column("reply_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("week_limit", sa.Integer(), nullable=True),
        sa.Column("live_limit", sa.Integer(), nullable=True),
        sa.Column(
            "location_reason",
            sa.Text(),
            nullable=True,
            comment="the district's, where it requires the location; shown to those called",
        ),
        sa.Column("review", sa.Text(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stood_down_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["people.id"], name=op.f("fk_call_ups_created_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_call_ups_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_ups")),
    )
    op.create_index(
        "ix_call_ups_due_at",
        "call_ups",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_call_ups_organization_id", "call_ups", ["organization_id", "id"], unique=False
    )
    op.create_table(
        "call_up_approvals",
        sa.Column("call_up_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_up_id"], ["call_ups.id"], name=op.f("fk_call_up_approvals_call_up_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_call_up_approvals_person_id")
        ),
        sa.PrimaryKeyConstraint("call_up_id", "person_id", name=op.f("pk_call_up_approvals")),
    )
    op.create_table(
        "call_up_steps",
        sa.Column("call_up_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_call_up_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["call_up_id"], ["call_ups.id"], name=op.f("fk_call_up_steps_call_up_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_up_steps")),
    )
    op.create_index(
        op.f("ix_call_up_steps_call_up_id"), "call_up_steps", ["call_up_id"], unique=False
    )
    op.create_table(
        "shifts",
        sa.Column("call_up_id", sa.Uuid(), nullable=False),
        sa.Column("duty", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column(
            "rest_hours", sa.Integer(), nullable=False, comment="between two shifts of one person"
        ),
        sa.Column(
            "is_open",
            sa.Boolean(),
            nullable=False,
            comment="members are called, and it is not over",
        ),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shifts_ends_after_start")),
        sa.CheckConstraint(
            "taken >= 0 AND taken <= seats", name=op.f("ck_shifts_taken_within_seats")
        ),
        sa.ForeignKeyConstraint(["call_up_id"], ["call_ups.id"], name=op.f("fk_shifts_call_up_id")),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["organizations.id"], name=op.f("fk_shifts_holder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index(
        "ix_shifts_call_up_id", "shifts", ["call_up_id", "starts_at", "id"], unique=False
    )
    op.create_table(
        "replies",
        sa.Column("call_up_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reply", sa.String(length=40), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_up_id"], ["call_ups.id"], name=op.f("fk_replies_call_up_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_replies_person_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_replies_registration_id")
        ),
        sa.ForeignKeyConstraint(
            ["replied_by_id"], ["people.id"], name=op.f("fk_replies_replied_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sa.UniqueConstraint(
            "call_up_id", "registration_id", name=op.f("uq_replies_call_up_id_registration_id")
        ),
    )
    op.create_index("ix_replies_call_up_id", "replies", ["call_up_id", "reply", "id"], unique=False)
    op.create_index("ix_replies_person_id", "replies", ["person_id", "id"], unique=False)
    op.create_table(
        "shift_seats",
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "named",
                "taken",
                "declined",
                "released",
                "on_duty",
                "relieved",
                "no_show",
                "confirmed",
                "cancelled",
                name="shiftseatstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("minutes", sa.Integer(), nullable=True, comment="served, as confirmed"),
        sa.Column("handover", sa.Text(), nullable=True, comment="told to who takes over"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_shift_seats_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_shift_seats_registration_id")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_shift_seats_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_seats")),
    )
    op.create_index("ix_shift_seats_person_id", "shift_seats", ["person_id", "id"], unique=False)
    op.create_index(
        "uq_shift_seats_living",
        "shift_seats",
        ["shift_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('declined', 'released', 'cancelled')"),
    )
    op.create_table(
        "shift_seat_steps",
        sa.Column("shift_seat_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_shift_seat_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["shift_seat_id"], ["shift_seats.id"], name=op.f("fk_shift_seat_steps_shift_seat_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_seat_steps")),
    )
    op.create_index(
        op.f("ix_shift_seat_steps_shift_seat_id"),
        "shift_seat_steps",
        ["shift_seat_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_shift_seat_steps_shift_seat_id"), table_name="shift_seat_steps")
    op.drop_table("shift_seat_steps")
    op.drop_index(
        "uq_shift_seats_living",
        table_name="shift_seats",
        postgresql_where=sa.text("status NOT IN ('declined', 'released', 'cancelled')"),
    )
    op.drop_index("ix_shift_seats_person_id", table_name="shift_seats")
    op.drop_table("shift_seats")
    op.drop_index("ix_replies_person_id", table_name="replies")
    op.drop_index("ix_replies_call_up_id", table_name="replies")
    op.drop_table("replies")
    op.drop_index("ix_shifts_call_up_id", table_name="shifts")
    op.drop_table("shifts")
    op.drop_index(op.f("ix_call_up_steps_call_up_id"), table_name="call_up_steps")
    op.drop_table("call_up_steps")
    op.drop_table("call_up_approvals")
    op.drop_index("ix_call_ups_organization_id", table_name="call_ups")
    op.drop_index(
        "ix_call_ups_due_at", table_name="call_ups", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_table("call_ups")
