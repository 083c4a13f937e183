"""a report is found by the one that it replaces: each reading asks whether there is a newer one"""

import sqlalchemy as sa
from alembic import op

revision = "0038_reports_by_predecessor"
down_revision = "0037_seats_by_order"


def upgrade() -> None:
    op.create_index(
        "ix_reports_supersedes_id",
        "reports",
        ["supersedes_id"],
        postgresql_where=sa.text("supersedes_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_reports_supersedes_id", "reports")
