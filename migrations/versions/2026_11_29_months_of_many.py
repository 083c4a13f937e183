"""a city's months are read out of indexes alone, without its other years: statistics"""

from alembic import op

revision = "0031_statistics"
down_revision = "0030_console"
PLACES = ("community_id", "employer_id")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_index(
        "ix_organization_months_month",
        "organization_months",
        ["organization_id", "month"],
        postgresql_include=["figure", "kind", "bucket", "number"],
        postgresql_where="kind <> ''",
    )
    index_people(["member_id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    index_people([])
    op.drop_index("ix_organization_months_month", table_name="organization_months")


def index_people(beside: list[str]) -> None:
    """Anew, with these columns beside the place and the month."""
    for place in PLACES:
        name = f"ix_member_months_{place}"
        op.drop_index(name, table_name="member_months")
        op.create_index(name, "member_months", [place, "month"], postgresql_include=beside)
