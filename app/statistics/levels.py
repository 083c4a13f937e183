"""What a page about one organization asks of the database: one statement for it and what stands below.

The summaries of its leaves are read once, and summed by month, by kind, and by which of those below
they stand under. A row a unit, as those of `queries`, the organization's own first and then those
directly below in the order of codes; beside `cells`, which are by month, its own has `kinds`. Of those
below, `cells` and `served` are of all months together.
"""

# ruff: noqa: S608 - constants of this module and of its neighbours make its statement, nothing else

from functools import cache

from app.core.prepared import Prepared
from app.statistics.binding import prepared
from app.statistics.queries import JSON, NET, SHOWN, WITHIN

_BELOW = """
    SELECT id, kind, name, coalesce(code, '') AS code FROM organizations
    WHERE parent_id = :organization_id AND kind = :kind AND closed_on IS NULL {after}
    ORDER BY coalesce(code, ''), id LIMIT :most"""
_AFTER = "AND (coalesce(code, ''), id) > (:code, :id)"


# All at or below the organization; `unit_id`: under which of those on the page.
_LEAF = """
    SELECT leaf.id, leaf.kind, leaf.stated_headcount, leaf.closed_on, below.id AS unit_id
    FROM organizations AS leaf LEFT JOIN below ON below.id = leaf.lineage[:depth]
    WHERE leaf.kind IN ('community', 'employer') AND leaf.lineage @> ARRAY[:organization_id]"""
# Leaf by leaf, so that of all their months only these rows are read.
_NET_ROWS = f"""
    SELECT leaf.kind, leaf.unit_id, moved.month, sum(moved.people) AS people
    FROM leaf CROSS JOIN LATERAL (
        SELECT counter.month, {NET.format(of="counter")} AS people
        FROM organization_months AS counter
        WHERE counter.organization_id = leaf.id AND counter.figure IN ('joined', 'left')
          AND counter.month < :until GROUP BY 1
    ) AS moved GROUP BY 1, 2, 3"""
_STATED = """
    SELECT leaf.unit_id, sum(coalesce(leaf.stated_headcount, listed.people, 0))::int AS people
    FROM leaf LEFT JOIN (
        SELECT employer_id, count(*) AS people FROM members
        WHERE employer_id IN (SELECT id FROM leaf WHERE kind = 'employer')
          AND left_on IS NULL AND service_state = 'in_service' GROUP BY 1
    ) AS listed ON listed.employer_id = leaf.id
    WHERE leaf.kind = 'employer' AND leaf.closed_on IS NULL GROUP BY 1"""


def _both(rows: str) -> str:
    """Each row twice: of the organization itself, and of what stands below it."""
    return (
        f"{rows} AS each"
        " CROSS JOIN LATERAL (VALUES (:organization_id), (each.unit_id)) AS of (unit_id)"
    )


def _listed(name: str, columns: str, rows: str) -> str:
    return f"""{name} AS (
        SELECT unit_id, jsonb_agg(jsonb_build_array({columns})) AS {name}
        FROM ({rows}) AS each GROUP BY 1)"""


@cache
def of_level(leaf: str, *, is_continued: bool) -> Prepared:
    """Of an organization that is, or stands above, leaves of this kind: `community` or `employer`."""
    parts = {
        "below": _BELOW.format(after=_AFTER if is_continued else ""),
        "leaf": _LEAF,
        "counted": f"""
            SELECT leaf.unit_id, counter.figure, counter.month, counter.kind, counter.bucket,
                   sum(counter.number) AS number
            FROM leaf JOIN organization_months AS counter ON counter.organization_id = leaf.id
            WHERE leaf.kind = '{leaf}' AND counter.{WITHIN} AND counter.kind <> ''
              AND (counter.{SHOWN} OR counter.figure = 'servers')
            GROUP BY 1, 2, 3, 4, 5""",
        "figures": "SELECT * FROM counted WHERE figure <> 'servers'",
        "served_once": f"""
            SELECT leaf.unit_id, done.month, done.member_id
            FROM leaf JOIN member_months AS done ON done.{leaf}_id = leaf.id
            WHERE leaf.kind = '{leaf}' AND done.{WITHIN}""",
        "served_below": "SELECT DISTINCT unit_id, member_id FROM served_once",
        "net": _NET_ROWS,
        "stated": _STATED,
        "voted": f"""
            SELECT leaf.unit_id, sum(shown.valid) AS valid, sum(shown.satisfied) AS satisfied,
                   sum(shown.raters) AS raters
            FROM leaf JOIN shown_votes AS shown ON shown.subject_id = leaf.id
            WHERE leaf.kind = '{leaf}' AND shown.until_on >= :voted_since GROUP BY 1""",
        "headcount": f"""
            SELECT of.unit_id, sum(people)::int AS headcount FROM {_both("stated")}
            GROUP BY 1""",
        "votes": f"""
            SELECT of.unit_id, jsonb_build_array(sum(valid), sum(satisfied), sum(raters)) AS votes
            FROM {_both("voted")} GROUP BY 1""",
    }
    lists = (
        _listed(
            "cells",
            "figure, month, bucket, number",
            """
            SELECT :organization_id AS unit_id, figure, month, bucket, sum(number) AS number
            FROM figures GROUP BY 2, 3, 4
            UNION ALL
            SELECT unit_id, figure, NULL, bucket, sum(number) FROM figures GROUP BY 1, 2, 4""",
        ),
        _listed(
            "kinds",
            "figure, kind, bucket, number",
            """
            SELECT :organization_id AS unit_id, figure, kind, bucket, sum(number) AS number
            FROM figures GROUP BY 2, 3, 4""",
        ),
        _listed(
            "people",
            "month, kind, people",
            """
            SELECT :organization_id AS unit_id, month, kind, sum(number) AS people
            FROM counted WHERE figure = 'servers' GROUP BY 2, 3""",
        ),
        _listed(
            "served",
            "month, people",
            """
            SELECT :organization_id AS unit_id, month, count(*) AS people
            FROM (SELECT DISTINCT month, member_id FROM served_once) AS one GROUP BY 2
            UNION ALL
            SELECT :organization_id, NULL, count(*)
            FROM (SELECT DISTINCT member_id FROM served_below) AS one
            UNION ALL
            SELECT unit_id, NULL, count(*) FROM served_below GROUP BY 1""",
        ),
        *(
            _listed(
                name,
                "month, people",
                f"""
            SELECT of.unit_id, month, sum(people) AS people FROM {_both("net")}
            WHERE each.kind = '{kind}' GROUP BY 1, 2""",
            )
            for name, kind in (("came", leaf), ("staff", "employer"))
        ),
    )
    named = ", ".join([*(f"{name} AS ({rows})" for name, rows in parts.items()), *lists])
    listed = ", ".join(f"coalesce({name}, '[]') AS {name}" for name in NAMES)
    sql = f"""
        WITH {named}
        SELECT unit.id, unit.kind, unit.name, unit.code, headcount, votes, {listed}
        FROM (
            SELECT id, kind, name, '' AS code, false AS is_below
            FROM organizations WHERE id = :organization_id
            UNION ALL SELECT id, kind, name, code, true FROM below
        ) AS unit
        {" ".join(f"LEFT JOIN {name} ON {name}.unit_id = unit.id" for name in (*NAMES, "headcount", "votes"))}
        ORDER BY unit.is_below, unit.code, unit.id"""
    return prepared(sql, *JSON, "kinds")


NAMES = ("cells", "kinds", "people", "served", "came", "staff")
