"""SQL texts with typed binds: for sessions, and compiled once for the driver."""

import re
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Integer, String, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core import clock, workdays
from app.core.prepared import Prepared

UUIDS = ARRAY(Uuid())
MOMENT = DateTime(timezone=True)
BINDS = (
    bindparam("since", type_=Date()),
    bindparam("until", type_=Date()),
    bindparam("since_at", type_=MOMENT),
    bindparam("until_at", type_=MOMENT),
    bindparam("nths", type_=ARRAY(Integer())),
    bindparam("organizations", type_=UUIDS),
    bindparam("units", type_=UUIDS),
    bindparam("above", type_=UUIDS),
    bindparam("voted_since", type_=Date()),
    bindparam("today", type_=Date()),
    bindparam("now", type_=MOMENT),
    bindparam("week_since", type_=MOMENT),
    bindparam("unmet_since", type_=MOMENT),
    bindparam("answered_since", type_=MOMENT),
    bindparam("organization_id", type_=Uuid()),
    bindparam("member_id", type_=Uuid()),
    bindparam("registration_id", type_=Uuid()),
    bindparam("months", type_=ARRAY(Date())),
    bindparam("is_below", type_=Boolean()),
    bindparam("kind", type_=String()),
    bindparam("most", type_=Integer()),
    bindparam("code", type_=String()),
    bindparam("id", type_=Uuid()),
)


def bound(sql: str) -> TextClause:
    """The statement with the types of those binds that it names."""
    named = set(_name.findall(sql))
    return text(sql).bindparams(*(bind for bind in BINDS if bind.key in named))


def prepared(sql: str, *json: str) -> Prepared:
    """As `bound`, for the driver; the columns named in `json` come as values."""
    columns: dict[str, Any] = {name: JSONB() for name in json}
    statement: Any = bound(sql).columns(**columns)
    return Prepared(statement)


_name = re.compile(r"(?<![:\w]):(\w+)")


def span(since: date, until: date) -> dict[str, Any]:
    """The binds of the days from `since` to before `until`; workdays are numbered up to today."""
    return {
        "since": since,
        "until": until,
        "since_at": clock.day_starts(since),
        "until_at": clock.day_starts(until),
        "nths": _numbered(since, clock.today()),
    }


@lru_cache(maxsize=64)
def _numbered(since: date, today: date) -> list[int]:
    """For each day how many workdays there were up to it."""
    days = (since + timedelta(days=n) for n in range((today - since).days + 1))
    return list(accumulate(map(int, map(workdays.is_workday, days))))
