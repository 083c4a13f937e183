"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "content_items",
        sa.Column("section", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shipped", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_items")),
    )
    op.create_index("uq_content_items", "content_items", ["section", "code"], unique=True)
    op.create_table(
        "deadline_failures",
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("column_name", sa.String(length=60), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "table_name", "column_name", "row_id", name=op.f("pk_deadline_failures")
        ),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "organizations",
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("lineage", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "code",
            sa.String(length=20),
            nullable=True,
            comment="of the statistics bureau or USCC; an attribute, never a key",
        ),
        sa.Column("position", sa.Integer(), nullable=False, comment="order among its sisters"),
        sa.Column("community_kind", sa.String(length=20), nullable=True, comment="urban, village"),
        sa.Column("takes_part", sa.Boolean(), nullable=False),
        sa.Column("compound_id", sa.Uuid(), nullable=True),
        sa.Column("compound_type", sa.String(length=20), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=True),
        sa.Column("unit_kind", sa.String(length=40), nullable=True, comment="of an employer"),
        sa.Column(
            "stated_headcount", sa.Integer(), nullable=True, comment="in-service members it states"
        ),
        sa.Column("paired_community_id", sa.Uuid(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=True, comment="entrances of a building"),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["organizations.id"], name=op.f("fk_organizations_compound_id")
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["organizations.id"], name=op.f("fk_organizations_grid_id")
        ),
        sa.ForeignKeyConstraint(
            ["paired_community_id"],
            ["organizations.id"],
            name=op.f("fk_organizations_paired_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organizations.id"], name=op.f("fk_organizations_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_index(
        op.f("ix_organizations_compound_id"), "organizations", ["compound_id"], unique=False
    )
    op.create_index(op.f("ix_organizations_grid_id"), "organizations", ["grid_id"], unique=False)
    op.create_index(
        "ix_organizations_lineage",
        "organizations",
        ["lineage"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_organizations_parent_id_position",
        "organizations",
        ["parent_id", "kind", "position", "id"],
        unique=False,
    )
    op.create_index(
        "ix_organizations_taking_part",
        "organizations",
        ["name", "id"],
        unique=False,
        postgresql_where=sa.text("takes_part AND closed_on IS NULL"),
    )
    op.create_index(
        "uq_organizations_code",
        "organizations",
        ["kind", "code"],
        unique=True,
        postgresql_where=sa.text("code IS NOT NULL AND closed_on IS NULL"),
    )
    op.create_index(
        "uq_organizations_name_under",
        "organizations",
        ["parent_id", "kind", "name", "compound_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("closed_on IS NULL AND code IS NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("waiting_for", postgresql.ARRAY(sa.String(length=100)), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_told",
        "outbox",
        ["told_at"],
        unique=False,
        postgresql_where=sa.text("told_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["not_before", "id"],
        unique=False,
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "people",
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("phone_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("phone_hash", name=op.f("uq_people_phone_hash")),
    )
    op.create_table(
        "rate_windows",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_windows")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(
        op.f("ix_rate_windows_window_ends_at"), "rate_windows", ["window_ends_at"], unique=False
    )
    op.create_table(
        "wechat_pushes",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="sealed JSON"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_pushes")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_wechat_pushes_dedupe_key")),
    )
    op.create_table(
        "wechat_tokens",
        sa.Column("appid", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forced_on", sa.Date(), nullable=True),
        sa.Column("forced_count", sa.Integer(), nullable=False),
        sa.Column("forced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "forced_count BETWEEN 0 AND 20", name=op.f("ck_wechat_tokens_forced_count")
        ),
        sa.PrimaryKeyConstraint("appid", name=op.f("pk_wechat_tokens")),
    )
    op.create_table(
        "access_log",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column(
            "capacity",
            sa.String(length=40),
            nullable=True,
            comment="as what the actor looked: a role held there, or seat_holder",
        ),
        sa.Column("fields", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_access_log_actor_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_access_log_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
    )
    op.create_index("ix_access_log_owner_id_at", "access_log", ["owner_id", "at"], unique=False)
    op.create_index(
        "ix_access_log_subject", "access_log", ["subject_kind", "subject_id", "at"], unique=False
    )
    op.create_table(
        "appointments",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("post", sa.String(length=40), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("acting_for_id", sa.Uuid(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["acting_for_id"], ["appointments.id"], name=op.f("fk_appointments_acting_for_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_appointments_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_appointments_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    op.create_index(
        op.f("ix_appointments_organization_id"), "appointments", ["organization_id"], unique=False
    )
    op.create_index(op.f("ix_appointments_person_id"), "appointments", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_appointments_phone_hash"), "appointments", ["phone_hash"], unique=False
    )
    op.create_table(
        "commitments",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("is_exclusive", sa.Boolean(), nullable=False),
        sa.Column("source_kind", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("person_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("is_exclusive"),
            using="gist",
            name="commitments_overlap",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_commitments_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitments")),
        sa.UniqueConstraint(
            "source_kind", "source_id", name=op.f("uq_commitments_source_kind_source_id")
        ),
    )
    op.create_table(
        "consents",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_consents_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(
        "ix_consents_person_id", "consents", ["person_id", "purpose", "id"], unique=False
    )
    op.create_index(
        "uq_consents_living",
        "consents",
        ["person_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_idempotency_keys_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False
    )
    op.create_table(
        "imports",
        sa.Column(
            "kind",
            sa.Enum(
                "divisions",
                "community",
                "employers",
                "roster",
                name="importkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=True),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "previewed", "applied", "lapsed", name="importstatus", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("plan", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state_digest",
            sa.String(length=64),
            nullable=False,
            comment="of what it was compared with",
        ),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_imports_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["people.id"], name=op.f("fk_imports_uploaded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(
        "ix_imports_due_at",
        "imports",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_imports_organization_id", "imports", ["organization_id", "id"], unique=False
    )
    op.create_table(
        "message_credits",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_message_credits_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "template", name=op.f("pk_message_credits")),
    )
    op.create_table(
        "notifications",
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_notifications_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint(
            "outbox_id",
            "person_id",
            "message",
            name=op.f("uq_notifications_outbox_id_person_id_message"),
        ),
    )
    op.create_index(
        "ix_notifications_person_id", "notifications", ["person_id", "id"], unique=False
    )
    op.create_table(
        "number_series",
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organizations.id"], name=op.f("fk_number_series_issuer_id")
        ),
        sa.PrimaryKeyConstraint("issuer_id", "kind", "year", name=op.f("pk_number_series")),
    )
    op.create_table(
        "shown_votes",
        sa.Column(
            "subject_id",
            sa.Uuid(),
            nullable=False,
            comment="a registration, or an employer for all its members together",
        ),
        sa.Column("valid", sa.Integer(), nullable=False),
        sa.Column("satisfied", sa.Integer(), nullable=False),
        sa.Column("raters", sa.Integer(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_shown_votes")),
    )
    op.create_table(
        "operation_log",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_operation_log_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_operation_log_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation_log")),
    )
    op.create_index(
        "ix_operation_log_organization_at", "operation_log", ["organization_id", "at"], unique=False
    )
    op.create_table(
        "orders",
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "open",
                "in_progress",
                "pending_acceptance",
                "closed",
                "expired",
                "cancelled",
                name="orderstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("is_at_home", sa.Boolean(), nullable=False),
        sa.Column("door", sa.LargeBinary(), nullable=True),
        sa.Column("contact_name", sa.LargeBinary(), nullable=True),
        sa.Column("contact_phone", sa.LargeBinary(), nullable=True),
        sa.Column("contact_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("week_limit", sa.Integer(), nullable=False),
        sa.Column("live_limit", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_orders_ends_after_start")),
        sa.CheckConstraint(
            "taken >= 0 AND taken <= seats", name=op.f("ck_orders_taken_within_seats")
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["organizations.id"], name=op.f("fk_orders_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_orders_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["people.id"], name=op.f("fk_orders_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    op.create_index(
        "ix_orders_community_id", "orders", ["community_id", "status", "id"], unique=False
    )
    op.create_index(
        "ix_orders_due_at",
        "orders",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_remind_at",
        "orders",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_open",
        "orders",
        ["community_id", "starts_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "organization_codes",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_codes_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_codes")),
    )
    op.create_index(
        op.f("ix_organization_codes_code"), "organization_codes", ["code"], unique=False
    )
    op.create_index(
        op.f("ix_organization_codes_organization_id"),
        "organization_codes",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "organization_registrations",
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column(
            "proposed_by", sa.String(length=20), nullable=False, comment="employer or community"
        ),
        sa.Column(
            "status",
            sa.Enum(
                "proposed", "active", "ended", name="pairingstatus", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("receipt_number", sa.String(length=60), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["organizations.id"],
            name=op.f("fk_organization_registrations_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["organizations.id"],
            name=op.f("fk_organization_registrations_employer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_registrations")),
    )
    op.create_index(
        "ix_organization_registrations_community_id",
        "organization_registrations",
        ["community_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_organization_registrations_employer_id",
        "organization_registrations",
        ["employer_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_organization_registrations_living",
        "organization_registrations",
        ["employer_id", "community_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'ended'"),
    )
    op.create_table(
        "policies",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column(
            "value", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='{"value": …}'
        ),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_policies_author_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_policies_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
    )
    op.create_index(
        "ix_policies_key",
        "policies",
        ["key", "organization_id", "effective_on", "id"],
        unique=False,
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_refresh_tokens_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
    )
    op.create_index(
        op.f("ix_refresh_tokens_family_id"), "refresh_tokens", ["family_id"], unique=False
    )
    op.create_index(
        op.f("ix_refresh_tokens_person_id"), "refresh_tokens", ["person_id"], unique=False
    )
    op.create_table(
        "residents",
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("building_text", sa.String(length=60), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["organizations.id"], name=op.f("fk_residents_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_residents_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["people.id"], name=op.f("fk_residents_entered_by_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_residents_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residents")),
    )
    op.create_index("ix_residents_community_id", "residents", ["community_id", "id"], unique=False)
    op.create_index(op.f("ix_residents_phone_hash"), "residents", ["phone_hash"], unique=False)
    op.create_index(
        "uq_residents_living",
        "residents",
        ["person_id", "community_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND person_id IS NOT NULL"),
    )
    op.create_table(
        "verification_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("document_kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column(
            "standing",
            sa.Enum("valid", "superseded", "void", name="codestatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organizations.id"], name=op.f("fk_verification_codes_issuer_id")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_verification_codes")),
        sa.UniqueConstraint("number", name=op.f("uq_verification_codes_number")),
    )
    op.create_index(
        op.f("ix_verification_codes_subject_id"), "verification_codes", ["subject_id"], unique=False
    )
    op.create_table(
        "wechat_accounts",
        sa.Column("appid", sa.String(length=32), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("unionid", sa.String(length=64), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_wechat_accounts_person_id")
        ),
        sa.PrimaryKeyConstraint("appid", "openid", name=op.f("pk_wechat_accounts")),
    )
    op.create_index(
        op.f("ix_wechat_accounts_person_id"), "wechat_accounts", ["person_id"], unique=False
    )
    op.create_table(
        "week_counts",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_week_counts_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "week", name=op.f("pk_week_counts")),
    )
    op.create_table(
        "import_steps",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_import_steps_actor_id")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_steps_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_steps")),
    )
    op.create_index(op.f("ix_import_steps_import_id"), "import_steps", ["import_id"], unique=False)
    op.create_table(
        "members",
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "roster",
                "application",
                "counter",
                "paper",
                name="membersource",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("name_hash", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("party_status", sa.String(length=20), nullable=False),
        sa.Column(
            "service_state",
            sa.String(length=20),
            nullable=False,
            comment="in_service, a code of not_in_service, or applied: not yet confirmed",
        ),
        sa.Column("compound_text", sa.LargeBinary(), nullable=True),
        sa.Column("building_text", sa.LargeBinary(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("is_protected", sa.Boolean(), nullable=False),
        sa.Column("claim_code_hash", sa.String(length=64), nullable=True),
        sa.Column("claim_code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["organizations.id"], name=op.f("fk_members_branch_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["organizations.id"], name=op.f("fk_members_employer_id")
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_members_import_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_members_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("claim_code_hash", name=op.f("uq_members_claim_code_hash")),
    )
    op.create_index(
        "ix_members_employer_id", "members", ["employer_id", "branch_id", "id"], unique=False
    )
    op.create_index("ix_members_phone_hash", "members", ["phone_hash"], unique=False)
    op.create_index(
        "uq_members_person",
        "members",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("left_on IS NULL AND person_id IS NOT NULL"),
    )
    op.create_index(
        "uq_members_phone",
        "members",
        ["employer_id", "phone_hash"],
        unique=True,
        postgresql_where=sa.text("left_on IS NULL AND phone_hash IS NOT NULL"),
    )
    op.create_table(
        "needs",
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("requester_id", sa.Uuid(), nullable=True),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("wished_time", sa.String(length=100), nullable=True),
        sa.Column("contact_name", sa.LargeBinary(), nullable=True),
        sa.Column("contact_phone", sa.LargeBinary(), nullable=True),
        sa.Column(
            "shares_phone",
            sa.Boolean(),
            nullable=False,
            comment="who comes may have the phone; else the community passes it on",
        ),
        sa.Column("door", sa.LargeBinary(), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "pending", "pass", "review", "risky", name="verdict", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "check_after",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a check is under way or was put off until then",
        ),
        sa.Column(
            "status",
            sa.Enum(
                "submitted",
                "asked_back",
                "lapsed",
                "accepted",
                "refused",
                "merged",
                "withdrawn",
                "in_hand",
                "done",
                "solved",
                "partly",
                "unsolved",
                "unanswered",
                "handed_up",
                name="needstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "route",
            sa.Enum(
                "order",
                "own_staff",
                "referred",
                "answered",
                name="route",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("referred_to", sa.String(length=100), nullable=True),
        sa.Column("referred_number", sa.String(length=60), nullable=True),
        sa.Column("answer_expected_on", sa.Date(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True, comment="what the resident is told"),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False, comment="how often it was reopened"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["organizations.id"], name=op.f("fk_needs_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_needs_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["people.id"], name=op.f("fk_needs_entered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["needs.id"], name=op.f("fk_needs_merged_into_id")
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["people.id"], name=op.f("fk_needs_requester_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_needs_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
        sa.UniqueConstraint("number", name=op.f("uq_needs_number")),
    )
    op.create_index(
        "ix_needs_community_id", "needs", ["community_id", "status", "id"], unique=False
    )
    op.create_index(
        "ix_needs_due_at",
        "needs",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_needs_requester_id", "needs", ["requester_id", "id"], unique=False)
    op.create_index(
        "ix_needs_verdict",
        "needs",
        ["id"],
        unique=False,
        postgresql_where=sa.text("verdict = 'pending'"),
    )
    op.create_table(
        "order_steps",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_order_steps_actor_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_steps_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_steps")),
    )
    op.create_index(op.f("ix_order_steps_order_id"), "order_steps", ["order_id"], unique=False)
    op.create_table(
        "organization_registration_steps",
        sa.Column("organization_registration_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_organization_registration_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_registration_id"],
            ["organization_registrations.id"],
            name=op.f("fk_organization_registration_steps_organization_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_registration_steps")),
    )
    op.create_index(
        op.f("ix_organization_registration_steps_organization_registration_id"),
        "organization_registration_steps",
        ["organization_registration_id"],
        unique=False,
    )
    op.create_table(
        "outgoing_messages",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "sent",
                "dropped",
                "unsure",
                name="outgoingstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_outgoing_messages_notification_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_outgoing_messages_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_messages")),
        sa.UniqueConstraint("notification_id", name=op.f("uq_outgoing_messages_notification_id")),
    )
    op.create_index(
        "ix_outgoing_messages_waiting",
        "outgoing_messages",
        ["not_before", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "role_grants",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "city_admin",
                "district_admin",
                "subdistrict_admin",
                "community_secretary",
                "community_clerk",
                "grid_worker",
                "grid_helper",
                "building_helper",
                "branch_secretary",
                "branch_deputy",
                "group_leader",
                "resident_representative",
                "employer_secretary",
                "employer_clerk",
                "merchant",
                "auditor",
                name="role",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("granted_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_role_grants_appointment_id")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["people.id"], name=op.f("fk_role_grants_granted_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_role_grants_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_role_grants_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
        sa.UniqueConstraint(
            "person_id",
            "role",
            "organization_id",
            "valid_from",
            name=op.f("uq_role_grants_person_id_role_organization_id_valid_from"),
        ),
    )
    op.create_index(
        op.f("ix_role_grants_appointment_id"), "role_grants", ["appointment_id"], unique=False
    )
    op.create_index(
        "ix_role_grants_organization_id", "role_grants", ["organization_id"], unique=False
    )
    op.create_table(
        "acceptances",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column(
            "order_id", sa.Uuid(), nullable=True, comment="no foreign key: orders stand above"
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "asked",
                "solved",
                "partly",
                "unsolved",
                "silent",
                name="acceptancestatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_way", sa.String(length=40), nullable=True),
        sa.Column(
            "excluded_ids",
            postgresql.ARRAY(sa.Uuid()),
            nullable=False,
            comment="who took or organised it never answers on behalf",
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["people.id"], name=op.f("fk_acceptances_answered_by_id")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_acceptances_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptances")),
    )
    op.create_index(
        "ix_acceptances_due_at",
        "acceptances",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_acceptances_order_id", "acceptances", ["order_id"], unique=False)
    op.create_index("uq_acceptances_round", "acceptances", ["need_id", "round"], unique=True)
    op.create_table(
        "need_steps",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_need_steps_actor_id")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_need_steps_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_steps")),
    )
    op.create_index(op.f("ix_need_steps_need_id"), "need_steps", ["need_id"], unique=False)
    op.create_table(
        "order_needs",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_order_needs_need_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_needs_order_id")),
        sa.PrimaryKeyConstraint("order_id", "need_id", name=op.f("pk_order_needs")),
    )
    op.create_index(op.f("ix_order_needs_need_id"), "order_needs", ["need_id"], unique=False)
    op.create_table(
        "ratings",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("rater_id", sa.Uuid(), nullable=False),
        sa.Column(
            "satisfaction",
            sa.Enum(
                "satisfied",
                "fair",
                "unsatisfied",
                name="satisfaction",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("relays_thanks", sa.Boolean(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_ratings_need_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_ratings_order_id")),
        sa.ForeignKeyConstraint(["rater_id"], ["people.id"], name=op.f("fk_ratings_rater_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint(
            "order_id", "need_id", "rater_id", name=op.f("uq_ratings_order_id_need_id_rater_id")
        ),
    )
    op.create_index("ix_ratings_rater_id", "ratings", ["rater_id", "given_at"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.String(length=20),
            nullable=False,
            comment="online, at_counter, paper_only",
        ),
        sa.Column(
            "ground", sa.String(length=20), nullable=False, comment="residence, employer_paired, …"
        ),
        sa.Column("ground_note", sa.Text(), nullable=True),
        sa.Column("compound_id", sa.Uuid(), nullable=True),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("building_text", sa.String(length=60), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=True),
        sa.Column("functional_branch_id", sa.Uuid(), nullable=True),
        sa.Column("functional_group_id", sa.Uuid(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("availability", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending_employer",
                "pending_community",
                "returned_by_employer",
                "returned_by_community",
                "active",
                "suspended",
                "withdrawn",
                "ended",
                name="registrationstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("certificate_number", sa.String(length=60), nullable=True),
        sa.Column("receipt_number", sa.String(length=60), nullable=True),
        sa.Column(
            "certificate_code",
            sa.LargeBinary(),
            nullable=True,
            comment="of the public page, to print it again",
        ),
        sa.Column("receipt_code", sa.LargeBinary(), nullable=True),
        sa.Column(
            "handed_up_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the employer was silent twice: the district checks",
        ),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("suspended_from", sa.Date(), nullable=True),
        sa.Column("suspended_to", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column(
            "reason_code",
            sa.String(length=40),
            nullable=True,
            comment="of the last return, suspension or end",
        ),
        sa.Column(
            "suggested_community_id",
            sa.Uuid(),
            nullable=True,
            comment="by the community that sent it back",
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["organizations.id"], name=op.f("fk_registrations_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_registrations_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["organizations.id"], name=op.f("fk_registrations_compound_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["organizations.id"], name=op.f("fk_registrations_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["functional_branch_id"],
            ["organizations.id"],
            name=op.f("fk_registrations_functional_branch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["functional_group_id"],
            ["organizations.id"],
            name=op.f("fk_registrations_functional_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["organizations.id"], name=op.f("fk_registrations_grid_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_registrations_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_registrations_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["suggested_community_id"],
            ["organizations.id"],
            name=op.f("fk_registrations_suggested_community_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("certificate_number", name=op.f("uq_registrations_certificate_number")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_registrations_receipt_number")),
    )
    op.create_index(
        "ix_registrations_community_id",
        "registrations",
        ["community_id", "status", "id"],
        unique=False,
    )
    op.create_index(
        "ix_registrations_due_at",
        "registrations",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_registrations_employer_id",
        "registrations",
        ["employer_id", "status", "id"],
        unique=False,
    )
    op.create_index(
        "ix_registrations_handed_up_at",
        "registrations",
        ["handed_up_at"],
        unique=False,
        postgresql_where=sa.text("handed_up_at IS NOT NULL"),
    )
    op.create_index("ix_registrations_person_id", "registrations", ["person_id"], unique=False)
    op.create_index(
        "ix_registrations_remind_at",
        "registrations",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_index(
        "uq_registrations_living_member",
        "registrations",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'ended')"),
    )
    op.create_index(
        "uq_registrations_living_person",
        "registrations",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'ended') AND person_id IS NOT NULL"),
    )
    op.create_table(
        "acceptance_steps",
        sa.Column("acceptance_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["acceptance_id"], ["acceptances.id"], name=op.f("fk_acceptance_steps_acceptance_id")
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_acceptance_steps_actor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_steps")),
    )
    op.create_index(
        op.f("ix_acceptance_steps_acceptance_id"),
        "acceptance_steps",
        ["acceptance_id"],
        unique=False,
    )
    op.create_table(
        "registration_steps",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_registration_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_registration_steps_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_steps")),
    )
    op.create_index(
        op.f("ix_registration_steps_registration_id"),
        "registration_steps",
        ["registration_id"],
        unique=False,
    )
    op.create_table(
        "reports",
        sa.Column(
            "kind",
            sa.Enum(
                "member_sheet", "employer_summary", name="reportkind", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "issued",
                "delivered",
                "acknowledged",
                "superseded",
                "void",
                name="reportstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=True),
        sa.Column("signer_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", sa.Uuid(), nullable=True),
        sa.Column("uses_made", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["acknowledged_by_id"], ["people.id"], name=op.f("fk_reports_acknowledged_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["organizations.id"], name=op.f("fk_reports_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organizations.id"], name=op.f("fk_reports_issuer_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reports_person_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_reports_registration_id")
        ),
        sa.ForeignKeyConstraint(["signer_id"], ["people.id"], name=op.f("fk_reports_signer_id")),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["reports.id"], name=op.f("fk_reports_supersedes_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("number", name=op.f("uq_reports_number")),
    )
    op.create_index(
        "ix_reports_employer_id", "reports", ["employer_id", "kind", "id"], unique=False
    )
    op.create_index("ix_reports_issuer_id", "reports", ["issuer_id", "kind", "id"], unique=False)
    op.create_index(op.f("ix_reports_person_id"), "reports", ["person_id"], unique=False)
    op.create_index(
        "ix_reports_registration_id", "reports", ["registration_id", "id"], unique=False
    )
    op.create_index(
        "uq_reports_sheet",
        "reports",
        ["registration_id", "period_from", "period_to", "edition"],
        unique=True,
        postgresql_where=sa.text("kind = 'member_sheet'"),
    )
    op.create_index(
        "uq_reports_summary",
        "reports",
        ["employer_id", "period_from", "period_to", "edition"],
        unique=True,
        postgresql_where=sa.text("kind = 'employer_summary'"),
    )
    op.create_table(
        "seats",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "taken",
                "released",
                "excused",
                "attended",
                "no_show",
                "reported",
                "confirmed",
                "cancelled",
                name="seatstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "minutes", sa.Integer(), nullable=True, comment="served, as reported or confirmed"
        ),
        sa.Column("is_late_release", sa.Boolean(), nullable=False),
        sa.Column(
            "mark", sa.String(length=20), nullable=True, comment="commend or concern; by exception"
        ),
        sa.Column("mark_note", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_seats_order_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_seats_person_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_seats_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seats")),
    )
    op.create_index("ix_seats_person_id", "seats", ["person_id", "id"], unique=False)
    op.create_index(
        "uq_seats_living",
        "seats",
        ["order_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('released', 'excused', 'cancelled')"),
    )
    op.create_table(
        "service_records",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("source_kind", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column(
            "approved_minutes",
            sa.Integer(),
            nullable=False,
            comment="as first approved: small corrections are measured against it",
        ),
        sa.Column("is_work_time", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "approved", "disputed", "voided", name="recordstatus", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_service_records_minutes_not_negative")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["people.id"], name=op.f("fk_service_records_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_service_records_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["organizations.id"], name=op.f("fk_service_records_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_service_records_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_service_records_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_service_records_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_records")),
        sa.UniqueConstraint(
            "registration_id",
            "source_kind",
            "source_id",
            name=op.f("uq_service_records_registration_id_source_kind_source_id"),
        ),
    )
    op.create_index(
        "ix_service_records_community_id",
        "service_records",
        ["community_id", "served_on", "id"],
        unique=False,
    )
    op.create_index(
        "ix_service_records_employer_id",
        "service_records",
        ["employer_id", "served_on", "id"],
        unique=False,
    )
    op.create_index(
        "ix_service_records_person_id",
        "service_records",
        ["person_id", "served_on", "id"],
        unique=False,
    )
    op.create_index(
        "ix_service_records_registration_id",
        "service_records",
        ["registration_id", "served_on"],
        unique=False,
    )
    op.create_table(
        "transfers",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("new_registration_id", sa.Uuid(), nullable=True),
        sa.Column("new_member_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("community", "employer", name="transferkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.String(length=20), nullable=True, comment="in the new community"),
        sa.Column("ground_note", sa.Text(), nullable=True),
        sa.Column("compound_id", sa.Uuid(), nullable=True),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("building_text", sa.String(length=60), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "out_confirmed",
                "effective",
                "refused",
                "withdrawn",
                name="transferstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["organizations.id"], name=op.f("fk_transfers_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["organizations.id"], name=op.f("fk_transfers_compound_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["organizations.id"], name=op.f("fk_transfers_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["new_member_id"], ["members.id"], name=op.f("fk_transfers_new_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["new_registration_id"],
            ["registrations.id"],
            name=op.f("fk_transfers_new_registration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_transfers_registration_id")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["organizations.id"], name=op.f("fk_transfers_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index("ix_transfers_from_id", "transfers", ["from_id", "status", "id"], unique=False)
    op.create_index("ix_transfers_to_id", "transfers", ["to_id", "status", "id"], unique=False)
    op.create_index(
        "uq_transfers_living",
        "transfers",
        ["registration_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('requested', 'out_confirmed')"),
    )
    op.create_table(
        "report_steps",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_report_steps_actor_id")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_steps_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_steps")),
    )
    op.create_index(op.f("ix_report_steps_report_id"), "report_steps", ["report_id"], unique=False)
    op.create_table(
        "seat_steps",
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_seat_steps_actor_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_seat_steps_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_steps")),
    )
    op.create_index(op.f("ix_seat_steps_seat_id"), "seat_steps", ["seat_id"], unique=False)
    op.create_table(
        "service_record_steps",
        sa.Column("service_record_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_service_record_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_record_id"],
            ["service_records.id"],
            name=op.f("fk_service_record_steps_service_record_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_record_steps")),
    )
    op.create_index(
        op.f("ix_service_record_steps_service_record_id"),
        "service_record_steps",
        ["service_record_id"],
        unique=False,
    )
    op.create_table(
        "statements",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("is_objection", sa.Boolean(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["people.id"], name=op.f("fk_statements_answered_by_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_statements_person_id")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_statements_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
    )
    op.create_index(op.f("ix_statements_report_id"), "statements", ["report_id"], unique=False)
    op.create_table(
        "summary_sheets",
        sa.Column("summary_id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["reports.id"], name=op.f("fk_summary_sheets_sheet_id")
        ),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["reports.id"], name=op.f("fk_summary_sheets_summary_id")
        ),
        sa.PrimaryKeyConstraint("summary_id", "sheet_id", name=op.f("pk_summary_sheets")),
    )
    op.create_index(
        op.f("ix_summary_sheets_sheet_id"), "summary_sheets", ["sheet_id"], unique=False
    )
    op.create_table(
        "transfer_steps",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_transfer_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_steps_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_steps")),
    )
    op.create_index(
        op.f("ix_transfer_steps_transfer_id"), "transfer_steps", ["transfer_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_transfer_steps_transfer_id"), table_name="transfer_steps")
    op.drop_table("transfer_steps")
    op.drop_index(op.f("ix_summary_sheets_sheet_id"), table_name="summary_sheets")
    op.drop_table("summary_sheets")
    op.drop_index(op.f("ix_statements_report_id"), table_name="statements")
    op.drop_table("statements")
    op.drop_index(
        op.f("ix_service_record_steps_service_record_id"), table_name="service_record_steps"
    )
    op.drop_table("service_record_steps")
    op.drop_index(op.f("ix_seat_steps_seat_id"), table_name="seat_steps")
    op.drop_table("seat_steps")
    op.drop_index(op.f("ix_report_steps_report_id"), table_name="report_steps")
    op.drop_table("report_steps")
    op.drop_index(
        "uq_transfers_living",
        table_name="transfers",
        postgresql_where=sa.text("status IN ('requested', 'out_confirmed')"),
    )
    op.drop_index("ix_transfers_to_id", table_name="transfers")
    op.drop_index("ix_transfers_from_id", table_name="transfers")
    op.drop_table("transfers")
    op.drop_index("ix_service_records_registration_id", table_name="service_records")
    op.drop_index("ix_service_records_person_id", table_name="service_records")
    op.drop_index("ix_service_records_employer_id", table_name="service_records")
    op.drop_index("ix_service_records_community_id", table_name="service_records")
    op.drop_table("service_records")
    op.drop_index(
        "uq_seats_living",
        table_name="seats",
        postgresql_where=sa.text("status NOT IN ('released', 'excused', 'cancelled')"),
    )
    op.drop_index("ix_seats_person_id", table_name="seats")
    op.drop_table("seats")
    op.drop_index(
        "uq_reports_summary",
        table_name="reports",
        postgresql_where=sa.text("kind = 'employer_summary'"),
    )
    op.drop_index(
        "uq_reports_sheet", table_name="reports", postgresql_where=sa.text("kind = 'member_sheet'")
    )
    op.drop_index("ix_reports_registration_id", table_name="reports")
    op.drop_index(op.f("ix_reports_person_id"), table_name="reports")
    op.drop_index("ix_reports_issuer_id", table_name="reports")
    op.drop_index("ix_reports_employer_id", table_name="reports")
    op.drop_table("reports")
    op.drop_index(op.f("ix_registration_steps_registration_id"), table_name="registration_steps")
    op.drop_table("registration_steps")
    op.drop_index(op.f("ix_acceptance_steps_acceptance_id"), table_name="acceptance_steps")
    op.drop_table("acceptance_steps")
    op.drop_index(
        "uq_registrations_living_person",
        table_name="registrations",
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'ended') AND person_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_registrations_living_member",
        table_name="registrations",
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'ended')"),
    )
    op.drop_index(
        "ix_registrations_remind_at",
        table_name="registrations",
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.drop_index("ix_registrations_person_id", table_name="registrations")
    op.drop_index(
        "ix_registrations_handed_up_at",
        table_name="registrations",
        postgresql_where=sa.text("handed_up_at IS NOT NULL"),
    )
    op.drop_index("ix_registrations_employer_id", table_name="registrations")
    op.drop_index(
        "ix_registrations_due_at",
        table_name="registrations",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index("ix_registrations_community_id", table_name="registrations")
    op.drop_table("registrations")
    op.drop_index("ix_ratings_rater_id", table_name="ratings")
    op.drop_table("ratings")
    op.drop_index(op.f("ix_order_needs_need_id"), table_name="order_needs")
    op.drop_table("order_needs")
    op.drop_index(op.f("ix_need_steps_need_id"), table_name="need_steps")
    op.drop_table("need_steps")
    op.drop_index("uq_acceptances_round", table_name="acceptances")
    op.drop_index("ix_acceptances_order_id", table_name="acceptances")
    op.drop_index(
        "ix_acceptances_due_at",
        table_name="acceptances",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_table("acceptances")
    op.drop_index("ix_role_grants_organization_id", table_name="role_grants")
    op.drop_index(op.f("ix_role_grants_appointment_id"), table_name="role_grants")
    op.drop_table("role_grants")
    op.drop_index(
        "ix_outgoing_messages_waiting",
        table_name="outgoing_messages",
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.drop_table("outgoing_messages")
    op.drop_index(
        op.f("ix_organization_registration_steps_organization_registration_id"),
        table_name="organization_registration_steps",
    )
    op.drop_table("organization_registration_steps")
    op.drop_index(op.f("ix_order_steps_order_id"), table_name="order_steps")
    op.drop_table("order_steps")
    op.drop_index(
        "ix_needs_verdict", table_name="needs", postgresql_where=sa.text("verdict = 'pending'")
    )
    op.drop_index("ix_needs_requester_id", table_name="needs")
    op.drop_index(
        "ix_needs_due_at", table_name="needs", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_index("ix_needs_community_id", table_name="needs")
    op.drop_table("needs")
    op.drop_index(
        "uq_members_phone",
        table_name="members",
        postgresql_where=sa.text("left_on IS NULL AND phone_hash IS NOT NULL"),
    )
    op.drop_index(
        "uq_members_person",
        table_name="members",
        postgresql_where=sa.text("left_on IS NULL AND person_id IS NOT NULL"),
    )
    op.drop_index("ix_members_phone_hash", table_name="members")
    op.drop_index("ix_members_employer_id", table_name="members")
    op.drop_table("members")
    op.drop_index(op.f("ix_import_steps_import_id"), table_name="import_steps")
    op.drop_table("import_steps")
    op.drop_table("week_counts")
    op.drop_index(op.f("ix_wechat_accounts_person_id"), table_name="wechat_accounts")
    op.drop_table("wechat_accounts")
    op.drop_index(op.f("ix_verification_codes_subject_id"), table_name="verification_codes")
    op.drop_table("verification_codes")
    op.drop_index(
        "uq_residents_living",
        table_name="residents",
        postgresql_where=sa.text("ended_at IS NULL AND person_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_residents_phone_hash"), table_name="residents")
    op.drop_index("ix_residents_community_id", table_name="residents")
    op.drop_table("residents")
    op.drop_index(op.f("ix_refresh_tokens_person_id"), table_name="refresh_tokens")
    op.drop_index(op.f("ix_refresh_tokens_family_id"), table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index("ix_policies_key", table_name="policies")
    op.drop_table("policies")
    op.drop_index(
        "uq_organization_registrations_living",
        table_name="organization_registrations",
        postgresql_where=sa.text("status <> 'ended'"),
    )
    op.drop_index(
        "ix_organization_registrations_employer_id", table_name="organization_registrations"
    )
    op.drop_index(
        "ix_organization_registrations_community_id", table_name="organization_registrations"
    )
    op.drop_table("organization_registrations")
    op.drop_index(op.f("ix_organization_codes_organization_id"), table_name="organization_codes")
    op.drop_index(op.f("ix_organization_codes_code"), table_name="organization_codes")
    op.drop_table("organization_codes")
    op.drop_index(
        "ix_orders_remind_at",
        table_name="orders",
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_orders_open", table_name="orders", postgresql_where=sa.text("status = 'open'")
    )
    op.drop_index(
        "ix_orders_due_at", table_name="orders", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_index("ix_orders_community_id", table_name="orders")
    op.drop_table("orders")
    op.drop_index("ix_operation_log_organization_at", table_name="operation_log")
    op.drop_table("operation_log")
    op.drop_table("shown_votes")
    op.drop_table("number_series")
    op.drop_index("ix_notifications_person_id", table_name="notifications")
    op.drop_table("notifications")
    op.drop_table("message_credits")
    op.drop_index("ix_imports_organization_id", table_name="imports")
    op.drop_index(
        "ix_imports_due_at", table_name="imports", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_table("imports")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index(
        "uq_consents_living",
        table_name="consents",
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.drop_index("ix_consents_person_id", table_name="consents")
    op.drop_table("consents")
    op.drop_table("commitments")
    op.drop_index(op.f("ix_appointments_phone_hash"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_person_id"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_organization_id"), table_name="appointments")
    op.drop_table("appointments")
    op.drop_index("ix_access_log_subject", table_name="access_log")
    op.drop_index("ix_access_log_owner_id_at", table_name="access_log")
    op.drop_table("access_log")
    op.drop_table("wechat_tokens")
    op.drop_table("wechat_pushes")
    op.drop_index(op.f("ix_rate_windows_window_ends_at"), table_name="rate_windows")
    op.drop_table("rate_windows")
    op.drop_table("people")
    op.drop_index(
        "ix_outbox_waiting", table_name="outbox", postgresql_where=sa.text("told_at IS NULL")
    )
    op.drop_index(
        "ix_outbox_told", table_name="outbox", postgresql_where=sa.text("told_at IS NOT NULL")
    )
    op.drop_table("outbox")
    op.drop_index(
        "uq_organizations_name_under",
        table_name="organizations",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("closed_on IS NULL AND code IS NULL"),
    )
    op.drop_index(
        "uq_organizations_code",
        table_name="organizations",
        postgresql_where=sa.text("code IS NOT NULL AND closed_on IS NULL"),
    )
    op.drop_index(
        "ix_organizations_taking_part",
        table_name="organizations",
        postgresql_where=sa.text("takes_part AND closed_on IS NULL"),
    )
    op.drop_index("ix_organizations_parent_id_position", table_name="organizations")
    op.drop_index("ix_organizations_lineage", table_name="organizations", postgresql_using="gin")
    op.drop_index(op.f("ix_organizations_grid_id"), table_name="organizations")
    op.drop_index(op.f("ix_organizations_compound_id"), table_name="organizations")
    op.drop_table("organizations")
    op.drop_table("job_runs")
    op.drop_table("deadline_failures")
    op.drop_index("uq_content_items", table_name="content_items")
    op.drop_table("content_items")
