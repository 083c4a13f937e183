"""Whatever sequence of readings: no rating of one person, or of two, can be reckoned from figures.

Every figure that is shown is a sum over the ballots that it counted. A reader may add and subtract
any of them, those of members and of their employer, of any days: that is the row space of the matrix
whose rows are the figures and whose columns are the ballots. If the ballots of two raters could be
brought out alone, leaving their columns out would lower its rank. Source: practice.md R10, R6.
"""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import combinations
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from app.appraisals.erasing import LEAST
from app.models.report import ShownVotes
from app.ratings import batches
from app.ratings.batches import Rule, Window, Windows
from app.ratings.service import Ballot, raters_of

BEGIN = date(2026, 1, 1)
RULE = Rule(10, 5, [95, 85, 70], 3, 3, 12)
MEMBERS = [UUID(int=number) for number in range(1, 4)]
POOL, TOTAL = UUID(int=99), UUID(int=98)

# so many rate a member, the first of them this one; or months pass; or somebody reads; or ballots
# of the appraisal are erased, a year after; or all votes of so many months are found wanting
People = st.tuples(st.sampled_from(MEMBERS), st.integers(0, 9), st.sampled_from([1, 1, 2, 3, 5]))
Rates = st.tuples(st.just("rate"), People, st.booleans())
Passes = st.tuples(st.just("pass"), st.integers(1, 7))
Reads = st.tuples(st.just("read"), st.sampled_from([*MEMBERS, POOL, POOL, TOTAL]))
Erases = st.tuples(st.just("erase"), st.sampled_from(MEMBERS))
Grants = st.tuples(st.just("grant"), st.tuples(st.sampled_from(MEMBERS), st.integers(1, 12)))
Steps = st.one_of(Rates, Rates, Rates, Passes, Reads, Reads, Reads, Erases, Grants)
Sequences = st.lists(Steps, min_size=12, max_size=40)


class House:
    """Members of one employer in one community, their ballots, what was shown of them."""

    def __init__(self) -> None:
        self.kept = {
            each: ShownVotes(subject_id=each, valid=0, satisfied=0, raters=0, appraisals=0)
            for each in (*MEMBERS, POOL, TOTAL)
        }
        self.cast: dict[UUID, list[Ballot]] = {each: [] for each in MEMBERS}
        self.today, self.ticks = BEGIN, 0
        self.shown: list[frozenset[Ballot]] = []
        self.erased: dict[Ballot, Ballot] = {}

    def now(self) -> datetime:
        self.ticks += 1
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.ticks)

    def rate(self, people: tuple[UUID, int, int], is_appraisal: bool) -> None:
        """As many ballots at once, each of another."""
        member, first, count = people
        for rater in range(first, first + count):
            now = self.now()
            self.cast[member].append(
                Ballot(
                    member,
                    UUID(int=1000 + self.ticks),
                    UUID(int=200 + rater),
                    True,
                    self.today,
                    now,
                    is_appraisal,
                )
            )

    def let_pass(self, months: int) -> None:
        self.today += timedelta(days=30 * months)

    def erase(self, member: UUID) -> None:
        """Of ballots that are a year old, votes of nobody are left, unless they are fewer than three;
        whose they were is noted for the reckoning."""
        old = {
            ballot
            for ballot in self.cast[member]
            if ballot.is_appraisal and ballot.counts_on <= self.today - timedelta(days=360)
        }
        totals = {ballot._replace(rater_id=None): ballot for ballot in old if len(old) >= LEAST}
        self.cast[member] = [each for each in self.cast[member] if each not in old] + [*totals]
        self.erased |= {left: self.erased.get(ballot, ballot) for left, ballot in totals.items()}

    def grant(self, votes: tuple[UUID, int]) -> None:
        """The votes about a member of so many months back were found wanting, and count no more."""
        member, months = votes
        first = self.today - timedelta(days=30 * months)
        self.cast[member] = [each for each in self.cast[member] if each.counts_on < first]

    def windows(self) -> Windows:
        def window(months: int) -> Window:
            return Window(self.today - timedelta(days=30 * months - 1), self.today, months)

        return Windows(window(12), window(24))

    def read(self, who: UUID) -> None:
        """A member reads his own; an employer reads all of them, and the figure together; so does who
        reads of the community."""
        windows, now = self.windows(), self.now()
        for member in [who] if who in MEMBERS else MEMBERS:
            batches.renew(self.kept[member], self.cast[member], RULE, windows, now)
            self.note(member, now)
        members = {each: (self.kept[each], self.cast[each]) for each in MEMBERS}
        if who == POOL:
            batches.renew_pool(self.kept[POOL], members, RULE, windows, now, least=RULE.least_exact)
            self.note(POOL, now)
        if who == TOTAL:
            batches.renew_sum(self.kept[TOTAL], members, RULE, windows, now, least=RULE.least_band)
            self.note_total(now)

    def note(self, who: UUID, now: datetime) -> None:
        """What was counted anew is a figure that somebody knows from now on."""
        row = self.kept[who]
        if row.counted_at != now:
            return
        cast = self.cast.values() if who == POOL else [self.cast[who]]
        first, last = row.from_on, row.until_on
        assert first is not None and last is not None
        known = frozenset(
            self.erased.get(ballot, ballot)
            for each in cast
            for ballot in each
            if first <= ballot.counts_on <= last
        )
        assert len(known) == row.valid
        self.shown.append(known)

    def note_total(self, now: datetime) -> None:
        """What was counted anew of the community is of its members' own figures."""
        row = self.kept[TOTAL]
        if row.counted_at != now:
            return
        known = frozenset(
            self.erased.get(ballot, ballot)
            for each in MEMBERS
            if batches.is_shown(self.kept[each], self.windows())
            for ballot in batches.shown_set(self.kept[each], self.cast[each])
        )
        assert len(known) == row.valid
        self.shown.append(known)


def rank(rows: list[list[Fraction]]) -> int:
    """Of a matrix, exactly."""
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows[found:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(found, pivot)
        for row in rows[found + 1 :]:
            if row[column]:
                share = row[column] / pivot[column]
                row[:] = [one - share * other for one, other in zip(row, pivot, strict=True)]
        found += 1
    return found


def matrix(shown: list[frozenset[Ballot]], hidden: set[UUID]) -> list[list[Fraction]]:
    """A row a figure, a column a ballot of everybody but `hidden`."""
    ballots = sorted({ballot for figure in shown for ballot in figure})
    kept = [ballot for ballot in ballots if ballot.rater_id not in hidden]
    return [[Fraction(ballot in figure) for ballot in kept] for figure in shown]


def play(steps: list[Any]) -> House:
    house = House()
    act: dict[str, Any] = {
        "rate": house.rate,
        "pass": house.let_pass,
        "read": house.read,
        "erase": house.erase,
        "grant": house.grant,
    }
    for kind, *what in steps:
        act[kind](*what)
    return house


@settings(max_examples=60)
@given(Sequences)
def test_no_rating_of_one_or_two_can_be_reckoned_from_what_was_shown(steps: list[Any]) -> None:
    shown = play(steps).shown
    whole = rank(matrix(shown, set()))
    raters = raters_of(ballot for figure in shown for ballot in figure)
    for pair in combinations(sorted(raters), 2):
        assert rank(matrix(shown, set(pair))) == whole, pair
