"""levels above communities and employers have counters of their own, and people are counted once"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036_levels"
down_revision = "0035_terms"
PLACES = ("community_id", "employer_id")
HOURS = "class of hours, of figures that are times"
BUCKET = f"{HOURS}; of once: months since the last service"
LEAVES = """
    INSERT INTO counted_leaves (organization_id, kind, above)
    SELECT id, kind, trim_array(lineage, 1) FROM organizations
    WHERE kind IN ('community', 'employer')"""
HEADCOUNTS = """
    INSERT INTO organization_months
        (organization_id, figure, month, kind, category, bucket, number)
    SELECT open.id, counted.figure, DATE '2000-01-01', '', '', 0, counted.number
    FROM (
        SELECT id, coalesce(stated_headcount, (
            SELECT count(*) FROM members WHERE members.employer_id = organizations.id
            AND members.left_on IS NULL AND members.service_state = 'in_service')) AS people
        FROM organizations WHERE kind = 'employer' AND closed_on IS NULL
    ) AS open
    CROSS JOIN LATERAL (VALUES ('headcount', open.people), ('employers', 1))
        AS counted (figure, number)
    WHERE counted.number > 0"""
VOTES = """
    INSERT INTO organization_months
        (organization_id, figure, month, kind, category, bucket, number)
    SELECT shown.subject_id, counted.figure, shown.until_on, '', '', 0, counted.number
    FROM shown_votes AS shown
    JOIN organizations AS place ON place.id = shown.subject_id AND place.kind = 'community'
    CROSS JOIN LATERAL (VALUES ('votes_valid', shown.valid), ('votes_satisfied', shown.satisfied),
                               ('votes_raters', shown.raters)) AS counted (figure, number)
    WHERE shown.until_on IS NOT NULL AND counted.number > 0"""
LEVELS = """
    INSERT INTO organization_months
        (organization_id, figure, month, kind, category, bucket, number)
    SELECT level.id,
           CASE leaf.kind WHEN 'employer' THEN 'staff_' ELSE '' END || of_leaf.figure,
           of_leaf.month,
           CASE WHEN of_leaf.figure IN ('joined', 'left') THEN '' ELSE of_leaf.kind END,
           of_leaf.category, of_leaf.bucket, sum(of_leaf.number)
    FROM organization_months AS of_leaf JOIN counted_leaves AS leaf USING (organization_id)
    CROSS JOIN LATERAL unnest(leaf.above) AS level (id)
    WHERE leaf.kind = 'community' OR of_leaf.figure IN ('joined', 'left', 'served', 'headcount',
                                                             'employers')
    GROUP BY 1, 2, 3, 4, 5, 6"""
ONCE = """
    INSERT INTO organization_months
        (organization_id, figure, month, kind, category, bucket, number)
    SELECT organization_id, 'once', month, '', '', coalesce(
               extract(year FROM age(month, before)) * 12
               + extract(month FROM age(month, before)), 0)::int, count(*)
    FROM (
        SELECT organization_id, month, lag(month) OVER (
            PARTITION BY organization_id, member_id ORDER BY month) AS before
        FROM (
            SELECT DISTINCT one.id AS organization_id, done.member_id, done.month
            FROM member_months AS done
            JOIN counted_leaves AS leaf ON leaf.organization_id = done.community_id
            CROSS JOIN LATERAL unnest(leaf.above || done.community_id || done.employer_id)
                AS one (id)
        ) AS served
    ) AS following
    GROUP BY 1, 3, 6"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "counted_leaves",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column(
            "above",
            postgresql.ARRAY(sa.Uuid()),
            nullable=False,
            comment="root first, without itself",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_counted_leaves_organization_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_counted_leaves")),
    )
    op.create_table(
        "counter_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("figure", sa.String(20), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("category", sa.String(60), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_counter_changes_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_changes")),
    )
    op.create_index(
        op.f("ix_counter_changes_organization_id"), "counter_changes", ["organization_id"]
    )
    for place in PLACES:
        op.drop_index(f"ix_member_months_{place}", table_name="member_months")
    op.create_index("ix_member_months_member_id", "member_months", ["member_id"])
    _say(BUCKET, HOURS)
    for statement in (LEAVES, HEADCOUNTS, VOTES, LEVELS, ONCE):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(
        "DELETE FROM organization_months WHERE figure IN ('once', 'votes_valid', 'votes_satisfied',"
        " 'votes_raters', 'headcount', 'employers') OR organization_id NOT IN"
        " (SELECT id FROM organizations WHERE kind IN ('community', 'employer'))"
    )
    _say(HOURS, BUCKET)
    op.drop_index("ix_member_months_member_id", table_name="member_months")
    for place in PLACES:
        op.create_index(
            f"ix_member_months_{place}",
            "member_months",
            [place, "month"],
            postgresql_include=["member_id"],
        )
    op.drop_table("counter_changes")
    op.drop_table("counted_leaves")


def _say(now: str, before: str) -> None:
    """What the bucket's column says of itself."""
    op.alter_column("organization_months", "bucket", comment=now, existing_comment=before)
