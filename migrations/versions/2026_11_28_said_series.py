"""whether the services of a series are confidential"""

import sqlalchemy as sa
from alembic import op

revision = "0021_said_series"
down_revision = "0020_unmet"


def upgrade() -> None:
    op.add_column(
        "order_series",
        sa.Column(
            "is_confidential",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="as its category and template say; its title is in no message",
        ),
    )
    op.execute(
        "UPDATE order_series SET is_confidential = true WHERE EXISTS"
        " (SELECT FROM orders WHERE series_id = order_series.id AND orders.is_confidential)"
    )
    op.alter_column("order_series", "is_confidential", server_default=None)


def downgrade() -> None:
    op.drop_column("order_series", "is_confidential")
