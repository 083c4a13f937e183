"""The neutral sentences that the facts propose: the community takes one, another, or none.

Which code fits is the table below, by the `when` of content `opinion_phrases.community`.
Source: practice.md R9.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.evaluations.rule import HALF, Thresholds
from app.models.suggestion import Advice


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sentences ask of one registration in one period.

    `skilled` services needed a skill or a qualification; `shifts` were promised in emergencies,
    `shifts_done` of them served; `is_commended`: decided by the meeting, and standing.
    """

    advice: Advice
    months_registered: int
    share_suspended: float
    services: int
    offers: int
    absences: int
    skilled: int = 0
    shifts: int = 0
    shifts_done: int = 0
    has_office: bool = False
    is_commended: bool = False


def propose_opinion(seen: Seen, limits: Thresholds) -> list[str]:
    """The codes that fit, in the order of the table; the first is the one to show."""
    return [code for code, fits in WHEN.items() if fits(seen, limits)]


WHEN: Mapping[str, Callable[[Seen, Thresholds], bool]] = {
    "remind": lambda seen, _: seen.advice is Advice.TALK_ADVISED,
    "new": lambda seen, limits: seen.months_registered < limits.facts_only_months,
    "suspended": lambda seen, _: seen.share_suspended > HALF,
    "outstanding": lambda seen, _: seen.advice is Advice.RECOMMEND_FIRST and seen.is_commended,
    "steady": lambda seen, _: (
        seen.services > 0 and seen.absences == 0 and seen.advice is not Advice.TALK_ADVISED
    ),
    "expert": lambda seen, _: 2 * seen.skilled > seen.services,
    "emergency": lambda seen, _: 0 < seen.shifts == seen.shifts_done,
    "organizer": lambda seen, _: seen.has_office,
    "few_chances": lambda seen, limits: seen.services == 0 and seen.offers < limits.least_offers,
    "not_yet": lambda seen, limits: (
        seen.services == 0
        and seen.offers >= limits.least_offers
        and seen.share_suspended <= HALF
        and seen.months_registered >= limits.facts_only_months
    ),
}
