"""coarse locations where the district requires them"""

import sqlalchemy as sa
from alembic import op

revision = "0016_check_ins"
down_revision = "0015_text_messages"


def upgrade() -> None:
    op.create_table(
        "check_ins",
        sa.Column("shift_seat_id", sa.Uuid(), nullable=False),
        sa.Column(
            "point",
            sa.LargeBinary(),
            nullable=True,
            comment="latitude,longitude in hundredths of a degree",
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="why there is none, by staff"),
        sa.Column("noted_by_id", sa.Uuid(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(point IS NULL) <> (reason IS NULL)", name=op.f("ck_check_ins_point_or_reason")
        ),
        sa.ForeignKeyConstraint(
            ["noted_by_id"], ["people.id"], name=op.f("fk_check_ins_noted_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["shift_seat_id"], ["shift_seats.id"], name=op.f("fk_check_ins_shift_seat_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
        sa.UniqueConstraint("shift_seat_id", name=op.f("uq_check_ins_shift_seat_id")),
    )
    op.create_index(op.f("ix_check_ins_forget_at"), "check_ins", ["forget_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_check_ins_forget_at"), table_name="check_ins")
    op.drop_table("check_ins")
