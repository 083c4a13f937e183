"""The statements of a division import: set-based, over two tables that live one transaction.

`division_rows` is the file as it came; `division_plan` has each line beside the organization that
carries its code (`was_…`), with the id, parent and lineage it will have.
"""

from sqlalchemy import text

DROP_ROWS = text("DROP TABLE IF EXISTS division_rows")
CREATE_ROWS = text("""
CREATE TEMPORARY TABLE division_rows (
    line integer NOT NULL, code varchar(20) NOT NULL, name varchar(100) NOT NULL,
    kind varchar(40) NOT NULL, rank integer NOT NULL, parent_code varchar(20),
    position integer NOT NULL, community_kind varchar(20), fresh uuid NOT NULL
) ON COMMIT DROP
""")
INDEX_ROWS = text("CREATE INDEX ON division_rows (code)")
ANALYZE_ROWS = text("ANALYZE division_rows")

# Errors that only show when all lines are there: (line, column, code), first lines first.
ERRORS = text("""
SELECT line, fault FROM (
    SELECT line, 'duplicate_code' AS fault
    FROM (
        SELECT line, row_number() OVER (PARTITION BY code ORDER BY line) AS turn FROM division_rows
    ) turns
    WHERE turn > 1
    UNION ALL
    SELECT r.line, 'missing_parent'
    FROM division_rows r
    WHERE CASE WHEN r.parent_code IS NULL
        THEN r.rank > (SELECT min(rank) FROM division_rows)
        ELSE NOT EXISTS (SELECT FROM division_rows p WHERE p.code = r.parent_code) END
    UNION ALL
    SELECT r.line, 'wrong_level'
    FROM division_rows r
    WHERE r.parent_code IS NOT NULL
        AND (SELECT max(p.rank) FROM division_rows p WHERE p.code = r.parent_code) >= r.rank
) found
ORDER BY line, fault
""")

DROP_PLAN = text("DROP TABLE IF EXISTS division_plan")
CREATE_PLAN = text("""
CREATE TEMPORARY TABLE division_plan (
    line integer NOT NULL, code varchar(20) NOT NULL, name varchar(100) NOT NULL,
    kind varchar(40) NOT NULL, rank integer NOT NULL, position integer NOT NULL,
    community_kind varchar(20), fresh uuid NOT NULL, id uuid NOT NULL, parent_id uuid,
    lineage uuid[] NOT NULL, is_root boolean NOT NULL, is_known boolean NOT NULL, was_name varchar(100),
    was_parent_id uuid, was_lineage uuid[]
) ON COMMIT DROP
""")
# One level after the other, so that a parent's lineage stands before its children ask for it.
# A root stays where it hangs already: the tree may have grown above it.
FILL_PLAN = text("""
INSERT INTO division_plan
SELECT r.line, r.code, r.name, r.kind, r.rank, r.position, r.community_kind, r.fresh,
    coalesce(o.id, r.fresh), coalesce(p.id, o.parent_id),
    coalesce(p.lineage || coalesce(o.id, r.fresh), o.lineage, ARRAY[r.fresh]),
    r.parent_code IS NULL, o.id IS NOT NULL, o.name, o.parent_id, o.lineage
FROM division_rows r
LEFT JOIN organizations o ON o.kind = r.kind AND o.code = r.code AND o.closed_on IS NULL
LEFT JOIN division_plan p ON p.code = r.parent_code
WHERE r.rank = :rank
""")
INDEX_PLAN = text("CREATE UNIQUE INDEX ON division_plan (id)")
INDEX_PLAN_CODE = text("CREATE INDEX ON division_plan (code)")
ANALYZE_PLAN = text("ANALYZE division_plan")

COUNTS = text("""
SELECT count(*) AS rows,
    count(*) FILTER (WHERE NOT is_known) AS added,
    count(*) FILTER (WHERE is_known AND name <> was_name) AS renamed,
    count(*) FILTER (WHERE is_known AND parent_id IS DISTINCT FROM was_parent_id) AS moved,
    count(*) FILTER (
        WHERE is_known AND name = was_name AND parent_id IS NOT DISTINCT FROM was_parent_id
    ) AS unchanged,
    count(*) FILTER (WHERE is_known AND lineage <> was_lineage) AS shifted
FROM division_plan
""")
CHANGES = text("""
SELECT p.line, p.code, p.name, p.was_name, was.name AS was_parent_name, step.change
FROM division_plan p
LEFT JOIN organizations was ON was.id = p.was_parent_id
CROSS JOIN LATERAL (
    SELECT 'added' AS change WHERE NOT p.is_known
    UNION ALL
    SELECT 'renamed' WHERE p.is_known AND p.name <> p.was_name
    UNION ALL
    SELECT 'moved' WHERE p.is_known AND p.parent_id IS DISTINCT FROM p.was_parent_id
) step
ORDER BY step.change DESC, p.line
LIMIT :most
""")

