"""summaries by month, and days, weeks and months as they were frozen"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022_statistics"
down_revision = "0021_said_series"


def upgrade() -> None:
    op.create_table(
        "organization_months",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("figure", sa.String(20), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("category", sa.String(60), nullable=False),
        sa.Column(
            "bucket",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="class of hours, of figures that are times",
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_months_organization_id"),
        ),
        sa.PrimaryKeyConstraint(
            "organization_id",
            "figure",
            "month",
            "kind",
            "category",
            "bucket",
            name=op.f("pk_organization_months"),
        ),
    )
    op.create_table(
        "member_months",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("services", sa.Integer(), nullable=False),
        sa.Column("volunteer_minutes", sa.Integer(), nullable=False),
        sa.Column("work_minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_member_months_registration_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_member_months_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_member_months_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["organizations.id"], name=op.f("fk_member_months_employer_id")
        ),
        sa.PrimaryKeyConstraint(
            "registration_id", "community_id", "month", name=op.f("pk_member_months")
        ),
    )
    op.create_index("ix_member_months_community_id", "member_months", ["community_id", "month"])
    op.create_index("ix_member_months_employer_id", "member_months", ["employer_id", "month"])
    op.create_table(
        "roll_ups",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("rhythm", sa.String(40), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False, comment="its first local day"),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("decisions", postgresql.JSONB(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True, comment="to send on, without names"),
        sa.Column("frozen_by_id", sa.Uuid(), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_roll_ups_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["frozen_by_id"], ["people.id"], name=op.f("fk_roll_ups_frozen_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_ups")),
        sa.UniqueConstraint(
            "organization_id",
            "rhythm",
            "first_on",
            name=op.f("uq_roll_ups_organization_id_rhythm_first_on"),
        ),
    )
    op.create_index("ix_needs_community_id_created_at", "needs", ["community_id", "created_at"])
    op.create_index(
        "ix_orders_community_id_published_at", "orders", ["community_id", "published_at"]
    )
    op.create_index(
        "ix_organizations_counted",
        "organizations",
        ["kind", "id"],
        postgresql_where=sa.text("kind IN ('community', 'employer')"),
    )


def downgrade() -> None:
    op.drop_index("ix_organizations_counted", "organizations")
    op.drop_index("ix_orders_community_id_published_at", "orders")
    op.drop_index("ix_needs_community_id_created_at", "needs")
    op.drop_table("roll_ups")
    op.drop_table("member_months")
    op.drop_table("organization_months")
