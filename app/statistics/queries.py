"""What a page of figures asks of the database: one statement for all its organizations.

Communities, employers and the levels above them are read from the summaries, by lineage; grids and
branches, which have few rows, from the source rows by the SQL that makes the summaries. A row a
unit: `cells` [figure, key, bucket, number], `served` [month or null, people], `came` [month, people
who came less who left], `staff` the same of the employers below, `headcount` of these, `people`
[month, key, at least so many people], `votes` [valid, satisfied, raters] of what is shown anyway.
"""

# ruff: noqa: S608 - constants of this module and of `sources` make its statements, nothing else

from collections.abc import Mapping
from functools import cache

from app.core.prepared import Prepared
from app.statistics.binding import bound, prepared
from app.statistics.figures import COUNTS, PEOPLE
from app.statistics.sources import BRANCHES, GRIDS, Places, Subject, counters

# What a line of each breakdown is keyed by, and which rows it is made of.
KEYS: Mapping[str, str] = {
    "month": "{of}.month",
    "kind": "{of}.kind",
    "category": "{of}.category",
}
ROWS: Mapping[str, str] = {"month": "kind <> ''", "kind": "kind <> ''", "category": "kind = ''"}
JSON = ("cells", "served", "came", "staff", "votes", "people")
SHOWN = f"figure IN ({', '.join(repr(figure) for figure in (*PEOPLE, *COUNTS, 'routed'))})"
NET = "sum(CASE {of}.figure WHEN 'joined' THEN {of}.number ELSE -{of}.number END)"
NO_STAFF = "'[]'::jsonb AS staff"
_ROWS = "coalesce((SELECT jsonb_agg(jsonb_build_array({columns})) FROM ({rows}) AS {name}), '[]')"


def _listed(name: str, columns: str, rows: str) -> str:
    return _ROWS.format(name=name, columns=columns, rows=rows) + f" AS {name}"


_HEADCOUNT = """
    SELECT leaf.unit_id, sum(coalesce(leaf.stated_headcount, (
        SELECT count(*) FROM members WHERE members.employer_id = leaf.id
        AND members.left_on IS NULL AND members.service_state = 'in_service')))::int AS people
    FROM leaf_of_employers AS leaf WHERE leaf.closed_on IS NULL GROUP BY 1"""


# Everything is grouped once for all units, from their leaves. A city has so many that the planner has
# to know it where most rows of the months are read: of `@>` it expects few leaves, of an unnested
# lineage all.
def _leaves(kind: str, *, are_many: bool) -> str:
    within = (
        "CROSS JOIN LATERAL unnest(leaf.lineage) AS unit (id) WHERE unit.id = ANY(:units)"
        if are_many
        else "JOIN unnest(:units) AS unit (id) ON leaf.lineage @> ARRAY[unit.id] WHERE true"
    )
    return f"""
        SELECT unit.id AS unit_id, leaf.id, leaf.stated_headcount, leaf.closed_on
        FROM organizations AS leaf {within} AND leaf.kind = '{kind}'"""


# Months are named one by one: of a range the planner of a statement that is prepared for good expects
# a few rows, and looks each of a city's hundred thousand up for itself.
WITHIN = "month = ANY (:months)"


def _months(leaves: str = "leaf") -> str:
    return (
        f"{leaves} AS leaf JOIN organization_months AS of_leaf ON of_leaf.organization_id = leaf.id"
    )


def _net(leaves: str) -> str:
    return f"""
        SELECT leaf.unit_id, of_leaf.month, {NET.format(of="of_leaf")} AS people
        FROM {_months(leaves)}
        WHERE of_leaf.figure IN ('joined', 'left') AND of_leaf.month < :until GROUP BY 1, 2"""


# Everybody once a month, and once in all of the period.
_SERVED = """
    SELECT unit_id, month, count(*) AS people FROM served_once GROUP BY 1, 2
    UNION ALL
    SELECT unit_id, NULL, count(*)
    FROM (SELECT DISTINCT unit_id, member_id FROM served_once) AS one GROUP BY 1"""