# Below the file's roots, of the levels that the file has, and not in it. `is_used`: something that
# lives below it neither vanishes with it nor leaves it with a division that moves.
DROP_VANISHED = text("DROP TABLE IF EXISTS division_vanished")
CREATE_VANISHED = text("""
CREATE TEMPORARY TABLE division_vanished ON COMMIT DROP AS
SELECT o.id, o.code, o.name, o.kind, false AS is_used
FROM organizations o
WHERE o.closed_on IS NULL
    AND o.kind IN (SELECT DISTINCT kind FROM division_plan)
    AND o.lineage && (SELECT array_agg(id) FROM division_plan WHERE is_root AND is_known)
    AND NOT EXISTS (SELECT FROM division_plan p WHERE p.id = o.id)
""")
MARK_USED = text("""
UPDATE division_vanished v SET is_used = true
WHERE EXISTS (
    SELECT FROM organizations o
    WHERE o.lineage && ARRAY[v.id] AND o.closed_on IS NULL
        AND NOT EXISTS (SELECT FROM division_vanished w WHERE w.id = o.id)
        AND NOT EXISTS (
            SELECT FROM division_plan p WHERE p.id = ANY (o.lineage) AND p.was_lineage && ARRAY[v.id]
        )
)
""")
VANISHED = text("""
SELECT code, name, is_used FROM division_vanished ORDER BY code, name LIMIT :most
""")
COUNT_VANISHED = text("""
SELECT count(*) AS vanished, count(*) FILTER (WHERE is_used) AS in_use FROM division_vanished
""")

ROOTS = text("SELECT line, id, is_known FROM division_plan WHERE is_root ORDER BY line")
FOREIGN = text("""
SELECT line FROM division_plan
WHERE is_known AND NOT was_lineage && (SELECT array_agg(id) FROM division_plan WHERE is_root)
ORDER BY line
""")
# What the plan was compared with: when it is the same again, the plan is the same again.
STATE = text("""
SELECT encode(sha256(convert_to(coalesce(string_agg(entry, ' ' ORDER BY entry), ''), 'UTF8')), 'hex')
FROM (
    SELECT id || '|' || was_name || '|' || coalesce(was_parent_id::text, '') AS entry
    FROM division_plan WHERE is_known
    UNION ALL
    SELECT id || '|' || is_used FROM division_vanished
) entries
""")
FILE_ROWS = text("""
SELECT line, code, name, kind, rank, parent_code, position, community_kind FROM division_rows
ORDER BY line
""")

# Level after level, the tree measured after each: every new row asks for its parent and every code for
# its organization, and PostgreSQL plans that by what it believes the size to be. An autovacuum that
# looks in between, or one that has seen an import come to nothing, makes it believe "no rows", so that
# it reads a whole index for each. Until the end of the transaction nobody else measures.
ADD = text("""
INSERT INTO organizations (
    id, parent_id, lineage, kind, name, code, position, community_kind, takes_part, opened_on,
    version, created_at, updated_at
)
SELECT id, parent_id, lineage, kind, name, code, position, community_kind, false, CAST(:today AS date), 1,
    CAST(:now AS timestamptz), CAST(:now AS timestamptz)
FROM division_plan WHERE NOT is_known AND rank = :rank
ORDER BY line
""")
ANALYZE_TREE = text("ANALYZE organizations")
ADD_CODES = text("""
INSERT INTO organization_codes (id, organization_id, code, name, valid_from)
SELECT fresh, id, code, name, CAST(:today AS date) FROM division_plan
WHERE NOT is_known OR name <> was_name
""")
END_CODES = text("""
UPDATE organization_codes c SET valid_to = :today
FROM division_plan p
WHERE c.organization_id = p.id AND c.valid_to IS NULL AND p.is_known AND p.name <> p.was_name
""")
CHANGE = text("""
UPDATE organizations o
SET name = p.name, parent_id = p.parent_id, lineage = p.lineage, updated_at = :now,
    version = o.version
        + (p.name <> p.was_name OR p.parent_id IS DISTINCT FROM p.was_parent_id)::integer
FROM division_plan p
WHERE o.id = p.id AND p.is_known AND (p.name <> p.was_name OR p.lineage <> p.was_lineage)
""")
# Whatever hangs below a shifted division (grids, branches, employers, vanished divisions) follows
# the nearest one above it that is in the file.
FOLLOW = text("""
UPDATE organizations o
SET lineage = above.lineage || o.lineage[above.place + 1 :], updated_at = :now
FROM (
    SELECT DISTINCT ON (below.id) below.id, p.lineage, step.place
    FROM organizations below
    CROSS JOIN LATERAL unnest(below.lineage) WITH ORDINALITY AS step (id, place)
    JOIN division_plan p ON p.id = step.id
    WHERE below.lineage && (
            SELECT array_agg(id) FROM division_plan WHERE is_known AND lineage <> was_lineage
        )
        AND NOT EXISTS (SELECT FROM division_plan own WHERE own.id = below.id)
    ORDER BY below.id, step.place DESC
) above
WHERE o.id = above.id
""")
CLOSE = text("""
UPDATE organizations o SET closed_on = :today, updated_at = :now, version = o.version + 1
FROM division_vanished v
WHERE o.id = v.id AND NOT v.is_used
""")
CLOSE_CODES = text("""
UPDATE organization_codes c SET valid_to = :today
FROM division_vanished v
WHERE c.organization_id = v.id AND c.valid_to IS NULL AND NOT v.is_used
""")
