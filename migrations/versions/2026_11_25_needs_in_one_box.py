"""needs in one box: kinds, places, supporters"""

import sqlalchemy as sa
from alembic import op

revision = "0004_needs"
down_revision = "0003_offers"

COLUMNS = {
    "source_number": 60,
    "suggested_category": 60,
    "place": 100,
    "public_text": 100,
}
COMMENTS = {
    "source_number": "the number under which 12345 or a meeting has it",
    "suggested_category": "by the words; a suggestion, nothing follows from it by itself",
    "place": "where it is, in the resident's own words; never public",
    "public_text": "what neighbours read of it, in the community's words",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name, length in COLUMNS.items():
        op.add_column(
            "needs",
            sa.Column(name, sa.String(length=length), nullable=True, comment=COMMENTS[name]),
        )
    op.create_index(
        "ix_needs_merged_into_id",
        "needs",
        ["merged_into_id"],
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.create_table(
        "need_supporters",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("merged_need_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_need_id"], ["needs.id"], name=op.f("fk_need_supporters_merged_need_id")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_need_supporters_need_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_need_supporters_person_id")
        ),
        sa.PrimaryKeyConstraint("need_id", "person_id", name=op.f("pk_need_supporters")),
    )
    op.create_index("ix_need_supporters_person_id", "need_supporters", ["person_id", "need_id"])
    # whose need was merged before is told of the main one like everybody since
    op.execute(
        """
        INSERT INTO need_supporters (need_id, person_id, merged_need_id, created_at)
        SELECT merged.merged_into_id, merged.requester_id, merged.id, merged.updated_at
        FROM needs AS merged JOIN needs AS main ON main.id = merged.merged_into_id
        WHERE merged.requester_id IS NOT NULL
        AND merged.requester_id IS DISTINCT FROM main.requester_id
        ON CONFLICT DO NOTHING
        """
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("need_supporters")
    op.drop_index(
        "ix_needs_merged_into_id",
        table_name="needs",
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    for name in reversed(COLUMNS):
        op.drop_column("needs", name)
