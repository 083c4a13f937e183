"""What stands above communities and employers counts the sums of their counters.

A level has each figure of the communities below it under the figure's own name, and of the employers
below it those that it shows, with `staff_` before the name. Who joined and left is not told apart by channel there. Both are sums, so of `served` somebody who
served in two communities is two; people once are counted in `once`.
"""

# ruff: noqa: S608 - constants of this module and of its callers make its SQL, nothing else

OF_STAFF = ("joined", "left", "served", "headcount", "employers")
STAFF = "staff_"
# As a leaf is counted: with what stands above it, without itself.
ABOVE = "trim_array(lineage, 1)"
IS_LEAF = (
    "organization_id IN (SELECT id FROM organizations WHERE kind IN ('community', 'employer'))"
)
_STAFF = ", ".join(f"'{figure}'" for figure in OF_STAFF)


def above(rows: str, places: str = "counted_leaves") -> str:
    """The counters of leaves, once for each level that a leaf is counted under; not summed."""
    return f"""
        SELECT level.id AS organization_id,
               CASE place.kind WHEN 'employer' THEN '{STAFF}' ELSE '' END || of_leaf.figure AS figure,
               of_leaf.month,
               CASE WHEN of_leaf.figure IN ('joined', 'left') THEN '' ELSE of_leaf.kind END AS kind,
               of_leaf.category, of_leaf.bucket, of_leaf.number
        FROM {rows} AS of_leaf JOIN {places} AS place USING (organization_id)
        CROSS JOIN LATERAL unnest(place.above) AS level (id)
        WHERE of_leaf.figure <> 'once'
          AND (place.kind = 'community' OR of_leaf.figure IN ({_STAFF}))"""


KNOW = f"""
    INSERT INTO counted_leaves (organization_id, kind, above)
    SELECT id, kind, {ABOVE} FROM organizations
    WHERE kind IN ('community', 'employer') AND {{only}} ORDER BY id
    ON CONFLICT (organization_id)"""
KNOW_ALL = f"""{KNOW.format(only="true")}
    DO UPDATE SET above = excluded.above WHERE counted_leaves.above <> excluded.above"""
