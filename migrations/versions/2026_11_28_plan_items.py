"""items of a community's plan"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009_plan_items"
down_revision = "0008_order_series"


def upgrade() -> None:
    op.create_table(
        "plan_items",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("marks", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_plan_items_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["people.id"], name=op.f("fk_plan_items_created_by_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_plan_items_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_items")),
        sa.UniqueConstraint("order_id", name=op.f("uq_plan_items_order_id")),
    )
    op.create_index("ix_plan_items_community_id", "plan_items", ["community_id", "month", "id"])


def downgrade() -> None:
    op.drop_table("plan_items")
