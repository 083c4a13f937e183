"""what was handed up is found by the level above"""

import sqlalchemy as sa
from alembic import op

revision = "0010_needs_handed_up"
down_revision = "0009_plan_items"


def upgrade() -> None:
    op.create_index(
        "ix_needs_handed_up", "needs", ["id"], postgresql_where=sa.text("status = 'handed_up'")
    )


def downgrade() -> None:
    op.drop_index("ix_needs_handed_up", table_name="needs")
