"""a sheet keeps what its branch chose; a year is archived with the number of missing receipts"""

import sqlalchemy as sa
from alembic import op

revision = "0027_receipts"
down_revision = "0026_statements"

# A year that was sent waits for receipts until its last day.
DUE = """UPDATE evaluation_cycles SET due_at = ({day} + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
         WHERE status = 'sent' AND due_at IS NOT NULL"""


def upgrade() -> None:
    op.add_column(
        "reports",
        sa.Column(
            "branch_opinion",
            sa.String(length=40),
            comment="of a sheet: what the functional branch chose before it was signed",
        ),
    )
    op.add_column(
        "evaluation_cycles",
        sa.Column(
            "unacknowledged",
            sa.Integer(),
            comment="summaries without a receipt when it was archived",
        ),
    )
    op.execute(DUE.format(day="use_by"))


def downgrade() -> None:
    op.execute(DUE.format(day="acknowledge_by"))
    op.drop_column("evaluation_cycles", "unacknowledged")
    op.drop_column("reports", "branch_opinion")
