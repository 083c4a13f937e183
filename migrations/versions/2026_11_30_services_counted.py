"""a member's services are counted by the index alone, and what he has promised is found without looking
at each place he ever had: the list of candidates asks both of everybody, taking a seat the second"""

import sqlalchemy as sa
from alembic import op

revision = "0039_services_counted"
down_revision = "0038_reports_by_predecessor"

SERVICES, TABLE, COLUMNS = (
    "ix_service_records_registration_id",
    "service_records",
    ["registration_id", "served_on"],
)
PROMISED = "ix_seats_promised"


def upgrade() -> None:
    op.drop_index(SERVICES, TABLE)
    op.create_index(SERVICES, TABLE, COLUMNS, postgresql_include=["status"])
    op.create_index(
        PROMISED, "seats", ["person_id", "order_id"], postgresql_where=sa.text("status = 'taken'")
    )


def downgrade() -> None:
    op.drop_index(PROMISED, "seats")
    op.drop_index(SERVICES, TABLE)
    op.create_index(SERVICES, TABLE, COLUMNS)
