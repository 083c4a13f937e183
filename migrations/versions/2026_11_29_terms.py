"""what is forgotten in time, and what an auditor reads by days, is found by an index"""

from alembic import op
from sqlalchemy import text

revision = "0035_terms"
down_revision = "0034_roll_up_sent"

NEW = {
    "ix_operation_log_at": ("operation_log", ["at", "id"]),
    "ix_access_log_at": ("access_log", ["at", "id"]),
    "ix_refresh_tokens_expires_at": ("refresh_tokens", ["expires_at"]),
    "ix_wechat_pushes_received_at": ("wechat_pushes", ["received_at"]),
}


def upgrade() -> None:
    for name, (table, columns) in NEW.items():
        op.create_index(name, table, columns)
    op.drop_index("ix_content_checks_created_at", "content_checks")
    op.create_index(
        "ix_content_checks_unasked",
        "content_checks",
        ["created_at"],
        postgresql_where=text("file_id IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_content_checks_unasked", "content_checks")
    op.create_index("ix_content_checks_created_at", "content_checks", ["created_at"])
    for name, (table, _) in reversed(NEW.items()):
        op.drop_index(name, table)
