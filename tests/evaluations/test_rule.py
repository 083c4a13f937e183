"""What the facts propose, by the figures that practice.md G5 counts by hand."""

from dataclasses import replace

import pytest

from app.evaluations.opinions import WHEN, Seen, propose_opinion
from app.evaluations.rule import Thresholds, YearFacts, suggest
from app.models.suggestion import Advice
from app.policies import shipped

LIMITS = Thresholds()
USUAL = YearFacts(months_registered=12, services=3, offers=9)


def voted(votes: int, unsatisfied: int, **facts: int) -> YearFacts:
    """So many votes, each by a rater of its own."""
    return replace(
        USUAL,
        votes=votes,
        raters=votes,
        unsatisfied=unsatisfied,
        **{"unsatisfied_raters": unsatisfied} | facts,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("votes", "unsatisfied", "advice"),
    [
        (6, 2, Advice.NORMAL),  # 66.7 %: one grudge and one mishap do not suffice
        (6, 3, Advice.TALK_ADVISED),  # 50 %
        (10, 3, Advice.NORMAL),  # 70.0 %
        (10, 4, Advice.TALK_ADVISED),
        (5, 5, Advice.NORMAL),  # too few votes
    ],
)
def test_a_talk_needs_a_low_rate_of_enough_votes(
    votes: int, unsatisfied: int, advice: Advice
) -> None:
    assert suggest(voted(votes, unsatisfied), LIMITS).advice is advice


def test_a_talk_needs_three_who_were_not_content() -> None:
    assert suggest(voted(6, 4, unsatisfied_raters=2), LIMITS).advice is Advice.NORMAL
    found = suggest(voted(6, 4), LIMITS)
    assert found.reasons == (
        "年度满意率低于70%：有效票6票，不满意票不少于3票，来自不少于3名评价人",
    )


def test_a_reviewed_item_speaks_whatever_else_is_known() -> None:
    found = suggest(YearFacts(months_registered=1, has_reviewed_item=True), LIMITS)
    assert found == (Advice.TALK_ADVISED, ("有经街道复核的负面清单情形",))


def test_of_who_is_new_or_was_away_nothing_is_concluded() -> None:
    new = suggest(replace(voted(6, 6), months_registered=2, share_suspended=0.6), LIMITS)
    assert new.advice is Advice.INSUFFICIENT
    assert new.reasons == ("报到2个月，不足3个月，只列事实", "暂停占期间的60%，超过一半")
    assert suggest(replace(voted(6, 6), share_suspended=0.5), LIMITS).advice is Advice.TALK_ADVISED


def test_who_was_offered_too_little_is_not_held_to_it() -> None:
    few = suggest(replace(USUAL, services=0, offers=5), LIMITS)
    assert few == (Advice.INSUFFICIENT, ("有效票不足5票，合适的服务机会5次，不足6次",))
    assert suggest(replace(USUAL, services=0, offers=6), LIMITS).advice is Advice.NORMAL


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({}, Advice.RECOMMEND_FIRST),
        ({"unsatisfied": 2}, Advice.NORMAL),  # 80 %
        ({"services": 5}, Advice.NORMAL),
        ({"votes": 5, "raters": 5}, Advice.NORMAL),
        ({"raters": 2}, Advice.NORMAL),
        ({"months_registered": 5}, Advice.NORMAL),
        ({"has_reviewed_item": True}, Advice.TALK_ADVISED),
    ],
)
def test_a_recommendation_fulfils_the_whole_rule(change: dict[str, int], advice: Advice) -> None:
    best = replace(voted(10, 1), services=6)
    assert suggest(replace(best, **change), LIMITS).advice is advice  # type: ignore[arg-type]


PLAIN = Seen(
    Advice.NORMAL, months_registered=12, share_suspended=0.0, services=4, offers=9, absences=0
)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, ["steady"]),
        ({"absences": 1}, []),
        ({"advice": Advice.RECOMMEND_FIRST, "is_commended": True}, ["outstanding", "steady"]),
        ({"advice": Advice.RECOMMEND_FIRST}, ["steady"]),
        ({"advice": Advice.TALK_ADVISED}, ["remind"]),
        ({"skilled": 3, "has_office": True}, ["steady", "expert", "organizer"]),
        ({"shifts": 2, "shifts_done": 2}, ["steady", "emergency"]),
        ({"shifts": 2, "shifts_done": 1}, ["steady"]),
        ({"months_registered": 2}, ["new", "steady"]),
        ({"share_suspended": 0.7, "services": 0}, ["suspended"]),
        ({"services": 0, "offers": 5}, ["few_chances"]),
        ({"services": 0}, ["not_yet"]),
    ],
)
def test_the_facts_propose_the_sentences_that_fit(
    change: dict[str, object], codes: list[str]
) -> None:
    assert propose_opinion(replace(PLAIN, **change), LIMITS) == codes  # type: ignore[arg-type]


def test_every_sentence_of_the_content_has_its_rule() -> None:
    phrases = {each.code for each in shipped.read() if each.section == "opinion_phrases.community"}
    assert set(WHEN) == phrases
