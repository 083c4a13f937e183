"""Figures of an organization and of what stands below it, under the three rules of practice.md R6.

Who counts his own people sees every figure. Between organizations people are shown only where they
are enough (`suppression`), month by month, so that two periods give no single month. What people did
by kind or category is shown to others of the whole city only, for no other total tells it again.
A registration rate is of employers, and of levels by the employers below them. A community has none:
how many of its residents are members in service is known to nobody, for a roster is its employer's and
no community sees it before the person has consented (R21), so there is nothing true to divide by.
Needs and orders are not people. Nothing can be sorted by a value: what stands below comes in the
order of codes (R25).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Integer,
    String,
    Uuid,
    bindparam,
    case,
    func,
    null,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.organization import Organization
from app.organizations.kinds import EMPLOYER_UNITS, LEVELS
from app.permissions import Actor, Permission, grants, may, require
from app.policies import service as policies
from app.statistics import levels, queries
from app.statistics.binding import span
from app.statistics.figures import lines, percent, satisfaction, standing, summed
from app.statistics.hiding import LEAST, LINES, SUMMED, Hidden
from app.statistics.hiding import hidden as hidden_on
from app.statistics.period import Period
from app.statistics.suppression import hidden_in_line

P = Permission
PROXY = "rating.proxy_share_notice_percent"
RULES = (
    *(LEAST, "satisfaction.min_votes_exact", "satisfaction.min_votes_band"),
    *("satisfaction.bands", "satisfaction.lookback_months", PROXY),
)
COUNTED = (*LEVELS, "grid", *EMPLOYER_UNITS)
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
        case(
            (may(P.STATISTICS_OWN) | ~may(P.STATISTICS_READ), null()),
            else_=LINES,
        ).label("lines"),
    ).where(Organization.id == bindparam("organization_id", type_=Uuid()))
)
CODE = func.coalesce(Organization.code, "").label("code")


async def show(reader: Reader, actor: Actor, organization_id: UUID, period: Period) -> Any:
    """The organization's own figures: together, and by month, kind or category.

    Raises:
        NotFound: no such organization, or none that is counted. Forbidden: not the actor's to read.
    """
    asked = await asked_of(reader, actor, organization_id, period)
    (row,) = await _rows(reader, asked, asked["kind"], [asked["id"]], period)
    hidden = hidden_on(asked, asked["kind"], period)
    return _shown(asked, asked, row, period, hidden) | {
        "since": period.since,
        "until": period.until - timedelta(days=1),
        "by": period.by,
        "lines": _lines(asked, row, period, hidden),
    }


async def page_below(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    organization_id: UUID,
    kind: str | None,
    period: Period,
) -> Slice[dict[str, Any]]:
    """What stands directly below, of one kind, in the order of codes; errors as above."""
    asked = await asked_of(reader, actor, organization_id, period, is_below=True)
    kind = kind or BELOW[asked["kind"]]
    where, after_key = _place(paging, organization_id, kind, period)
    binds = {"parent_id": organization_id, "kind": kind, "most": paging.limit + 1} | after_key
    named = await _children(bool(after_key)).rows(reader, binds)
    found = cut(named, paging, where, "code", "id")
    of_all = replace(period, by="all")
    rows = await _rows(reader, asked, kind, [each["id"] for each in found.items], of_all)
    return _shown_below(asked, found, rows, period, hidden_on(asked, kind, period))


async def overview(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID, period: Period
) -> dict[str, Any]:
    """The organization's own figures, by month and by kind, and what stands directly below it.

    `months` and `kinds` are the lines of `show`, `below` is the page of `page_below`: in one statement
    after the one that asks who reads, and one more where grids or branches stand below. `lineage`: what
    it stands under, the root first, itself last.

    Raises:
        NotFound: no such organization, or one without summaries. Forbidden: not the actor's to read.
    """
    asked = await asked_of(reader, actor, organization_id, period, is_below=True)
    if asked["kind"] not in SUMMED:
        raise NotFound
    kind = BELOW[asked["kind"]]
    where, after_key = _place(paging, organization_id, kind, period)
    binds = after_key | {"organization_id": organization_id, "kind": kind, "most": paging.limit + 1}
    binds |= {"since": period.since, "until": period.until, "months": period.first_days}
    binds |= {"voted_since": _voted_since(asked)}
    own, *below = await levels.of_level(is_continued=bool(after_key)).rows(reader, binds)
    found = cut(below, paging, where, "code", "id")
    rows = found.items
    if kind not in SUMMED:
        of_all = replace(period, by="all")
        rows = await _rows(reader, asked, kind, [each["id"] for each in rows], of_all)
    hidden = hidden_on(asked, kind, period)
    of_kinds = own | {"cells": own["kinds"]}
    return _shown(asked, asked, own, period, hidden) | {
        "lineage": asked["lineage"],
        "since": period.since,
        "until": period.until - timedelta(days=1),
        "months": _lines(asked, own, replace(period, by="month"), hidden),
        "kinds": _lines(asked, of_kinds, replace(period, by="kind"), hidden),
        "below": _shown_below(asked, found, rows, period, hidden),
    }


# What stands below where the reader does not say.
BELOW: Mapping[str, str] = {
    **dict(zip(LEVELS, (*LEVELS[1:], "grid"), strict=True)),
    **dict.fromkeys(EMPLOYER_UNITS, "employer_branch"),
    "employer_branch": "employer_group",
    "grid": "building",
}


async def asked_of(
    reader: Reader, actor: Actor, organization_id: UUID, period: Period, *, is_below: bool = False
) -> dict[str, Any]:
    """The organization, what the actor may there, the rules, and what decides who is hidden, of those
    below it too if `is_below`.

    Raises:
        NotFound, Forbidden: as for its figures.
    """
    binds = {"organization_id": organization_id, "keys": list(RULES), "today": clock.today()}
    binds |= {"since": period.since, "until": period.until, "is_below": is_below}
    row = await ASKED.one(reader, actor.binds() | binds)
    if row is None or row["kind"] not in COUNTED:
        raise NotFound
    require(row["grants"], P.STATISTICS_READ)
    return row


@cache
def _children(is_continued: bool) -> Prepared:
    statement = (
        select(Organization.id, Organization.kind, Organization.name, CODE)
        .where(
            Organization.parent_id == bindparam("parent_id", type_=Uuid()),
            Organization.kind == bindparam("kind", type_=String()),
            Organization.closed_on.is_(None),
        )
        .order_by(CODE, Organization.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        last = tuple_(bindparam("code", type_=String()), bindparam("id", type_=Uuid()))
        statement = statement.where(tuple_(CODE, Organization.id) > last)
    return Prepared(statement)


def _place(
    paging: Paging, organization_id: UUID, kind: str, period: Period
) -> tuple[str, dict[str, Any]]:
    """The scope of the list's cursor, and the binds of the place where it goes on; none: its start."""
    where = scope("statistics", {"o": organization_id, "k": kind, "p": period})
    key = after(paging, where, str, UUID)
    return where, {} if key is None else {"code": key[0], "id": key[1]}


