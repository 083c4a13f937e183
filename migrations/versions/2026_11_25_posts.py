"""posts, claims, duties; qualifications of members"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_posts"
down_revision = "0004_needs"


def upgrade() -> None:
    op.create_table(
        "posts",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("post", "team", "pairing", name="postkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("qualifications", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("is_risky", sa.Boolean(), nullable=False),
        sa.Column(
            "insured_until", sa.Date(), nullable=True, comment="accident insurance, last day"
        ),
        sa.Column(
            "needs_pledge",
            sa.Boolean(),
            nullable=False,
            comment="of confidentiality: it goes to homes, or is a confidential matter",
        ),
        sa.Column("needs_two", sa.Boolean(), nullable=False, comment="never done by one alone"),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft", "open", "paused", "closed", name="poststatus", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "taken >= 0 AND taken <= headcount", name=op.f("ck_posts_taken_within_headcount")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_posts_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["people.id"], name=op.f("fk_posts_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    op.create_index(
        "ix_posts_community_id", "posts", ["community_id", "status", "id"], unique=False
    )
    op.create_index(
        "ix_posts_open",
        "posts",
        ["community_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "post_steps",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_post_steps_actor_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_steps_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_steps")),
    )
    op.create_index(op.f("ix_post_steps_post_id"), "post_steps", ["post_id"], unique=False)
    op.create_table(
        "qualifications",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("last_four", sa.LargeBinary(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=False),
        sa.Column("verified_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_qualifications_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by_id"], ["people.id"], name=op.f("fk_qualifications_verified_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualifications")),
        sa.UniqueConstraint("member_id", "code", name=op.f("uq_qualifications_member_id_code")),
    )
    op.create_table(
        "claims",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "serving",
                "exit_pending",
                "rejected",
                "withdrawn",
                "exited",
                "dismissed",
                "completed",
                "ended",
                name="claimstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "pledged_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="confidentiality was promised",
        ),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("term_ends_on", sa.Date(), nullable=True, comment="last day of the term"),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column(
            "was_kept",
            sa.Boolean(),
            nullable=False,
            comment="an exit was refused once; it is not refused again",
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_claims_community_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_claims_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_claims_post_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_claims_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index(
        "ix_claims_community_id", "claims", ["community_id", "status", "id"], unique=False
    )
    op.create_index(
        "ix_claims_due_at",
        "claims",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_claims_person_id", "claims", ["person_id", "id"], unique=False)
    op.create_index("ix_claims_registration_id", "claims", ["registration_id"], unique=False)
    op.create_index(
        "ix_claims_remind_at",
        "claims",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_index(
        "uq_claims_living",
        "claims",
        ["post_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('pending', 'serving', 'exit_pending')"),
    )
    op.create_table(
        "claim_steps",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_claim_steps_actor_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_steps_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_steps")),
    )
    op.create_index(op.f("ix_claim_steps_claim_id"), "claim_steps", ["claim_id"], unique=False)
    op.create_table(
        "duties",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_duties_claim_id")),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["people.id"], name=op.f("fk_duties_entered_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
        sa.UniqueConstraint("claim_id", "served_on", name=op.f("uq_duties_claim_id_served_on")),
    )


def downgrade() -> None:
    op.drop_table("duties")
    op.drop_table("claim_steps")
    op.drop_table("claims")
    op.drop_table("qualifications")
    op.drop_table("post_steps")
    op.drop_table("posts")
