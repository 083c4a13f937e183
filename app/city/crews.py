"""Who of a community can serve on a day: registered, not promised elsewhere, not too often a week."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from app.city.chance import Chance, Wheel
from app.city.members import Serving

A_WEEK = 2  # less than the policy allows: whoever tries the city can still take a service
TRIES = 4  # for each who is wanted


class Crew:
    """The members of one community who have an account; the willing ones serve more often.

    A promise is for one day of one person, so no two overlap.
    """

    def __init__(self, members: Sequence[Serving]) -> None:
        self.members = [each for each in members if each.person_id is not None]
        self._wheel = Wheel(range(len(self.members)), [each.zeal for each in self.members])
        self._days: set[tuple[int, date]] = set()
        self._weeks: Counter[tuple[int, date]] = Counter()

    def draw(self, chance: Chance, day: date, wanted: int, *, in_week: bool) -> list[Serving]:
        """Up to so many different people, each of whom has promised that day now.

        `in_week`: it counts in the week's limit.
        """
        found: list[Serving] = []
        week = day - timedelta(days=day.weekday())
        for _ in range(TRIES * wanted if self.members else 0):
            if len(found) == wanted:
                break
            place = self._wheel.spin(chance)
            who = self.members[place]
            if (
                who.since <= day < who.until
                and (place, day) not in self._days
                and (self._weeks[place, week] < A_WEEK or not in_week)
            ):
                self._days.add((place, day))
                self._weeks[place, week] += in_week
                found.append(who)
        return found
