"""difficulty, bands of time, why nobody took it and what is proposed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_matching"
down_revision = "0005_posts"


def upgrade() -> None:
    op.add_column(
        "orders",
        sa.Column(
            "difficulty",
            sa.Integer(),
            nullable=False,
            server_default="1",
            comment="1 to 5; it proposes the target",
        ),
    )
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
    op.alter_column("orders", "difficulty", server_default=None)
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
    for column in ("no_taker_proposal", "no_taker_reason", "bands", "difficulty"):
        op.drop_column("orders", column)
