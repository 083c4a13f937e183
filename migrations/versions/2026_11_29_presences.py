"""who was present where a week was worked on"""

import sqlalchemy as sa
from alembic import op

revision = "0029_presences"
down_revision = "0028_kept_months"


def upgrade() -> None:
    op.create_table(
        "roll_up_presences",
        sa.Column("roll_up_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False, comment="order on the page"),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("capacity", sa.Text(), comment="organizations and posts; null of a guest"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roll_up_id"], ["roll_ups.id"], name=op.f("fk_roll_up_presences_roll_up_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_roll_up_presences_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_up_presences")),
    )
    for column in ("roll_up_id", "person_id"):
        op.create_index(op.f(f"ix_roll_up_presences_{column}"), "roll_up_presences", [column])


def downgrade() -> None:
    op.drop_table("roll_up_presences")
