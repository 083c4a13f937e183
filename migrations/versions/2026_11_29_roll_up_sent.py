"""a month's text is sent to members and residents, once"""

import sqlalchemy as sa
from alembic import op

revision = "0034_roll_up_sent"
down_revision = "0031_statistics"


def upgrade() -> None:
    op.add_column(
        "roll_ups",
        sa.Column(
            "sent_at",
            sa.DateTime(timezone=True),
            comment="of a month: its text went to members and residents, once",
        ),
    )


def downgrade() -> None:
    op.drop_column("roll_ups", "sent_at")
