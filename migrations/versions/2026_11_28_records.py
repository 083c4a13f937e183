"""records declared and corrected by two, random checks of them, certificates"""

import sqlalchemy as sa
from alembic import op

revision = "0011_records"
down_revision = "0010_needs_handed_up"


def upgrade() -> None:
    op.create_table(
        "record_draws",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column(
            "percent", sa.Integer(), nullable=False, comment="the policy's share on that day"
        ),
        sa.Column("records", sa.Integer(), nullable=False, comment="approved in the month"),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_record_draws_community_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_draws")),
        sa.UniqueConstraint(
            "community_id", "month", name=op.f("uq_record_draws_community_id_month")
        ),
    )
    op.create_index(
        "ix_record_draws_remind_at",
        "record_draws",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_table(
        "certificates",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "checked",
                "issued",
                "refused",
                "withdrawn",
                "revoked",
                "superseded",
                name="certificatestatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column(
            "code", sa.LargeBinary(), nullable=True, comment="of the public page, to print it again"
        ),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="JSON"),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["people.id"], name=op.f("fk_certificates_checked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_certificates_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_certificates_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_certificates_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("number", name=op.f("uq_certificates_number")),
    )
    op.create_index(
        "ix_certificates_community_id",
        "certificates",
        ["community_id", "status", "id"],
        unique=False,
    )
    op.create_index("ix_certificates_person_id", "certificates", ["person_id", "id"], unique=False)
    op.create_index(
        "ix_certificates_registration_id",
        "certificates",
        ["registration_id", "status"],
        unique=False,
    )
    op.create_index(
        "ix_certificates_remind_at",
        "certificates",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_index(
        "uq_certificates_asked",
        "certificates",
        ["registration_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('requested', 'checked')"),
    )
    op.create_table(
        "certificate_steps",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_certificate_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_certificate_steps_certificate_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_steps")),
    )
    op.create_index(
        op.f("ix_certificate_steps_certificate_id"),
        "certificate_steps",
        ["certificate_id"],
        unique=False,
    )
    op.create_table(
        "record_samples",
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("waiting", "right", "wrong", name="samplestatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_record_samples_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["record_draws.id"], name=op.f("fk_record_samples_draw_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["service_records.id"], name=op.f("fk_record_samples_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_samples")),
        sa.UniqueConstraint(
            "draw_id", "record_id", name=op.f("uq_record_samples_draw_id_record_id")
        ),
    )
    op.create_index(
        "ix_record_samples_community_id",
        "record_samples",
        ["community_id", "status", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_record_samples_record_id"), "record_samples", ["record_id"], unique=False
    )
    op.create_table(
        "record_sample_steps",
        sa.Column("record_sample_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_record_sample_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_sample_id"],
            ["record_samples.id"],
            name=op.f("fk_record_sample_steps_record_sample_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_sample_steps")),
    )
    op.create_index(
        op.f("ix_record_sample_steps_record_sample_id"),
        "record_sample_steps",
        ["record_sample_id"],
        unique=False,
    )
    op.add_column("duties", sa.Column("minutes", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE duties SET minutes = record.approved_minutes FROM service_records AS record"
        " WHERE record.source_kind = 'post' AND record.source_id = duties.id"
    )
    op.alter_column("duties", "minutes", nullable=False)
    op.add_column(
        "service_record_steps",
        sa.Column("minutes", sa.Integer(), nullable=True, comment="of the record after the step"),
    )
    op.add_column(
        "service_records", sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "service_records", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "service_records", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute("UPDATE service_records SET approved_at = created_at")
    op.add_column(
        "service_records",
        sa.Column(
            "proposed_minutes", sa.Integer(), nullable=True, comment="a second person has to agree"
        ),
    )
    op.add_column("service_records", sa.Column("proposed_by_id", sa.Uuid(), nullable=True))
    op.add_column(
        "service_records", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "service_records", sa.Column("version", sa.Integer(), nullable=False, server_default="1")
    )
    op.alter_column("service_records", "version", server_default=None)
    op.create_index(
        "ix_service_records_proposed",
        "service_records",
        ["community_id", "id"],
        unique=False,
        postgresql_where=sa.text("proposed_minutes IS NOT NULL"),
    )
    op.create_index(
        "ix_service_records_remind_at",
        "service_records",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_index(
        "ix_service_records_status",
        "service_records",
        ["community_id", "status", "id"],
        unique=False,
    )
    op.create_foreign_key(
        op.f("fk_service_records_proposed_by_id"),
        "service_records",
        "people",
        ["proposed_by_id"],
        ["id"],
    )


def downgrade() -> None:
    op.drop_constraint(
        op.f("fk_service_records_proposed_by_id"), "service_records", type_="foreignkey"
    )
    op.drop_index("ix_service_records_status", table_name="service_records")
    op.drop_index(
        "ix_service_records_remind_at",
        table_name="service_records",
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_service_records_proposed",
        table_name="service_records",
        postgresql_where=sa.text("proposed_minutes IS NOT NULL"),
    )
    op.drop_column("service_records", "version")
    op.drop_column("service_records", "remind_at")
    op.drop_column("service_records", "proposed_by_id")
    op.drop_column("service_records", "proposed_minutes")
    op.drop_column("service_records", "approved_at")
    op.drop_column("service_records", "ends_at")
    op.drop_column("service_records", "starts_at")
    op.drop_column("service_record_steps", "minutes")
    op.drop_column("duties", "minutes")
    op.drop_index(op.f("ix_record_sample_steps_record_sample_id"), table_name="record_sample_steps")
    op.drop_table("record_sample_steps")
    op.drop_index(op.f("ix_record_samples_record_id"), table_name="record_samples")
    op.drop_index("ix_record_samples_community_id", table_name="record_samples")
    op.drop_table("record_samples")
    op.drop_index(op.f("ix_certificate_steps_certificate_id"), table_name="certificate_steps")
    op.drop_table("certificate_steps")
    op.drop_index(
        "uq_certificates_asked",
        table_name="certificates",
        postgresql_where=sa.text("status IN ('requested', 'checked')"),
    )
    op.drop_index(
        "ix_certificates_remind_at",
        table_name="certificates",
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.drop_index("ix_certificates_registration_id", table_name="certificates")
    op.drop_index("ix_certificates_person_id", table_name="certificates")
    op.drop_index("ix_certificates_community_id", table_name="certificates")
    op.drop_table("certificates")
    op.drop_index(
        "ix_record_draws_remind_at",
        table_name="record_draws",
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.drop_table("record_draws")
