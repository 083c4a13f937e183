"""What the tests of this room share."""

from tests.appraisals.town import cycle, town
from tests.orders.town import desk

__all__ = ["cycle", "desk", "town"]
