"""What a page about one organization asks of the database: one statement for it and what stands below.

The summaries of each are its own, so the page costs the same however many communities and members stand
below it. A row a unit, as those of `queries`, the organization's own first and then those directly below
in the order of codes; beside `cells`, which are by month, its own has `kinds`. Of those below, `cells`
and `served` are of all months together.
"""

# ruff: noqa: S608 - constants of this module and of its neighbours make its statement, nothing else

from functools import cache

from app.core.prepared import Prepared
from app.statistics.binding import prepared
from app.statistics.queries import JSON, SHOWN, WITHIN, of_each, summaries

_BELOW = """
    SELECT id, kind, name, coalesce(code, '') AS code FROM organizations
    WHERE parent_id = :organization_id AND kind = :kind AND closed_on IS NULL {after}
    ORDER BY coalesce(code, ''), id LIMIT :most"""
_AFTER = "AND (coalesce(code, ''), id) > (:code, :id)"
_UNIT = """
    SELECT id, kind, name, '' AS code, false AS is_below
    FROM organizations WHERE id = :organization_id
    UNION ALL SELECT id, kind, name, code, true FROM below"""
_KINDS = f"{WITHIN} AND counter.kind <> ''"
# What is listed of each unit: its columns, and the rows.
_LISTS = {
    "cells": (
        "figure, month, bucket, number",
        """
        SELECT unit_id, figure, month, bucket, sum(number) AS number
        FROM counted WHERE figure <> 'servers' GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0
        UNION ALL SELECT unit_id, figure, NULL, bucket, number FROM counted_below""",
    ),
    "kinds": (
        "figure, kind, bucket, number",
        """
        SELECT unit_id, figure, kind, bucket, sum(number) AS number
        FROM counted WHERE figure <> 'servers' GROUP BY 1, 2, 3, 4
        HAVING sum(number) <> 0""",
    ),
    "people": (
        "month, kind, people",
        """
        SELECT unit_id, month, kind, sum(number) AS people
        FROM counted WHERE figure = 'servers' GROUP BY 1, 2, 3
        HAVING sum(number) <> 0""",
    ),
    "served": (
        "month, people",
        "SELECT * FROM served WHERE month IS NULL OR unit_id = :organization_id",
    ),
    "came": ("month, people", "SELECT * FROM came"),
    "staff": ("month, people", "SELECT * FROM staff"),
}


@cache
def of_level(*, is_continued: bool) -> Prepared:
    """Of an organization that is, or stands above, communities or employers."""
    parts = {
        "below": _BELOW.format(after=_AFTER if is_continued else ""),
        "unit": _UNIT,
        "own": "SELECT id FROM unit WHERE NOT is_below",
        "counted": of_each("own", f"{_KINDS} AND (counter.{SHOWN} OR counter.figure = 'servers')"),
        "counted_below": f"""
            SELECT unit_id, figure, bucket, sum(number) AS number
            FROM ({of_each("below", f"{_KINDS} AND counter.{SHOWN}")}) AS each
            GROUP BY 1, 2, 3 HAVING sum(number) <> 0""",
        **summaries("unit"),
    }
    named = ", ".join(f"{name} AS MATERIALIZED ({rows})" for name, rows in parts.items())
    lists = ", ".join(
        f"listed_{name} AS (SELECT unit_id, jsonb_agg(jsonb_build_array({columns})) AS {name}"
        f" FROM ({rows}) AS each GROUP BY 1)"
        for name, (columns, rows) in _LISTS.items()
    )
    listed = ", ".join(f"coalesce({name}, '[]') AS {name}" for name in _LISTS)
    joined = [*(f"listed_{name}" for name in _LISTS), "headcount", "votes"]
    sql = f"""
        WITH {named}, {lists}
        SELECT unit.id, unit.kind, unit.name, unit.code, headcount, votes, {listed}
        FROM unit
        {" ".join(f"LEFT JOIN {name} ON {name}.unit_id = unit.id" for name in joined)}
        ORDER BY unit.is_below, unit.code, unit.id"""
    return prepared(sql, *JSON, "kinds")