def _shown_below(
    asked: Mapping[str, Any],
    found: Slice[dict[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    period: Period,
    hidden: Hidden,
) -> Slice[dict[str, Any]]:
    """Those on the page with their codes (empty: none) and figures, which are `rows` by id."""
    of = {row["id"]: row for row in rows}
    shown = [
        _shown(asked, each, of[each["id"]], period, hidden) | {"code": each["code"]}
        for each in found.items
    ]
    return Slice(shown, found.next_cursor)


def _voted_since(asked: Mapping[str, Any]) -> date:
    return clock.months_after(clock.today(), -asked["said"]["satisfaction.lookback_months"])


async def _rows(
    reader: Reader, asked: Mapping[str, Any], kind: str, ids: Sequence[UUID], period: Period
) -> list[dict[str, Any]]:
    binds = span(period.since, period.until) | {
        "months": period.first_days,
        "units": list(ids),
        "above": asked["lineage"],
        "voted_since": _voted_since(asked),
    }
    if kind in SUMMED:
        return await queries.of_summaries(period.by).rows(reader, binds)
    place = "branch" if kind in EMPLOYER_UNITS else "grid"
    return await queries.of_sources(place, period.by).rows(reader, binds)


def _shown(
    asked: Mapping[str, Any],
    unit: Mapping[str, Any],
    row: Mapping[str, Any],
    period: Period,
    hidden: Hidden,
) -> dict[str, Any]:
    """All of the period together, with who is registered at its end and the rates."""
    hides = hidden.is_served_hidden(unit, period.months)
    came, people = _people(row, None, period.months[-1])
    registered = None if hidden.is_registered_hidden(unit) else came
    staff = came if unit["kind"] == "employer" else standing(row["staff"], period.months[-1])
    served = None if hides else people
    return summed(row["cells"], hides_people=hides, proxy_percent=asked["said"][PROXY]) | {
        "organization_id": unit["id"],
        "organization_name": unit["name"],
        "organization_kind": unit["kind"],
        "registered": registered,
        "headcount": row["headcount"],
        "registration_percent": percent(
            None if str(unit["id"]) in hidden.staff else staff, row["headcount"]
        ),
        "served": served,
        "service_percent": percent(served, registered),
        **satisfaction(row["votes"], asked["said"]),
    }


def _lines(
    asked: Mapping[str, Any], row: Mapping[str, Any], period: Period, hidden: Hidden
) -> list[dict[str, Any]]:
    found = lines(row["cells"], period.by)
    if period.by == "month":
        return [
            _month(asked, row, month, found.get(("month", f"{month}-01"), ()), hidden)
            for month in period.months
        ]
    few = _few(asked, row, hidden)
    return [
        {"group": group, "key": key, "registered": None, "served": None}
        | summed(cells, hides_people=few is None or key in few, proxy_percent=asked["said"][PROXY])
        for (group, key), cells in found.items()
    ]


def _month(
    asked: Mapping[str, Any],
    row: Mapping[str, Any],
    month: str,
    cells: Sequence[Any],
    hidden: Hidden,
) -> dict[str, Any]:
    hides = hidden.is_served_hidden(asked, [month])
    came, people = _people(row, month, month)
    is_known = hidden.is_own or (asked["kind"] in LEVELS and len(asked["lineage"]) == 1)
    return summed(cells, hides_people=hides, proxy_percent=asked["said"][PROXY]) | {
        "group": "month",
        "key": month,
        "registered": came if is_known else None,
        "served": None if hides else people,
    }


def _people(row: Mapping[str, Any], month: str | None, until: str) -> tuple[int, int]:
    """Who is registered at the end of the month `until`, and who served in `month`, or at all."""
    served = {when and when[:7]: count for when, count in row["served"]}
    return standing(row["came"], until), served.get(month, 0)


def _few(
    asked: Mapping[str, Any], row: Mapping[str, Any], hidden: Hidden
) -> Collection[str] | None:
    """The keys of lines where too few served; None: what people did is not shown by line."""
    if hidden.is_own:
        return ()
    if len(asked["lineage"]) > 1:
        return None
    by_month: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for month, key, people in row["people"]:
        by_month[month][key] = people
    least = asked["said"][LEAST]
    return {key for line in by_month.values() for key in hidden_in_line(line, least)}
