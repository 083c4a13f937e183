"""runs over a year's reports, exports, digests of what was printed, briefs, editions that follow"""

import sqlalchemy as sa
from alembic import op

revision = "0023_reports"
down_revision = "0022_statistics"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "reports",
        sa.Column(
            "renew_at",
            MOMENT,
            nullable=True,
            comment="a community has signed since: the next edition of the summary is compiled",
        ),
    )
    op.create_index(
        "uq_reports_brief",
        "reports",
        ["employer_id", "period_from", "period_to"],
        unique=True,
        postgresql_where=sa.text("kind = 'brief'"),
    )
    op.create_index(
        "ix_reports_chain",
        "reports",
        ["issuer_id", "issued_at"],
        postgresql_where=sa.text("content_hash IS NOT NULL"),
    )
    for column in ("remind_at", "renew_at"):
        op.create_index(
            f"ix_reports_{column}",
            "reports",
            [column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_index("ix_seats_registration_id", "seats", ["registration_id"])
    op.create_table(
        "document_digests",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("printed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "digest", name=op.f("pk_document_digests")),
    )
    op.create_table(
        "report_runs",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("started_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_report_runs_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["people.id"], name=op.f("fk_report_runs_started_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_runs")),
        sa.UniqueConstraint(
            "organization_id",
            "kind",
            "period_from",
            "period_to",
            name=op.f("uq_report_runs_organization_id_kind_period_from_period_to"),
        ),
    )
    op.create_table(
        "run_tasks",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("work", sa.String(length=40), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["report_runs.id"], name=op.f("fk_run_tasks_run_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_run_tasks_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_tasks")),
        sa.UniqueConstraint(
            "run_id",
            "work",
            "organization_id",
            name=op.f("uq_run_tasks_run_id_work_organization_id"),
        ),
    )
    op.create_index(
        "ix_run_tasks_due_at",
        "run_tasks",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "exports",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True, comment="bytes"),
        sa.Column("make_after", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_exports_report_id")),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["people.id"], name=op.f("fk_exports_asked_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_asked_by_id", "exports", ["asked_by_id", "id"])
    for column in ("make_after", "due_at"):
        op.create_index(
            f"ix_exports_{column}",
            "exports",
            [column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_table(
        "export_steps",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name=op.f("fk_export_steps_export_id")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_export_steps_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_steps")),
    )
    op.create_index(op.f("ix_export_steps_export_id"), "export_steps", ["export_id"])


def downgrade() -> None:
    op.drop_table("export_steps")
    op.drop_table("exports")
    op.drop_table("run_tasks")
    op.drop_table("report_runs")
    op.drop_table("document_digests")
    op.drop_index("ix_seats_registration_id", "seats")
    op.drop_index("ix_reports_renew_at", "reports")
    op.drop_index("ix_reports_remind_at", "reports")
    op.drop_index("ix_reports_chain", "reports")
    op.drop_index("uq_reports_brief", "reports")
    op.drop_column("reports", "renew_at")
