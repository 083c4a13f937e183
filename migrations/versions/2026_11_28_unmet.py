"""when a service found nobody, and the weeks in which that was so"""

import sqlalchemy as sa
from alembic import op

revision = "0020_unmet"
down_revision = "0019_polls"


def upgrade() -> None:
    op.add_column(
        "orders",
        sa.Column(
            "unserved_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="nobody took it, or nobody came: when that was known",
        ),
    )
    op.create_index(
        "ix_orders_unserved",
        "orders",
        ["community_id", "unserved_at", "id"],
        postgresql_where=sa.text("unserved_at IS NOT NULL"),
    )
    op.create_table(
        "unmet_weeks",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_unmet_weeks_community_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmet_weeks")),
        sa.UniqueConstraint("community_id", "week", name=op.f("uq_unmet_weeks_community_id_week")),
    )
    op.create_index(
        "ix_unmet_weeks_due_at",
        "unmet_weeks",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("unmet_weeks")
    op.drop_index("ix_orders_unserved", "orders")
    op.drop_column("orders", "unserved_at")
