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
_SHOWN = f"figure IN ({', '.join(repr(figure) for figure in (*PEOPLE, *COUNTS, 'routed'))})"
_NET = "sum(CASE {of}.figure WHEN 'joined' THEN {of}.number ELSE -{of}.number END)"
NO_STAFF = "'[]'::jsonb AS staff"
_ROWS = "coalesce((SELECT jsonb_agg(jsonb_build_array({columns})) FROM ({rows}) AS {name}), '[]')"


def _listed(name: str, columns: str, rows: str) -> str:
    return _ROWS.format(name=name, columns=columns, rows=rows) + f" AS {name}"


def _below(kind: str) -> str:
    return (
        "organizations AS leaf JOIN organization_months AS of_leaf"
        f" ON of_leaf.organization_id = leaf.id AND leaf.kind = '{kind}'"
        " AND leaf.lineage @> ARRAY[unit.id]"
    )


def _net(kind: str) -> str:
    return f"""
        SELECT of_leaf.month, {_NET.format(of="of_leaf")} AS people FROM {_below(kind)}
        WHERE of_leaf.figure IN ('joined', 'left') AND of_leaf.month < :until GROUP BY 1"""


@cache
def of_summaries(kind: str, by: str) -> Prepared:
    """Of units that are, or hold, leaves of this kind: `community` or `employer`."""
    key = KEYS[by].format(of="of_leaf")
    is_above = kind == "community"
    cells = f"""
        SELECT of_leaf.figure, {key} AS key, of_leaf.bucket, sum(of_leaf.number) AS number
        FROM {_below(kind)}
        WHERE of_leaf.month >= :since AND of_leaf.month < :until AND of_leaf.{_SHOWN}
          AND of_leaf.{ROWS[by]}
        GROUP BY 1, 2, 3"""
    served = f"""
        SELECT served.month, count(DISTINCT served.member_id) AS people
        FROM organizations AS leaf JOIN member_months AS served
          ON served.{kind}_id = leaf.id AND leaf.kind = '{kind}'
         AND leaf.lineage @> ARRAY[unit.id]
        WHERE served.month >= :since AND served.month < :until
        GROUP BY GROUPING SETS ((served.month), ())"""
    headcount = """
        SELECT sum(coalesce(leaf.stated_headcount, (
            SELECT count(*) FROM members WHERE members.employer_id = leaf.id
            AND members.left_on IS NULL AND members.service_state = 'in_service')))::int
        FROM organizations AS leaf
        WHERE leaf.kind = 'employer' AND leaf.lineage @> ARRAY[unit.id] AND leaf.closed_on IS NULL"""
    people = f"""
        SELECT of_leaf.month, {key} AS key, sum(of_leaf.number) AS people
        FROM {_below(kind)}
        WHERE of_leaf.figure = 'servers' AND of_leaf.month >= :since AND of_leaf.month < :until
          AND of_leaf.{ROWS[by]}
        GROUP BY 1, 2"""
    votes = f"""
        SELECT sum(shown.valid)::int AS valid, sum(shown.satisfied)::int AS satisfied,
               sum(shown.raters)::int AS raters
        FROM organizations AS leaf JOIN shown_votes AS shown ON shown.subject_id = leaf.id
        WHERE leaf.kind = '{kind}' AND leaf.lineage @> ARRAY[unit.id]
          AND shown.until_on >= :voted_since"""
    staff = _listed("staff", "month, people", _net("employer")) if is_above else NO_STAFF
    sql = f"""
        SELECT unit.id, {_listed("cells", "figure, key, bucket, number", cells)},
               {_listed("served", "month, people", served)},
               {_listed("came", "month, people", _net(kind))},
               {staff},
               {_listed("people", "month, key, people", people)},
               ({headcount}) AS headcount,
               (SELECT jsonb_build_array(valid, satisfied, raters) FROM ({votes}) AS pooled) AS votes
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
                   WHERE organization_id = unit.id AND {_SHOWN} AND {ROWS[by]} GROUP BY 1, 2, 3''',
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
                   SELECT month, {_NET.format(of="came")} AS people FROM came
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
    LEFT JOIN (
        SELECT organization_id,
               sum(CASE figure WHEN 'joined' THEN number WHEN 'left' THEN -number END)::int AS people,
               jsonb_agg(jsonb_build_array(to_char(month, 'YYYY-MM'), number))
                   FILTER (WHERE figure = 'served') AS months
        FROM organization_months
        WHERE month < :until AND (figure IN ('joined', 'left') OR figure = 'served' AND month >= :since)
        GROUP BY organization_id
    ) AS counted ON counted.organization_id = leaf.id
    WHERE leaf.kind IN ('community', 'employer') AND leaf.lineage[1] = organizations.lineage[1]
      AND (leaf.closed_on IS NULL OR counted.organization_id IS NOT NULL))""")
