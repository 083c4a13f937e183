"""series of orders by a calendar rule"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_order_series"
down_revision = "0007_order_flags"

WORDS = postgresql.ARRAY(sa.String(length=60))


def upgrade() -> None:
    op.create_table(
        "order_series",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("place", sa.String(length=100), nullable=True),
        sa.Column("template", sa.String(length=60), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("difficulty", sa.Integer(), nullable=True),
        sa.Column("target", sa.String(length=20), nullable=True),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("skills", WORDS, nullable=False),
        sa.Column("marks", WORDS, nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column(
            "insured_until",
            sa.Date(),
            nullable=True,
            comment="last day of the insurance: of a series that names one, nothing is made after it",
        ),
        sa.Column("has_guardian", sa.Boolean(), nullable=False),
        sa.Column(
            "frequency",
            sa.Enum("weekly", "monthly", name="frequency", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("month_day", sa.Integer(), nullable=True),
        sa.Column("month_week", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("begins_at", sa.Time(), nullable=False, comment="local"),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("skips_holidays", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("active", "paused", "ended", name="seriesstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, comment="of edits; the clock is none"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("every >= 1", name=op.f("ck_order_series_every_positive")),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_order_series_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_order_series_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["people.id"], name=op.f("fk_order_series_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_series")),
    )
    op.create_index(
        "ix_order_series_community_id", "order_series", ["community_id", "status", "id"]
    )
    op.create_index(
        "ix_order_series_due_at",
        "order_series",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "order_series_steps",
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_order_series_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["order_series.id"], name=op.f("fk_order_series_steps_series_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_series_steps")),
    )
    op.create_index(op.f("ix_order_series_steps_series_id"), "order_series_steps", ["series_id"])
    op.add_column("orders", sa.Column("series_id", sa.Uuid(), nullable=True))
    op.add_column(
        "orders",
        sa.Column("series_day", sa.Date(), nullable=True, comment="local; of each one order"),
    )
    op.add_column(
        "orders",
        sa.Column(
            "follows_series",
            sa.Boolean(),
            nullable=False,
            server_default="false",
            comment="what changes in its series changes in it",
        ),
    )
    op.alter_column("orders", "follows_series", server_default=None)
    op.create_foreign_key(
        op.f("fk_orders_series_id"), "orders", "order_series", ["series_id"], ["id"]
    )
    op.create_unique_constraint(
        op.f("uq_orders_series_id_series_day"), "orders", ["series_id", "series_day"]
    )


def downgrade() -> None:
    op.drop_constraint(op.f("uq_orders_series_id_series_day"), "orders", type_="unique")
    op.drop_constraint(op.f("fk_orders_series_id"), "orders", type_="foreignkey")
    for name in ("follows_series", "series_day", "series_id"):
        op.drop_column("orders", name)
    op.drop_table("order_series_steps")
    op.drop_table("order_series")
