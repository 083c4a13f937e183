"""When a figure may move: with every figure that people read, three raters come whom none has shown.

What a figure may count is what was never counted before, by `least_new` distinct people at least, or
nothing. So whatever is added and subtracted of any figures at any times, the last of them holds three
whom no other holds, and no rating stands alone. An employer's figure is of its members together: it
counts what their own figures show to the letter, and beside it nothing or three unseen raters. A
community's is what its members' own figures show, and nothing beside it.
Source: practice.md R10, G2.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from app.models.report import ShownVotes
from app.ratings.service import Ballot, Votes, count, raters_of

Ballots = frozenset[Ballot]
NONE: Ballots = frozenset()
Members = Mapping[UUID, tuple[ShownVotes, Sequence[Ballot]]]


class Rule(NamedTuple):
    """The values of the policies that a figure stands on."""

    least_exact: int
    least_band: int
    bands: list[int]
    least_raters: int
    least_new: int
    months: int


class Window(NamedTuple):
    """Local days, both included, and how many months they are."""

    first: date
    last: date
    months: int


class Windows(NamedTuple):
    """How far a figure looks back, and twice as far, where that is too few."""

    short: Window
    long: Window


def renew(
    row: ShownVotes, cast: Sequence[Ballot], rule: Rule, windows: Windows, now: datetime
) -> None:
    """A member's figure is as the votes are now, if it may move; else it stays to the letter.

    It looks twice as far back only where there are too few votes, and shows nothing as it is.
    """
    short, long = within(cast, windows.short), within(cast, windows.long)
    if _may_move(row, cast, short, rule, rule.least_band, windows.short):
        _keep(row, short, windows.short, now)
    elif (
        not is_shown(row, windows)
        and _is_too_few(count(short), rule)
        and _may_move(row, cast, long, rule, rule.least_band, windows.long)
    ):
        _keep(row, long, windows.long, now)


def renew_pool(
    pool: ShownVotes,
    members: Members,
    rule: Rule,
    windows: Windows,
    now: datetime,
    *,
    least: int,
) -> None:
    """The figure of all these members is as the votes are now, if it may move; `least`: of votes."""
    window = windows.short
    cast = [ballot for _, of_member in members.values() for ballot in of_member]
    apart = {
        member: (row, of_member)
        for member, (row, of_member) in members.items()
        if within(of_member, window) not in (NONE, shown_set(row, of_member))
    }
    unseen = raters_of(
        ballot
        for row, of_member in apart.values()
        for ballot in within(of_member, window) - _seen(row, of_member)
    )
    if apart and len(unseen) < rule.least_new:
        return
    current = within(cast, window)
    if not _may_move(pool, cast, current, rule, least, window):
        return
    _keep(pool, current, window, now)
    for row, _ in apart.values():
        _see(row, window, now)


def renew_sum(
    total: ShownVotes,
    members: Members,
    rule: Rule,
    windows: Windows,
    now: datetime,
    *,
    least: int,
) -> None:
    """The figure of all these members is what their own figures show, to the letter and together, if
    it may move.

    Nothing else is in it: a figure that moves every month would use up, one by one, the votes of who
    is rated rarely, and never would three come at once for a figure of his own.
    """
    cast = [ballot for _, of_member in members.values() for ballot in of_member]
    own = (
        shown_set(row, of_member) for row, of_member in members.values() if is_shown(row, windows)
    )
    current = NONE.union(*own)
    if _may_move(total, cast, current, rule, least, windows.short):
        _keep(total, current, windows.short, now)


def within(cast: Iterable[Ballot], window: Window) -> Ballots:
    """What counts on a day of the window."""
    return frozenset(each for each in cast if window.first <= each.counts_on <= window.last)


def is_shown(row: ShownVotes, windows: Windows) -> bool:
    """Whether a day of what was shown lies in the look-back yet."""
    window = windows.long if row.months == windows.long.months else windows.short
    return row.until_on is not None and row.until_on >= window.first


def _may_move(
    row: ShownVotes,
    cast: Sequence[Ballot],
    current: Ballots,
    rule: Rule,
    least: int,
    window: Window,
) -> bool:
    """Enough votes of enough raters, enough of whom no figure has shown, and no earlier day."""
    votes = count(current)
    unseen = raters_of(current - _seen(row, cast))
    return (
        len(unseen) >= rule.least_new
        and votes.raters >= rule.least_raters
        and votes.valid >= least
        and (row.seen_until_on is None or row.seen_until_on <= window.last)
    )


def _is_too_few(votes: Votes, rule: Rule) -> bool:
    return votes.valid < rule.least_band or votes.raters < rule.least_raters


def _seen(row: ShownVotes, cast: Iterable[Ballot]) -> Ballots:
    """What some figure has counted of this subject, ever."""
    return _counted(cast, row.seen_from_on, row.seen_until_on, row.seen_at)


def shown_set(row: ShownVotes, cast: Iterable[Ballot]) -> Ballots:
    """What stands in the figure that is shown; nothing, where some of it has been taken back."""
    found = _counted(cast, row.from_on, row.until_on, row.counted_at)
    return found if count(found).valid == row.valid else NONE


def _counted(
    cast: Iterable[Ballot], first: date | None, last: date | None, at: datetime | None
) -> Ballots:
    """What counts on these days and had been given by then."""
    if first is None or last is None or at is None:
        return NONE
    return frozenset(
        each for each in cast if first <= each.counts_on <= last and each.given_at <= at
    )


def _keep(row: ShownVotes, current: Ballots, window: Window, now: datetime) -> None:
    row.valid, row.satisfied, row.raters, row.appraisals = count(current)
    row.from_on, row.until_on, row.months = window
    row.counted_at = now
    _see(row, window, now)


def _see(row: ShownVotes, window: Window, now: datetime) -> None:
    """What lies in the window has been counted in a figure that people read."""
    row.seen_from_on = min(row.seen_from_on or window.first, window.first)
    row.seen_until_on = max(row.seen_until_on or window.last, window.last)
    row.seen_at = now
