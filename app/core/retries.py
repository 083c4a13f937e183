"""How long to wait before the next try of what others did not take."""

from datetime import timedelta

FIRST_SECONDS, LONGEST_SECONDS = 10, 3600


def pause(tries: int) -> timedelta:
    """After so many tries, from 1 on: 10 s, 20 s, 40 s … an hour."""
    doubled: int = FIRST_SECONDS << min(tries - 1, 20)
    return timedelta(seconds=min(doubled, LONGEST_SECONDS))
