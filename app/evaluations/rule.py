"""The suggestion that the facts of a year propose: one rule after the other, the first that speaks.

Nothing here looks into the database, and nothing issues itself: a person decides. Every figure can be
recomputed by hand. Source: practice.md R7, R9, G5; policies `talk.*`, `evaluation.*`; content
`commendation.rule`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.models.suggestion import Advice

HALF = 0.5
LEAST_RATERS = 3


@dataclass(frozen=True, slots=True)
class YearFacts:
    """One registration in one period.

    `months_registered`: whole months up to the period's end; `share_suspended`: of the days that it
    was registered in the period, 0 to 1; `offers`: services that it could have had. Votes are those
    that people are shown: `votes` valid ones by `raters` distinct people, `unsatisfied` of them by
    `unsatisfied_raters`.
    """

    months_registered: int
    share_suspended: float = 0.0
    services: int = 0
    offers: int = 0
    has_reviewed_item: bool = False
    votes: int = 0
    unsatisfied: int = 0
    raters: int = 0
    unsatisfied_raters: int = 0


class Thresholds(NamedTuple):
    """The values of policies and content; the defaults are those that the house ships."""

    facts_only_months: int = 3
    least_votes: int = 5
    least_offers: int = 6
    talk_below_percent: int = 70
    talk_least_votes: int = 6
    talk_least_unsatisfied: int = 3
    recommend_services: int = 6
    recommend_votes: int = 6
    recommend_percent: int = 90
    recommend_months: int = 6


class Suggested(NamedTuple):
    """What is suggested, and the rules that spoke, in words."""

    advice: Advice
    reasons: tuple[str, ...]


def suggest(facts: YearFacts, limits: Thresholds) -> Suggested:
    """The one of four suggestions that these facts propose."""
    for advice, rules in RULES:
        spoken = tuple(words for rule in rules if (words := rule(facts, limits)))
        if spoken:
            return Suggested(advice, spoken)
    return Suggested(Advice.NORMAL, ("有服务和评价记录，未触发其他规则",))


def _item(facts: YearFacts, limits: Thresholds) -> str:
    return "有经街道复核的负面清单情形" if facts.has_reviewed_item else ""


def _is_new(facts: YearFacts, limits: Thresholds) -> str:
    if facts.months_registered >= limits.facts_only_months:
        return ""
    return f"报到{facts.months_registered}个月，不足{limits.facts_only_months}个月，只列事实"


def _was_suspended(facts: YearFacts, limits: Thresholds) -> str:
    if facts.share_suspended <= HALF:
        return ""
    return f"暂停占期间的{facts.share_suspended:.0%}，超过一半"


def _is_below(facts: YearFacts, limits: Thresholds) -> str:
    """Not said in single votes: who reads it must not learn who gave the last one."""
    if (
        facts.votes < limits.talk_least_votes
        or facts.unsatisfied < limits.talk_least_unsatisfied
        or facts.unsatisfied_raters < limits.talk_least_unsatisfied
        or _satisfied(facts) >= limits.talk_below_percent * facts.votes
    ):
        return ""
    return (
        f"年度满意率低于{limits.talk_below_percent}%：有效票{facts.votes}票，不满意票不少于"
        f"{limits.talk_least_unsatisfied}票，来自不少于{limits.talk_least_unsatisfied}名评价人"
    )


def _is_first(facts: YearFacts, limits: Thresholds) -> str:
    if (
        facts.services < limits.recommend_services
        or facts.votes < limits.recommend_votes
        or facts.raters < LEAST_RATERS
        or facts.months_registered < limits.recommend_months
        or _satisfied(facts) < limits.recommend_percent * facts.votes
    ):
        return ""
    return (
        f"服务{facts.services}次，有效票{facts.votes}票，满意率不低于{limits.recommend_percent}%，"
        f"报到{facts.months_registered}个月，无负面清单情形"
    )


def _had_no_chance(facts: YearFacts, limits: Thresholds) -> str:
    if facts.votes >= limits.least_votes or facts.offers >= limits.least_offers:
        return ""
    return (
        f"有效票不足{limits.least_votes}票，合适的服务机会{facts.offers}次，"
        f"不足{limits.least_offers}次"
    )


def _satisfied(facts: YearFacts) -> int:
    """A hundred times the satisfied votes: rates are compared in whole numbers."""
    return 100 * (facts.votes - facts.unsatisfied)


# An item that was reviewed speaks whatever else is known; who is new or was suspended is judged by
# nothing else.
Rule = Callable[[YearFacts, Thresholds], str]
RULES: Sequence[tuple[Advice, tuple[Rule, ...]]] = (
    (Advice.TALK_ADVISED, (_item,)),
    (Advice.INSUFFICIENT, (_is_new, _was_suspended)),
    (Advice.TALK_ADVISED, (_is_below,)),
    (Advice.RECOMMEND_FIRST, (_is_first,)),
    (Advice.INSUFFICIENT, (_had_no_chance,)),
)
