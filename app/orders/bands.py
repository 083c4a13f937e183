"""The bands of time that members state (`availability`), and into which of them a service falls."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from app.core import clock, workdays

SECTION = "availability"
SATURDAY = 6


def at(known: Mapping[str, Mapping[str, Any]], moment: datetime) -> list[str]:
    """The codes of the bands that `moment` falls into, by its local day and hour; `known`: the
    entries of `SECTION`."""
    local = moment.astimezone(clock.ZONE)
    day, hour = _kind(local), local.time()
    return [
        code
        for code, band in known.items()
        if day in band.get("days", ())
        and time.fromisoformat(band["from"]) <= hour < time.fromisoformat(band["to"])
    ]


def _kind(local: datetime) -> str:
    """A weekend on which offices are open is a workday, and a free day in the week a holiday."""
    if workdays.is_workday(local.date()):
        return "workday"
    return "weekend" if local.isoweekday() >= SATURDAY else "holiday"
