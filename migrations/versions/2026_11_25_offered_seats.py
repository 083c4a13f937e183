"""waiting lists, offers, branches as takers"""

import sqlalchemy as sa
from alembic import op

revision = "0003_offers"
down_revision = "0002_emergency"

LIVING_BEFORE = "status NOT IN ('released', 'excused', 'cancelled')"
LIVING = "status NOT IN ('released', 'excused', 'cancelled', 'declined', 'lapsed', 'replaced')"


def upgrade() -> None:
    op.create_table(
        "branch_takes",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("taken_by_id", sa.Uuid(), nullable=True),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("unnamed", sa.Integer(), nullable=False),
        sa.Column("names_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "unnamed >= 0 AND unnamed <= places",
            name=op.f("ck_branch_takes_unnamed_within_places"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_branch_takes_order_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_branch_takes_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["people.id"], name=op.f("fk_branch_takes_taken_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_takes")),
    )
    op.create_index("ix_branch_takes_order_id", "branch_takes", ["order_id"])
    op.create_index("ix_branch_takes_organization_id", "branch_takes", ["organization_id", "id"])
    op.add_column(
        "orders",
        sa.Column(
            "offers_due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when an offer, a place without a name or the waiting may end next",
        ),
    )
    op.create_index(
        "ix_orders_offers_due_at",
        "orders",
        ["offers_due_at"],
        postgresql_where=sa.text("offers_due_at IS NOT NULL"),
    )
    op.add_column("seats", sa.Column("origin", sa.String(length=40), nullable=True))
    op.add_column("seats", sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("seats", sa.Column("branch_take_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_seats_branch_take_id"), "seats", "branch_takes", ["branch_take_id"], ["id"]
    )
    op.create_index(
        "ix_seats_branch_take_id",
        "seats",
        ["branch_take_id"],
        postgresql_where=sa.text("branch_take_id IS NOT NULL"),
    )
    _living(LIVING)


def downgrade() -> None:
    op.execute(
        "UPDATE seats SET status = 'cancelled'"
        " WHERE status IN ('waiting', 'offered', 'declined', 'lapsed', 'replaced')"
    )
    op.execute(
        "UPDATE orders SET taken = (SELECT count(*) FROM seats WHERE seats.order_id = orders.id"
        " AND seats.status NOT IN ('released', 'excused', 'cancelled'))"
        " WHERE status IN ('open', 'in_progress')"
    )
    _living(LIVING_BEFORE)
    op.drop_index("ix_seats_branch_take_id", table_name="seats")
    op.drop_constraint(op.f("fk_seats_branch_take_id"), "seats", type_="foreignkey")
    op.drop_column("seats", "branch_take_id")
    op.drop_column("seats", "offered_until")
    op.drop_column("seats", "origin")
    op.drop_index("ix_orders_offers_due_at", table_name="orders")
    op.drop_column("orders", "offers_due_at")
    op.drop_table("branch_takes")


def _living(condition: str) -> None:
    """One living seat a person and order, by what is living."""
    op.drop_index("uq_seats_living", table_name="seats")
    op.create_index(
        "uq_seats_living",
        "seats",
        ["order_id", "person_id"],
        unique=True,
        postgresql_where=sa.text(condition),
    )
