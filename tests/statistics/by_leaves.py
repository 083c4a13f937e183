"""The figures of a page as the sums of its leaves: how they were read before levels had counters.

What stands here is slow and plain, and says what the pages have to say.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, case, func, null, select
from sqlalchemy.dialects.postgresql import JSONB

from app.core.prepared import Prepared, Reader
from app.models.organization import Organization
from app.organizations.kinds import EMPLOYER_UNITS
from app.permissions import Permission, grants, may
from app.policies import service as policies
from app.statistics import reading
from app.statistics.binding import bound, prepared, span
from app.statistics.hiding import LEAST, SUMMED, Hidden
from app.statistics.period import Period
from app.statistics.queries import JSON, KEYS, NO_STAFF, ROWS, SHOWN, of_sources
from app.statistics.suppression import Tree

P = Permission
WITHIN = "month = ANY (:months)"
NET = "sum(CASE {of}.figure WHEN 'joined' THEN {of}.number ELSE -{of}.number END)"
_ROWS = "coalesce((SELECT jsonb_agg(jsonb_build_array({columns})) FROM ({rows}) AS {name}), '[]')"


def _listed(name: str, columns: str, rows: str) -> str:
    return _ROWS.format(name=name, columns=columns, rows=rows) + f" AS {name}"


_HEADCOUNT = """
    SELECT leaf.unit_id, sum(coalesce(leaf.stated_headcount, (
        SELECT count(*) FROM members WHERE members.employer_id = leaf.id
        AND members.left_on IS NULL AND members.service_state = 'in_service')))::int AS people
    FROM leaf_of_employers AS leaf WHERE leaf.closed_on IS NULL GROUP BY 1"""


def _leaves(kind: str) -> str:
    return f"""
        SELECT unit.id AS unit_id, leaf.id, leaf.stated_headcount, leaf.closed_on
        FROM organizations AS leaf JOIN unnest(:units) AS unit (id) ON leaf.lineage @> ARRAY[unit.id]
        WHERE leaf.kind = '{kind}'"""


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
def of_summaries(kind: str, by: str) -> Prepared:
    """Of units that are, or hold, leaves of this kind: `community` or `employer`."""
    key = KEYS[by].format(of="of_leaf")
    is_above = kind == "community"
    within = f"of_leaf.{WITHIN} AND of_leaf.{ROWS[by]}"
    parts = {
        "cells": f"""
            SELECT leaf.unit_id, of_leaf.figure, {key} AS key, of_leaf.bucket,
                   sum(of_leaf.number) AS number
            FROM {_months("leaf")} WHERE {within} AND of_leaf.{SHOWN}
            GROUP BY 1, 2, 3, 4""",
        "served_once": f"""
            SELECT DISTINCT leaf.unit_id, served.month, served.member_id
            FROM leaf AS leaf JOIN member_months AS served ON served.{kind}_id = leaf.id
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
        "leaf": _leaves(kind),
        "leaf_of_employers": _leaves("employer"),
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

_said = policies.NEAREST.subquery()
ASKED = Prepared(
    select(
        grants(P.STATISTICS_READ, P.STATISTICS_OWN),
        Organization.id,
        Organization.kind,
        Organization.name,
        Organization.lineage,
        select(func.jsonb_object_agg(_said.c.key, _said.c.value, type_=JSONB()))
        .scalar_subquery()
        .label("said"),
        case((may(P.STATISTICS_OWN) | ~may(P.STATISTICS_READ), null()), else_=LEAVES).label(
            "leaves"
        ),
    ).where(Organization.id == bindparam("organization_id", type_=Uuid()))
)


async def rows(
    reader: Reader, asked: Mapping[str, Any], kind: str, ids: Sequence[UUID], period: Period
) -> list[dict[str, Any]]:
    """As `reading` asks for them."""
    binds = span(period.since, period.until) | {
        "months": period.first_days,
        "units": list(ids),
        "above": asked["lineage"],
        "voted_since": reading._voted_since(asked),
    }
    if kind not in SUMMED:
        return await of_sources("branch" if kind in EMPLOYER_UNITS else "grid", period.by).rows(
            reader, binds
        )
    leaf = "employer" if kind == "employer" else "community"
    return await of_summaries(leaf, period.by).rows(reader, binds)


def hidden(asked: Mapping[str, Any], kind: str, period: Period) -> Hidden:
    """From every community and employer of the city."""
    if P.STATISTICS_OWN in asked["grants"]:
        return Hidden(is_own=True)
    least = asked["said"][LEAST]
    trees: dict[str, dict[str, list[str]]] = {"community": {}, "employer": {}}
    registered: dict[str, int] = {}
    served: dict[str, dict[str, int]] = {month: {} for month in period.months}
    for leaf_kind, leaf, lineage, people, months in asked["leaves"] or ():
        trees[leaf_kind][leaf] = lineage
        registered[leaf] = people
        for month, count in months:
            served[month][leaf] = count
    employers = Tree(trees["employer"])
    tree = employers if kind in EMPLOYER_UNITS else Tree(trees["community"])
    return Hidden(
        is_own=False,
        registered=tree.hidden(registered, least),
        staff=employers.hidden(registered, least),
        served={month: tree.hidden(of, least) for month, of in served.items()},
    )


def read_by_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on `reading.show` and `reading.page_below` sum the leaves."""
    monkeypatch.setattr(reading, "_rows", rows)
    monkeypatch.setattr(reading, "ASKED", ASKED)
    monkeypatch.setattr(reading, "hidden_on", hidden)
