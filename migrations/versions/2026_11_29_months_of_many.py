"""a city's months are read without its other years: statistics"""

from alembic import op

revision = "0031_statistics"
down_revision = "0030_console"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_index(
        "ix_organization_months_month",
        "organization_months",
        ["organization_id", "month"],
        postgresql_include=["figure", "kind", "bucket", "number"],
        postgresql_where="kind <> ''",
    )


def downgrade() -> None:
    op.drop_index("ix_organization_months_month", table_name="organization_months")
