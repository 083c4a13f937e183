"""stored plans for call-ups; meals and insurance of a shift"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_plans"
down_revision = "0013_shift_teams"


def upgrade() -> None:
    op.create_table(
        "call_up_plans",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "contact_phone",
            sa.String(length=20),
            nullable=True,
            comment="of the duty desk, nobody's own",
        ),
        sa.Column(
            "gather_within", sa.Integer(), nullable=False, comment="minutes after it is drafted"
        ),
        sa.Column("meeting_points", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("posts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["people.id"], name=op.f("fk_call_up_plans_changed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_call_up_plans_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_up_plans")),
    )
    op.create_index(
        "ix_call_up_plans_organization_id", "call_up_plans", ["organization_id", "id"], unique=False
    )
    op.add_column("call_ups", sa.Column("plan_id", sa.Uuid(), nullable=True))
    op.add_column(
        "call_ups",
        sa.Column(
            "made_from",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the plan as it stood; its later changes change nothing here",
        ),
    )
    op.create_foreign_key(
        op.f("fk_call_ups_plan_id"), "call_ups", "call_up_plans", ["plan_id"], ["id"]
    )
    op.add_column(
        "shifts",
        sa.Column(
            "meals", sa.String(length=100), nullable=True, comment="what is provided, and when"
        ),
    )
    op.add_column(
        "shifts",
        sa.Column(
            "insurance", sa.String(length=100), nullable=True, comment="who insures those on it"
        ),
    )


def downgrade() -> None:
    op.drop_column("shifts", "insurance")
    op.drop_column("shifts", "meals")
    op.drop_constraint(op.f("fk_call_ups_plan_id"), "call_ups", type_="foreignkey")
    op.drop_column("call_ups", "made_from")
    op.drop_column("call_ups", "plan_id")
    op.drop_index("ix_call_up_plans_organization_id", table_name="call_up_plans")
    op.drop_table("call_up_plans")