@cache
def of_summaries(kind: str, by: str, *, are_many: bool) -> Prepared:
    """Of units that are, or hold, leaves of this kind: `community` or `employer`.

    `are_many`: the units hold most leaves there are, so the whole table is read and not each leaf.
    """
    key = KEYS[by].format(of="of_leaf")
    is_above = kind == "community"
    within = f"of_leaf.{WITHIN} AND of_leaf.{ROWS[by]}"
    parts = {
        "cells": f"""
            SELECT leaf.unit_id, of_leaf.figure, {key} AS key, of_leaf.bucket,
                   sum(of_leaf.number) AS number
            FROM {_months("one_of_many")} WHERE {within} AND of_leaf.{SHOWN}
            GROUP BY 1, 2, 3, 4""",
        "served_once": f"""
            SELECT DISTINCT leaf.unit_id, served.month, served.member_id
            FROM one_of_many AS leaf JOIN member_months AS served ON served.{kind}_id = leaf.id
             AND served.{WITHIN}""",
        "served": _SERVED,
        "came": _net("leaf"),
        "staff": _net("leaf_of_employers"),
        "people": f"""
            SELECT leaf.unit_id, of_leaf.month, {key} AS key, sum(of_leaf.number) AS people
            FROM {_months()} WHERE {within} AND of_leaf.figure = 'servers' GROUP BY 1, 2, 3""",
        "headcount": _HEADCOUNT,
        "votes": """
            SELECT leaf.unit_id, sum(shown.valid)::int AS valid,
                   sum(shown.satisfied)::int AS satisfied, sum(shown.raters)::int AS raters
            FROM leaf JOIN shown_votes AS shown ON shown.subject_id = leaf.id
            WHERE shown.until_on >= :voted_since GROUP BY 1""",
    }
    leaves = {
        "leaf": _leaves(kind, are_many=False),
        "one_of_many": _leaves(kind, are_many=are_many),
        "leaf_of_employers": _leaves("employer", are_many=False),
    }
    ctes = ", ".join(
        [f"{name} AS NOT MATERIALIZED ({rows})" for name, rows in leaves.items()]
        + [f"{name} AS MATERIALIZED ({rows})" for name, rows in parts.items()]
    )

    def listed(name: str, columns: str) -> str:
        return _listed(name, columns, f"SELECT * FROM {name} WHERE unit_id = unit.id")

    sql = f"""
        WITH {ctes}
        SELECT unit.id, {listed("cells", "figure, key, bucket, number")},
               {listed("served", "month, people")},
               {listed("came", "month, people")},
               {listed("staff", "month, people") if is_above else NO_STAFF},
               {listed("people", "month, key, people")},
               (SELECT people FROM headcount WHERE unit_id = unit.id) AS headcount,
               (SELECT jsonb_build_array(valid, satisfied, raters) FROM votes
                WHERE unit_id = unit.id) AS votes
        FROM unnest(:units) AS unit (id)"""
    return prepared(sql, *JSON)


@cache
def of_sources(kind: str, by: str) -> Prepared:
    """Of units within one of `above`: `grid`s of a community, `branch`es of an employer."""
    places: Places = GRIDS if kind == "grid" else BRANCHES
    subjects = [each for each in places if each is not Subject.MEMBER]
    counted = " UNION ALL ".join(counters(places, each) for each in subjects)
    came = counters(places, Subject.MEMBER).replace(":since", "DATE '2000-01-01'")
    key = KEYS[by].format(of="counted")
    place = places[Subject.SERVICE]
    sql = f"""
        WITH counted AS ({counted}), came AS ({came}),
        served AS (
            SELECT {place.column} AS id, date_trunc('month', s.served_on)::date AS month,
                   count(DISTINCT s.member_id) AS people
            FROM service_records AS s {place.joins}
            WHERE s.status = 'approved' AND s.served_on >= :since AND s.served_on < :until
              AND {place.only}
            GROUP BY GROUPING SETS ((1, 2), (1))
        )
        SELECT unit.id,
               {
        _listed(
            "cells",
            "figure, key, bucket, number",
            f'''
                   SELECT figure, {key} AS key, bucket, sum(number) AS number FROM counted
                   WHERE organization_id = unit.id AND {SHOWN} AND {ROWS[by]} GROUP BY 1, 2, 3''',
        )
    },
               {
        _listed(
            "served",
            "month, people",
            '''
                   SELECT month, people FROM served WHERE served.id = unit.id''',
        )
    },
               {
        _listed(
            "came",
            "month, people",
            f'''
                   SELECT month, {NET.format(of="came")} AS people FROM came
                   WHERE organization_id = unit.id GROUP BY 1''',
        )
    },
               {NO_STAFF}, '[]'::jsonb AS people, NULL::int AS headcount, NULL::jsonb AS votes
        FROM unnest(:units) AS unit (id)"""
    return prepared(sql, *JSON)


# Every community and employer under the same root, for deciding what is hidden: [kind, id, lineage,
# people at the end, [[month, people who served]]].
LEAVES = bound("""
    (SELECT jsonb_agg(jsonb_build_array(leaf.kind, leaf.id, leaf.lineage, coalesce(counted.people, 0),
                                        coalesce(counted.months, '[]')))
    FROM organizations AS leaf
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows,
               sum(CASE figure WHEN 'joined' THEN number WHEN 'left' THEN -number END)::int AS people,
               jsonb_agg(jsonb_build_array(to_char(month, 'YYYY-MM'), number))
                   FILTER (WHERE figure = 'served') AS months
        FROM organization_months
        WHERE organization_id = leaf.id AND month < :until AND figure IN ('joined', 'left', 'served')
          AND (figure <> 'served' OR month >= :since)
    ) AS counted
    WHERE leaf.kind IN ('community', 'employer') AND leaf.lineage[1] = organizations.lineage[1]
      AND (leaf.closed_on IS NULL OR counted.rows > 0))""")
