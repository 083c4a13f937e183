"""who has, or had, a place of an order is found by an index: the partial one knows the living only"""

from alembic import op

revision = "0037_seats_by_order"
down_revision = "0036_levels"


def upgrade() -> None:
    op.create_index("ix_seats_order_id", "seats", ["order_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_seats_order_id", "seats")
