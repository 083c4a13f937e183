"""What a page of figures asks of the database: one statement for all its organizations.

Communities, employers and the levels above them are read from the summaries, each from its own;
grids and branches, which have few rows, from the source rows by the SQL that makes the summaries. A row a
unit: `cells` [figure, key, bucket, number], `served` [month or null, people], `came` [month, people
who came less who left], `staff` the same of the employers below, `headcount` of these, `people`
[month, key, at least so many people], `votes` [valid, satisfied, raters] of what is shown anyway.
"""

# ruff: noqa: S608 - constants of this module and of `sources` make its statements, nothing else

from collections.abc import Mapping
from functools import cache

from app.core.prepared import Prepared
from app.statistics import stored
from app.statistics.above import STAFF
from app.statistics.binding import prepared
from app.statistics.figures import COUNTS, PEOPLE
from app.statistics.once import IS_FIRST
from app.statistics.sources import BRANCHES, GRIDS, VOTES_SHOWN, Places, Subject, counters

# What a line of each breakdown is keyed by, and which rows it is made of; `all` is one line.
KEYS: Mapping[str, str] = {
    "month": "{of}.month",
    "kind": "{of}.kind",
    "category": "{of}.category",
    "all": "''",
}
ROWS: Mapping[str, str] = {
    **dict.fromkeys(("month", "kind", "all"), "kind <> ''"),
    "category": "kind = ''",
}
JSON = ("cells", "served", "came", "staff", "votes", "people")
SHOWN = f"figure IN ({', '.join(repr(figure) for figure in (*PEOPLE, *COUNTS, 'routed'))})"
NET = "sum(CASE {of}.figure WHEN 'joined' THEN {of}.number ELSE -{of}.number END)"
NO_STAFF = "'[]'::jsonb AS staff"
_ROWS = "coalesce((SELECT jsonb_agg(jsonb_build_array({columns})) FROM ({rows}) AS {name}), '[]')"


def _listed(name: str, columns: str, rows: str) -> str:
    return _ROWS.format(name=name, columns=columns, rows=rows) + f" AS {name}"


# Months are named one by one: of a range the planner of a statement that is prepared for good expects
# a few rows.
WITHIN = "counter.month = ANY (:months)"


def of_each(units: str, where: str, *, key: str = "kind") -> str:
    """The counters of each unit, with its id as `unit_id`; see `stored`. `key`: `kind` or `category`.

    An index holds all that is asked for, but for `category`.
    """
    found = stored.counters("unit.id", where)
    return f"""
        SELECT unit.id AS unit_id, stored.figure, stored.month, stored.{key}, stored.bucket,
               stored.number
        FROM {units} AS unit CROSS JOIN LATERAL ({found}) AS stored"""


def summaries(units: str) -> Mapping[str, str]:
    """What is read of each of these units beside its cells, as CTEs; `units`: a table with their ids."""
    return {
        "once": of_each(units, f"counter.figure = 'once' AND {WITHIN}"),
        "served": f"""
            SELECT unit_id, month, sum(number) AS people FROM once GROUP BY 1, 2
            UNION ALL
            SELECT unit_id, NULL, sum(number) FROM once WHERE {IS_FIRST.format(of="once")} GROUP BY 1""",
        **{
            name: f"""
            SELECT moved.unit_id, moved.month, sum(
                CASE moved.figure WHEN '{prefix}joined' THEN moved.number ELSE -moved.number END
            ) AS people
            FROM ({
                of_each(
                    units,
                    f"counter.figure IN ('{prefix}joined', '{prefix}left')"
                    " AND counter.month < :until",
                )
            }) AS moved GROUP BY 1, 2"""
            for name, prefix in (("came", ""), ("staff", STAFF))
        },
        "headcount": f"""
            SELECT unit_id, coalesce(sum(number) FILTER (WHERE figure LIKE '%headcount'), 0)::int
                AS headcount
            FROM ({
            of_each(
                units,
                "counter.figure IN ('headcount', 'employers', 'staff_headcount', 'staff_employers')",
            )
        }) AS stated GROUP BY 1
            HAVING sum(number) FILTER (WHERE figure LIKE '%employers') > 0""",
        "votes": f"""
            SELECT unit.id AS unit_id,
                   jsonb_build_array(shown.valid, shown.satisfied, shown.raters) AS votes
            FROM {units} AS unit
            JOIN organizations AS employer ON employer.id = unit.id AND employer.kind = 'employer'
            JOIN shown_votes AS shown ON shown.subject_id = unit.id
            WHERE shown.until_on >= :voted_since
            UNION ALL
            SELECT unit_id, jsonb_build_array({
            ", ".join(
                f"coalesce(sum(number) FILTER (WHERE figure = '{figure}'), 0)"
                for figure in VOTES_SHOWN
            )
        })
            FROM ({
            of_each(
                units,
                f"counter.figure IN ({', '.join(repr(each) for each in VOTES_SHOWN)})"
                " AND counter.month >= :voted_since",
            )
        }) AS shown GROUP BY 1""",
    }


@cache
def of_summaries(by: str) -> Prepared:
    """Of units that are, or hold, communities or employers."""
    key, within = KEYS[by].format(of="counter"), f"{WITHIN} AND {ROWS[by]}"
    column = "category" if by == "category" else "kind"
    parts = {
        "unit": "SELECT id FROM unnest(:units) AS unit (id)",
        "cells": f"""
            SELECT unit_id, figure, {key} AS key, bucket, sum(number) AS number
            FROM ({of_each("unit", f"{within} AND counter.{SHOWN}", key=column)}) AS counter
            GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0""",
        "people": f"""
            SELECT unit_id, month, {key} AS key, sum(number) AS people
            FROM ({of_each("unit", f"{within} AND counter.figure = 'servers'", key=column)}) AS counter
            GROUP BY 1, 2, 3 HAVING sum(number) <> 0""",
        **summaries("unit"),
    }
    ctes = ", ".join(f"{name} AS MATERIALIZED ({rows})" for name, rows in parts.items())

    def listed(name: str, columns: str) -> str:
        return _listed(name, columns, f"SELECT * FROM {name} WHERE unit_id = unit.id")

    sql = f"""
        WITH {ctes}
        SELECT unit.id, {listed("cells", "figure, key, bucket, number")},
               {listed("served", "month, people")},
               {listed("came", "month, people")},
               {listed("staff", "month, people")},
               {listed("people", "month, key, people")},
               (SELECT headcount FROM headcount WHERE unit_id = unit.id) AS headcount,
               (SELECT votes FROM votes WHERE unit_id = unit.id) AS votes
        FROM unit"""
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
