"""statements hold words only: an objection has a table of its own"""

import sqlalchemy as sa
from alembic import op

revision = "0026_statements"
down_revision = "0025_consequences"


def upgrade() -> None:
    for name in ("is_objection", "answer", "answered_by_id", "answered_at"):
        op.drop_column("statements", name)


def downgrade() -> None:
    op.add_column("statements", sa.Column("answered_at", sa.DateTime(timezone=True)))
    op.add_column("statements", sa.Column("answered_by_id", sa.Uuid()))
    op.add_column("statements", sa.Column("answer", sa.LargeBinary()))
    op.add_column(
        "statements",
        sa.Column("is_objection", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("statements", "is_objection", server_default=None)
    op.create_foreign_key(
        "fk_statements_answered_by_id", "statements", "people", ["answered_by_id"], ["id"]
    )
