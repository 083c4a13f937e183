"""The days of a year's cycle: laid out from the policies, and moved on where a step began late.

Local days, both ends included. A window that opens late, after an outage, has its full length all
the same, and what follows it waits. Source: content `report_calendar`; practice.md R11.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta

from app.core import clock, workdays
from app.models.evaluation import CycleStatus as S
from app.models.evaluation import EvaluationCycle

DAY = timedelta(days=1)
MORNING = timedelta(hours=8)  # sheets are drafted in the night before members read them
KEPT_MONTHS = 12  # single ballots, after the year that they are about; content `retention`


def month_day(year: int, text: str) -> date:
    """The day of a year that a policy names `MM-DD`; the month's last, where it has no such day."""
    month, day = (int(part) for part in text.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


def issue_day(facts_close_on: date, text: str) -> date:
    """The first day of that name after the facts are closed."""
    this_year = month_day(facts_close_on.year, text)
    if this_year > facts_close_on:
        return this_year
    return month_day(facts_close_on.year + 1, text)


def lay_out(cycle: EvaluationCycle, appraisal_from: date) -> None:
    """The appraisal begins on this day, and all that follows has its days."""
    cycle.appraisal_from = appraisal_from
    cycle.appraisal_to = appraisal_from + (cycle.appraisal_days - 1) * DAY
    lay_out_objections(cycle, cycle.appraisal_to + DAY)


def lay_out_objections(cycle: EvaluationCycle, objection_from: date) -> None:
    """Members read from this day on; the sheets go out when they have, not before their day."""
    cycle.objection_from = objection_from
    cycle.objection_to = _workdays_from(objection_from, cycle.objection_workdays)
    lay_out_sending(cycle, max(cycle.issue_on, cycle.objection_to + DAY))


def lay_out_sending(cycle: EvaluationCycle, issue_on: date) -> None:
    """The sheets go out on this day, or the next workday; and the ballots go in their time."""
    cycle.issue_on = workdays.on_or_after(issue_on)
    cycle.acknowledge_by = _workdays_from(cycle.issue_on + DAY, cycle.acknowledge_workdays)
    cycle.use_by = max(cycle.issue_on + cycle.use_days * DAY, cycle.acknowledge_by)
    # a year that was held late is not erased while it is in use
    kept_until = clock.months_after(cycle.facts_close_on, KEPT_MONTHS)
    cycle.erase_at = clock.day_after(max(kept_until, cycle.use_by))


def due(cycle: EvaluationCycle) -> datetime | None:
    """When the next step of the cycle is due; none after the last."""
    match cycle.status:
        case S.PLANNED:
            return clock.day_starts(cycle.appraisal_from)
        case S.COLLECTING:
            return clock.day_after(cycle.appraisal_to)
        case S.COMPUTING:
            return clock.day_starts(cycle.objection_from) + MORNING
        case S.OBJECTION_WINDOW:
            return clock.day_after(cycle.objection_to)
        case S.FINAL:
            return clock.day_starts(cycle.issue_on)
        case S.SENT | S.ACKNOWLEDGED:
            return clock.day_after(cycle.use_by)
        case _:
            return None


def _workdays_from(day: date, count: int) -> date:
    """The last of so many workdays from `day` on."""
    end = workdays.after(clock.day_starts(day - DAY), count)
    return clock.local_day(end) - DAY
