"""a sheet keeps what the functional branch chose to say"""

import sqlalchemy as sa
from alembic import op

revision = "0027_branch_opinions"
down_revision = "0026_statements"


def upgrade() -> None:
    op.add_column(
        "reports",
        sa.Column(
            "branch_opinion",
            sa.String(length=40),
            comment="of a sheet: what the functional branch chose before it was signed",
        ),
    )


def downgrade() -> None:
    op.drop_column("reports", "branch_opinion")
