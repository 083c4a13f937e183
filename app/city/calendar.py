"""The year of the city: workdays and free days, evenings, festivals, and when a storm comes."""

from datetime import date, datetime, time, timedelta

from app.city.chance import Chance, Wheel
from app.core import clock, workdays

YEAR = timedelta(days=365)
DAY = timedelta(days=1)
EVE = 5  # days before a festival on which it is prepared

# How many needs come on a day, beside a plain workday.
WORKDAY, WEEKEND, FREE = 1.0, 0.62, 0.3
# Hours at which services begin: on workdays around work and at noon, on free days all day.
ON_WORKDAYS = Wheel.of({9: 1, 10: 1, 12: 2, 14: 2, 15: 1, 18: 7, 19: 9, 20: 3})
ON_FREE_DAYS = Wheel.of({8: 2, 9: 7, 10: 6, 14: 6, 15: 5, 16: 2, 18: 1, 19: 2})
SERVICE_DAYS = {True: 0.55, False: 1.0}  # by whether it is a workday

FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")


def festival_near(day: date) -> str | None:
    """The festival that is today or in the next days."""
    for ahead in range(EVE + 1):
        name = workdays.name_of(day + ahead * DAY)
        for festival in FESTIVALS:
            if festival in name:
                return festival
    return None


def busyness(day: date) -> float:
    """How many needs come on this day, beside a plain workday."""
    if workdays.is_workday(day):
        return WORKDAY
    return FREE if workdays.is_holiday(day) else WEEKEND


def begins(chance: Chance, day: date, *, within: int) -> datetime:
    """When a service begins that is announced on `day`: some days later, when people have time."""
    while True:
        chosen = day + timedelta(days=chance.among(1, within))
        is_workday = workdays.is_workday(chosen)
        if chance.roll() < SERVICE_DAYS[is_workday]:
            hours = ON_WORKDAYS if is_workday else ON_FREE_DAYS
            return at(chosen, hours.spin(chance), chance.pick((0, 0, 30)))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant of a local day."""
    return datetime.combine(day, time(hour, minute), clock.ZONE).astimezone(
        clock.day_starts(day).tzinfo
    )


def office(chance: Chance, moment: datetime, workdays_later: int) -> datetime:
    """When somebody in an office has got to it: so many workdays later, or the same day if it may."""
    day, left = clock.local_day(moment), workdays_later
    while left > 0 or not workdays.is_workday(day):
        day += DAY
        left -= workdays.is_workday(day)
    done = at(day, chance.among(9, 16), chance.below(60)) + timedelta(seconds=chance.below(60))
    return done if done > moment else chance.after(moment, 0.1, 2)
