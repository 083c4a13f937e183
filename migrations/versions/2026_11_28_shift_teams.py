"""teams for a shift"""

import sqlalchemy as sa
from alembic import op

revision = "0013_shift_teams"
down_revision = "0012_told"


def upgrade() -> None:
    op.create_table(
        "shift_teams",
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column(
            "leader_id",
            sa.Uuid(),
            nullable=False,
            comment="who started it; who was there longest after he left",
        ),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "forming",
                "standing",
                "lapsed",
                "dissolved",
                "merged",
                name="teamstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "members >= 0 AND members <= wanted", name=op.f("ck_shift_teams_members_within_wanted")
        ),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["people.id"], name=op.f("fk_shift_teams_leader_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["shift_teams.id"], name=op.f("fk_shift_teams_merged_into_id")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_shift_teams_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_teams")),
    )
    op.create_index(
        "ix_shift_teams_due_at",
        "shift_teams",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_shift_teams_shift_id", "shift_teams", ["shift_id", "id"], unique=False)
    op.create_table(
        "shift_team_members",
        sa.Column("shift_team_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_shift_team_members_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_shift_team_members_registration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shifts.id"], name=op.f("fk_shift_team_members_shift_id")
        ),
        sa.ForeignKeyConstraint(
            ["shift_team_id"], ["shift_teams.id"], name=op.f("fk_shift_team_members_shift_team_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_team_members")),
    )
    op.create_index(
        "ix_shift_team_members_shift_team_id",
        "shift_team_members",
        ["shift_team_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_shift_team_members_open",
        "shift_team_members",
        ["shift_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("is_open"),
    )
    op.create_table(
        "shift_team_steps",
        sa.Column("shift_team_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_shift_team_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["shift_team_id"], ["shift_teams.id"], name=op.f("fk_shift_team_steps_shift_team_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_team_steps")),
    )
    op.create_index(
        op.f("ix_shift_team_steps_shift_team_id"),
        "shift_team_steps",
        ["shift_team_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_shift_team_steps_shift_team_id"), table_name="shift_team_steps")
    op.drop_table("shift_team_steps")
    op.drop_index(
        "uq_shift_team_members_open",
        table_name="shift_team_members",
        postgresql_where=sa.text("is_open"),
    )
    op.drop_index("ix_shift_team_members_shift_team_id", table_name="shift_team_members")
    op.drop_table("shift_team_members")
    op.drop_index("ix_shift_teams_shift_id", table_name="shift_teams")
    op.drop_index(
        "ix_shift_teams_due_at",
        table_name="shift_teams",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_table("shift_teams")
