"""the yearly appraisal: cycles, raters, ballots, counts, openings; what was last seen of a figure"""

import sqlalchemy as sa
from alembic import op

revision = "0024_appraisals"
down_revision = "0023_reports"


def upgrade() -> None:
    op.create_table(
        "evaluation_cycles",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "collecting",
                "computing",
                "objection_window",
                "final",
                "sent",
                "acknowledged",
                "archived",
                name="cyclestatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("facts_close_on", sa.Date(), nullable=False),
        sa.Column("appraisal_from", sa.Date(), nullable=False),
        sa.Column("appraisal_to", sa.Date(), nullable=False),
        sa.Column("objection_from", sa.Date(), nullable=False),
        sa.Column("objection_to", sa.Date(), nullable=False),
        sa.Column("issue_on", sa.Date(), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("use_by", sa.Date(), nullable=False),
        sa.Column("appraisal_days", sa.Integer(), nullable=False),
        sa.Column("objection_workdays", sa.Integer(), nullable=False),
        sa.Column("acknowledge_workdays", sa.Integer(), nullable=False),
        sa.Column("use_days", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_evaluation_cycles_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_cycles")),
        sa.UniqueConstraint(
            "organization_id", "year", name=op.f("uq_evaluation_cycles_organization_id_year")
        ),
    )
    op.create_index(
        "ix_evaluation_cycles_due_at",
        "evaluation_cycles",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_evaluation_cycles_remind_at",
        "evaluation_cycles",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_table(
        "appraisal_raters",
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column(
            "panel",
            sa.Enum(
                "community",
                "functional_branch",
                "resident_representatives",
                name="panel",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "way",
            sa.Enum("online", "paper_ballot", name="ballotway", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_appraisal_raters_appointment_id")
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["organizations.id"], name=op.f("fk_appraisal_raters_area_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_appraisal_raters_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["evaluation_cycles.id"], name=op.f("fk_appraisal_raters_cycle_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_appraisal_raters_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_raters")),
    )
    op.create_index(
        "ix_appraisal_raters_community_id",
        "appraisal_raters",
        ["community_id", "cycle_id", "panel", "id"],
        unique=False,
    )
    op.create_index(
        "ix_appraisal_raters_person_id", "appraisal_raters", ["person_id"], unique=False
    )
    op.create_index(
        "ix_appraisal_raters_phone_hash", "appraisal_raters", ["phone_hash"], unique=False
    )
    op.create_index(
        "uq_appraisal_raters_person",
        "appraisal_raters",
        ["cycle_id", "community_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "uq_appraisal_raters_phone",
        "appraisal_raters",
        ["cycle_id", "community_id", "phone_hash"],
        unique=True,
        postgresql_where=sa.text("phone_hash IS NOT NULL"),
    )
    op.create_table(
        "evaluation_cycle_steps",
        sa.Column("evaluation_cycle_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_evaluation_cycle_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_cycle_id"],
            ["evaluation_cycles.id"],
            name=op.f("fk_evaluation_cycle_steps_evaluation_cycle_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_cycle_steps")),
    )
    op.create_index(
        op.f("ix_evaluation_cycle_steps_evaluation_cycle_id"),
        "evaluation_cycle_steps",
        ["evaluation_cycle_id"],
        unique=False,
    )
    op.create_table(
        "appraisal_ballots",
        sa.Column("rater_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "satisfied",
                "fair",
                "unsatisfied",
                "unknown",
                "recused",
                name="appraisalanswer",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rater_id"], ["appraisal_raters.id"], name=op.f("fk_appraisal_ballots_rater_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_appraisal_ballots_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_ballots")),
        sa.UniqueConstraint(
            "rater_id",
            "registration_id",
            name=op.f("uq_appraisal_ballots_rater_id_registration_id"),
        ),
    )
    op.create_index(
        "ix_appraisal_ballots_registration_id",
        "appraisal_ballots",
        ["registration_id"],
        unique=False,
    )
    op.create_table(
        "appraisal_counts",
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column(
            "panel",
            sa.Enum(
                "community",
                "functional_branch",
                "resident_representatives",
                name="panel",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("counter_id", sa.Uuid(), nullable=False),
        sa.Column(
            "place", sa.Integer(), nullable=False, comment="first or second counter of this line"
        ),
        sa.Column("satisfied", sa.Integer(), nullable=False),
        sa.Column("fair", sa.Integer(), nullable=False),
        sa.Column("unsatisfied", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("place IN (1, 2)", name=op.f("ck_appraisal_counts_two_counters")),
        sa.CheckConstraint(
            "satisfied >= 0 AND fair >= 0 AND unsatisfied >= 0 AND unknown >= 0",
            name=op.f("ck_appraisal_counts_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["organizations.id"], name=op.f("fk_appraisal_counts_area_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_appraisal_counts_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["counter_id"], ["people.id"], name=op.f("fk_appraisal_counts_counter_id")
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["evaluation_cycles.id"], name=op.f("fk_appraisal_counts_cycle_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_appraisal_counts_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_counts")),
        sa.UniqueConstraint(
            "registration_id",
            "cycle_id",
            "panel",
            "counter_id",
            name=op.f("uq_appraisal_counts_registration_id_cycle_id_panel_counter_id"),
        ),
        sa.UniqueConstraint(
            "registration_id",
            "cycle_id",
            "panel",
            "place",
            name=op.f("uq_appraisal_counts_registration_id_cycle_id_panel_place"),
        ),
    )
    op.create_index(
        "ix_appraisal_counts_community_id",
        "appraisal_counts",
        ["community_id", "cycle_id", "panel"],
        unique=False,
    )
    op.create_table(
        "rater_openings",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column(
            "source",
            sa.Enum("service", "appraisal", name="openingsource", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("agreed_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "asked",
                "open",
                "refused",
                "lapsed",
                "closed",
                name="openingstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreed_by_id"], ["people.id"], name=op.f("fk_rater_openings_agreed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["people.id"], name=op.f("fk_rater_openings_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_rater_openings_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_rater_openings_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rater_openings")),
    )
    op.create_index(
        "ix_rater_openings_community_id", "rater_openings", ["community_id", "id"], unique=False
    )
    op.create_index(
        "ix_rater_openings_due_at",
        "rater_openings",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "uq_rater_openings_living",
        "rater_openings",
        ["registration_id", "source_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('asked', 'open')"),
    )
    op.create_table(
        "self_reports",
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["evaluation_cycles.id"], name=op.f("fk_self_reports_cycle_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_self_reports_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_reports")),
        sa.UniqueConstraint(
            "registration_id", "cycle_id", name=op.f("uq_self_reports_registration_id_cycle_id")
        ),
    )
    op.create_index(op.f("ix_self_reports_cycle_id"), "self_reports", ["cycle_id"], unique=False)
    op.create_table(
        "rater_opening_steps",
        sa.Column("rater_opening_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_rater_opening_steps_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["rater_opening_id"],
            ["rater_openings.id"],
            name=op.f("fk_rater_opening_steps_rater_opening_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rater_opening_steps")),
    )
    op.create_index(
        op.f("ix_rater_opening_steps_rater_opening_id"),
        "rater_opening_steps",
        ["rater_opening_id"],
        unique=False,
    )
    _shown_votes()


def _shown_votes() -> None:
    """What was counted so far looked back a year, the shipped value, and held services only."""
    op.add_column(
        "shown_votes",
        sa.Column("appraisals", sa.Integer(), nullable=True, comment="of the valid ones"),
    )
    for name, kind in (
        ("months", sa.Integer()),
        ("from_on", sa.Date()),
        ("seen_from_on", sa.Date()),
        ("seen_until_on", sa.Date()),
        ("seen_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("shown_votes", sa.Column(name, kind, nullable=True))
    op.execute(
        "UPDATE shown_votes SET appraisals = 0, seen_at = counted_at, seen_until_on = until_on,"
        " from_on = until_on - interval '1 year' + interval '1 day',"
        " seen_from_on = until_on - interval '1 year' + interval '1 day',"
        " months = CASE WHEN until_on IS NOT NULL THEN 12 END"
    )
    op.alter_column("shown_votes", "appraisals", nullable=False)


def downgrade() -> None:
    for name in ("seen_at", "seen_until_on", "seen_from_on", "from_on", "months", "appraisals"):
        op.drop_column("shown_votes", name)
    op.drop_table("rater_opening_steps")
    op.drop_table("self_reports")
    op.drop_table("rater_openings")
    op.drop_table("appraisal_counts")
    op.drop_table("appraisal_ballots")
    op.drop_table("evaluation_cycle_steps")
    op.drop_table("appraisal_raters")
    op.drop_table("evaluation_cycles")
