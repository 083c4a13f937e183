"""erased ballots, progress of workbooks, minutes between two services"""

import sqlalchemy as sa
from alembic import op

revision = "0028_kept_months"
down_revision = "0027_receipts"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column(
        "evaluation_cycles", sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(
        """
        UPDATE evaluation_cycles SET erase_at =
            (greatest((facts_close_on + interval '12 months')::date, use_by) + 1)::timestamp
            AT TIME ZONE 'Asia/Shanghai'
        """
    )
    op.create_index(
        "ix_evaluation_cycles_erase_at",
        "evaluation_cycles",
        ["erase_at"],
        postgresql_where=sa.text("erase_at IS NOT NULL"),
    )
    op.add_column(
        "appraisal_raters",
        sa.Column(
            "has_answered",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="kept when his ballots are erased",
        ),
    )
    op.create_table(
        "appraisal_totals",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("satisfied", sa.Integer(), nullable=False),
        sa.Column("fair", sa.Integer(), nullable=False),
        sa.Column("unsatisfied", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["evaluation_cycles.id"], name=op.f("fk_appraisal_totals_cycle_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_appraisal_totals_registration_id"),
        ),
        sa.PrimaryKeyConstraint("registration_id", "cycle_id", name=op.f("pk_appraisal_totals")),
    )
    op.add_column(
        "exports",
        sa.Column(
            "percent",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="of its lines; 100 once it is ready",
        ),
    )
    op.add_column(
        "orders",
        sa.Column(
            "buffer_minutes",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="between this and another service of a person",
        ),
    )
    op.execute("UPDATE exports SET percent = 100 WHERE status IN ('ready', 'gone')")


def downgrade() -> None:
    op.drop_column("orders", "buffer_minutes")
    op.drop_column("exports", "percent")
    op.drop_table("appraisal_totals")
    op.drop_column("appraisal_raters", "has_answered")
    op.drop_index("ix_evaluation_cycles_erase_at", table_name="evaluation_cycles")
    op.drop_column("evaluation_cycles", "erase_at")
