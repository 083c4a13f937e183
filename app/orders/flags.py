"""What a flag of a category or template switches on for an order: one table of rules.

A flag without a rule (`no_money`, `no_accounts`, `health_information` …) is a text that everybody
reads with the order. `urgent` is the need's: the emergency numbers are shown when it is submitted,
and the duty person is told. Source: practice.md R20; `need_flags` of the content.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_

from app.core import clock
from app.core.errors import Conflict, Invalid
from app.models.order import Order


class NotInsured(Conflict):
    """Nobody serves at a risk without accident insurance. Source: domain.md §3.3."""

    code, title = "not_insured", "该类服务有风险，须先办理意外保险并填写有效期"


class TwoNeeded(Conflict):
    """One alone does not begin it."""

    code, title = "two_needed", "该类服务须两人同行，人数不足不能开始；可取消或改期"


class DispatchOnly(Conflict):
    """A confidential service is on no list: who comes was asked by the organiser."""

    code, title = "dispatch_only", "该服务只能由社区邀请参加"


def _check_insured(order: Order) -> None:
    last = clock.local_day(order.ends_at)
    if order.insured_until is None or order.insured_until < last:
        raise NotInsured


def _check_licences(order: Order) -> None:
    if not order.licences:
        raise Invalid.field("/skills", "qualification_required", "该类服务须选择有资质要求的特长")


def _check_venue(order: Order) -> None:
    if order.door is not None:
        raise Invalid.field("/door", "at_venue", "该类服务在公共场所进行，不填门牌")


@dataclass(frozen=True, slots=True)
class Rule:
    """What one flag demands: `check` refuses publishing; `least` must serve together."""

    check: Callable[[Order], None] | None = None
    least: int = 1
    with_guardian: int = 1
    clearance: str | None = None


RULES: Mapping[str, Rule] = {
    "two_person": Rule(least=2, with_guardian=2),
    "minor": Rule(least=2, clearance="minors_cleared"),  # a guardian is the second adult
    "licensed": Rule(check=_check_licences),
    "insurance": Rule(check=_check_insured),
    "hygiene": Rule(clearance="hygiene"),
    "at_venue": Rule(check=_check_venue),
}
AT_HOME, CONFIDENTIAL, LICENSED = "in_home", "confidential", "licensed"
# Suspected harm to a child is passed to the police and civil affairs at once, and never an order.
HARM = frozenset({"minor", "urgent"})


def clearances(flags: Iterable[str]) -> list[str]:
    """The qualifications of which each is wanted of everybody who comes."""
    wanted = (RULES[flag].clearance for flag in flags if flag in RULES)
    return [code for code in wanted if code is not None]


def least(order: Order) -> int:
    """How many must serve together."""
    rules = [RULES[flag] for flag in order.flags if flag in RULES]
    return max(
        (rule.with_guardian if order.has_guardian else rule.least for rule in rules), default=1
    )


def _wants_two(rule: Rule, flag: str) -> ColumnElement[bool]:
    has_flag: ColumnElement[bool] = Order.flags.contains([flag])
    return has_flag if rule.with_guardian > 1 else has_flag & ~Order.has_guardian


# As `least`, of an `Order` in SQL: one alone does not begin it.
WANTS_TWO = or_(*(_wants_two(rule, flag) for flag, rule in RULES.items() if rule.least > 1))


def check(order: Order) -> None:
    """Nothing, or why the order cannot be open to members.

    Raises:
        Invalid: fewer seats than must serve together, no licence where one is wanted, a door of
            what is done in public.
        NotInsured: see there.
    """
    if order.seats < least(order):
        raise Invalid.field("/seats", "two_person", "该类服务须两人同行，名额不少于2")
    for flag in order.flags:
        demanded = RULES[flag].check if flag in RULES else None
        if demanded is not None:
            demanded(order)


def check_together(order: Order, coming: int) -> None:
    """Nothing, or somebody would serve alone where two must.

    Raises:
        TwoNeeded.
    """
    if 0 < coming < least(order):
        raise TwoNeeded
