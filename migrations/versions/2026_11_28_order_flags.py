"""orders: size, difficulty, marks, and what their flags switch on"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007_order_flags"
down_revision = "0006_wishes"

WORDS = postgresql.ARRAY(sa.String(length=60))
# column → (type, value of the orders that are there already, comment)
ADDED = {
    "difficulty": (sa.Integer(), "1", "1 to 5; it proposes the target"),
    "marks": (WORDS, "{}", None),
    "flags": (WORDS, "{}", "of category and template, as drafted"),
    "licences": (WORDS, "{}", "qualifications; one of them suffices"),
    "clearances": (WORDS, "{}", "qualifications; each of them is wanted"),
    "is_confidential": (sa.Boolean(), "false", "on no list, and only who is asked comes"),
    "has_guardian": (sa.Boolean(), "false", "the guardian agrees and is present"),
}


def upgrade() -> None:
    for name, (kind, value, comment) in ADDED.items():
        op.add_column(
            "orders",
            sa.Column(name, kind, nullable=False, server_default=value, comment=comment),
        )
        op.alter_column("orders", name, server_default=None)
    op.add_column("orders", sa.Column("template", sa.String(length=60), nullable=True))
    op.add_column(
        "orders",
        sa.Column(
            "insured_until", sa.Date(), nullable=True, comment="accident insurance, last day"
        ),
    )
    op.alter_column("orders", "kind", comment="of `order_sizes`")


def downgrade() -> None:
    op.alter_column("orders", "kind", comment=None)
    for name in ("insured_until", "template", *reversed(ADDED)):
        op.drop_column("orders", name)
