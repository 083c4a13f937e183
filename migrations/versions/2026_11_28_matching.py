"""bands of time, why nobody took it and what is proposed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018_matching"
down_revision = "0017_files"


def upgrade() -> None:
    op.add_column(
        "orders",
        sa.Column(
            "bands",
            postgresql.ARRAY(sa.String(length=40)),
            nullable=False,
            server_default="{}",
            comment="codes of `availability` that its begin falls into",
        ),
    )
    op.alter_column("orders", "bands", server_default=None)
    op.add_column(
        "orders",
        sa.Column(
            "no_taker_reason",
            sa.String(length=40),
            nullable=True,
            comment="why nobody served, a code of `no_taker_reasons`",
        ),
    )
    op.add_column(
        "orders",
        sa.Column(
            "no_taker_proposal",
            sa.String(length=40),
            nullable=True,
            comment="what to do next, a code of `no_taker_proposals`",
        ),
    )


def downgrade() -> None:
    for column in ("no_taker_proposal", "no_taker_reason", "bands"):
        op.drop_column("orders", column)
