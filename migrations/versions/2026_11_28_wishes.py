"""wishes and claims on them"""

import sqlalchemy as sa
from alembic import op

revision = "0006_wishes"
down_revision = "0005_posts"


def upgrade() -> None:
    op.create_table(
        "wishes",
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("requester_id", sa.Uuid(), nullable=True),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("goods", "service", "cash", name="wishkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=True),
        sa.Column("value_yuan", sa.Integer(), nullable=True),
        sa.Column("is_for_minor", sa.Boolean(), nullable=False),
        sa.Column("guardian_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_name", sa.LargeBinary(), nullable=True),
        sa.Column("contact_phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column(
            "shares_phone",
            sa.Boolean(),
            nullable=False,
            comment="the claimer may have the phone; else the community passes it on",
        ),
        sa.Column("door", sa.LargeBinary(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "submitted",
                "verified",
                "rejected",
                "open",
                "claimed",
                "delivered",
                "undecided",
                "fulfilled",
                "closed",
                "withdrawn",
                name="wishstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organizations.id"], name=op.f("fk_wishes_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["people.id"], name=op.f("fk_wishes_entered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["people.id"], name=op.f("fk_wishes_requester_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_wishes_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wishes")),
        sa.UniqueConstraint("number", name=op.f("uq_wishes_number")),
    )
    op.create_index(
        "ix_wishes_community_id", "wishes", ["community_id", "status", "id"], unique=False
    )
    op.create_index(
        "ix_wishes_due_at",
        "wishes",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_wishes_erase_at",
        "wishes",
        ["erase_at"],
        unique=False,
        postgresql_where=sa.text("erase_at IS NOT NULL"),
    )
    op.create_index(
        "ix_wishes_open",
        "wishes",
        ["community_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_wishes_phone_hash",
        "wishes",
        ["phone_hash"],
        unique=False,
        postgresql_where=sa.text("phone_hash IS NOT NULL"),
    )
    op.create_index(
        "ix_wishes_remind_at",
        "wishes",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_index("ix_wishes_requester_id", "wishes", ["requester_id", "id"], unique=False)
    op.create_index(
        "ix_wishes_resident_id",
        "wishes",
        ["resident_id"],
        unique=False,
        postgresql_where=sa.text("resident_id IS NOT NULL"),
    )
    op.create_table(
        "wish_claims",
        sa.Column("wish_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "fulfilled",
                "cancelled",
                "revoked",
                "expired",
                "ended",
                name="wishclaimstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_by_id", sa.Uuid(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True, comment="optional, in the claimer's words"),
        sa.Column("declared_minutes", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("answer_reason", sa.String(length=40), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_way", sa.String(length=40), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["people.id"], name=op.f("fk_wish_claims_answered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivered_by_id"], ["people.id"], name=op.f("fk_wish_claims_delivered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_wish_claims_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_wish_claims_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_wish_claims_registration_id")
        ),
        sa.ForeignKeyConstraint(["wish_id"], ["wishes.id"], name=op.f("fk_wish_claims_wish_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish_claims")),
    )
    op.create_index(
        "ix_wish_claims_organization_id", "wish_claims", ["organization_id", "id"], unique=False
    )
    op.create_index("ix_wish_claims_person_id", "wish_claims", ["person_id", "id"], unique=False)
    op.create_index(
        "ix_wish_claims_registration_id", "wish_claims", ["registration_id"], unique=False
    )
    op.create_index("ix_wish_claims_wish_id", "wish_claims", ["wish_id"], unique=False)
    op.create_index(
        "uq_wish_claims_live",
        "wish_claims",
        ["wish_id"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "wish_steps",
        sa.Column("wish_id", sa.Uuid(), nullable=False),
        sa.Column("wish_claim_id", sa.Uuid(), nullable=True),
        sa.Column(
            "minutes",
            sa.Integer(),
            nullable=True,
            comment="of the member's record, as closed",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("left", sa.String(length=40), nullable=True),
        sa.Column("entered", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_wish_steps_actor_id")),
        sa.ForeignKeyConstraint(
            ["wish_claim_id"], ["wish_claims.id"], name=op.f("fk_wish_steps_wish_claim_id")
        ),
        sa.ForeignKeyConstraint(["wish_id"], ["wishes.id"], name=op.f("fk_wish_steps_wish_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish_steps")),
    )
    op.create_index(op.f("ix_wish_steps_wish_id"), "wish_steps", ["wish_id"], unique=False)


def downgrade() -> None:
    op.drop_table("wish_steps")
    op.drop_table("wish_claims")
    op.drop_table("wishes")
