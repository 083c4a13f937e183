"""photos: files, their content checks, their stored bytes"""

import sqlalchemy as sa
from alembic import op

revision = "0017_files"
down_revision = "0016_check_ins"


def upgrade() -> None:
    op.create_table(
        "stored_bytes",
        sa.Column("purge_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_bytes")),
    )
    op.create_index(
        "ix_stored_bytes_purge_after",
        "stored_bytes",
        ["purge_after"],
        unique=False,
        postgresql_where=sa.text("purge_after IS NOT NULL"),
    )
    op.create_table(
        "files",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("subject_kind", sa.String(length=40), nullable=True),
        sa.Column(
            "subject_id",
            sa.Uuid(),
            nullable=True,
            comment="no foreign key: what files belong to stands above",
        ),
        sa.Column(
            "status",
            sa.Enum(
                "stored",
                "checking",
                "held",
                "shown",
                "hidden",
                "removed",
                name="filestatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column(
            "size",
            sa.Integer(),
            nullable=False,
            comment="bytes of the photo, without its thumbnail",
        ),
        sa.Column("asks", sa.Integer(), nullable=False, comment="how often the platform was asked"),
        sa.Column(
            "ask_after",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a question is under way or was put off until then",
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(subject_id IS NULL) = (community_id IS NULL)",
            name=op.f("ck_files_attached_in_a_community"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_files_community_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_files_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index(
        "ix_files_check_due_at",
        "files",
        ["check_due_at"],
        unique=False,
        postgresql_where=sa.text("check_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_files_due_at",
        "files",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_files_held",
        "files",
        ["community_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_index("ix_files_owner_id", "files", ["owner_id", "id"], unique=False)
    op.create_index(
        "ix_files_stored",
        "files",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'stored'"),
    )
    op.create_index("ix_files_subject", "files", ["subject_kind", "subject_id", "id"], unique=False)
    op.create_table(
        "content_checks",
        sa.Column("trace_id", sa.String(length=120), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column(
            "suggest",
            sa.String(length=20),
            nullable=True,
            comment="null in an answer: it could not be checked",
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_content_checks_file_id")),
        sa.PrimaryKeyConstraint("trace_id", name=op.f("pk_content_checks")),
    )
    op.create_index(
        op.f("ix_content_checks_created_at"), "content_checks", ["created_at"], unique=False
    )
    op.create_index(op.f("ix_content_checks_file_id"), "content_checks", ["file_id"], unique=False)
    op.create_table(
        "file_steps",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_file_steps_actor_id")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_file_steps_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_steps")),
    )
    op.create_index(op.f("ix_file_steps_file_id"), "file_steps", ["file_id"], unique=False)


def downgrade() -> None:
    for table in ("file_steps", "content_checks", "files", "stored_bytes"):
        op.drop_table(table)
