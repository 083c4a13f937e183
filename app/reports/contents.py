"""What a member sheet says: facts, shown votes and conduct in the sections of the form `member_sheet`.

What the member objects to stays out until it is decided; of votes that were found wanting no rate is
told at all. Source: practice.md R11, G, G7; content `report_forms`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from app.evaluations.conduct import Conduct
from app.models.member import RegistrationStatus
from app.models.objection import ObjectionKind
from app.models.report import ReportKind
from app.policies import content
from app.ratings.figures import Figure
from app.reports import reading_line
from app.reports.facts import MemberFacts
from app.reports.periods import Period
from app.reports.reading_line import NO_OPINION

FORM, OPINIONS = "report_forms", "opinion_phrases.community"
BRANCH_OPINIONS = "opinion_phrases.functional_branch"
PRAISE, ITEMS = "commendation.kinds", "negative_list.items"
BRANCH_OPINION = "functional_branch_opinion"
KEPT = ("taken", "completed", "released_in_time", "released_late", "excused", "no_show")
STATES = {
    RegistrationStatus.ACTIVE: "在册",
    RegistrationStatus.SUSPENDED: "暂停",
    RegistrationStatus.ENDED: "已结束",
}
UNRATED = dict.fromkeys(("service_votes", "appraisal_votes", "satisfaction", "counted_until"))


class Words(NamedTuple):
    """The form of the sentence that is read out, and the names of codes."""

    line: str
    opinions: Mapping[str, Any]
    branch_opinions: Mapping[str, Any]
    praise: Mapping[str, Any]
    items: Mapping[str, Any]


async def words(session: AsyncSession) -> Words:
    """As the content has them today; one statement."""
    found = await content.sections(session, FORM, OPINIONS, BRANCH_OPINIONS, PRAISE, ITEMS)
    line = found[FORM][ReportKind.MEMBER_SHEET]["reading_line"]
    return Words(line, *(found[name] for name in (OPINIONS, BRANCH_OPINIONS, PRAISE, ITEMS)))


def sheet_content(
    facts: MemberFacts,
    period: Period,
    rate: Figure,
    conduct: Conduct,
    words: Words,
    branch_opinion: str | None = None,
) -> dict[str, Any]:
    """The sections of the form `member_sheet`; no single rating, no words of a resident.

    `opinions.proposed`: what the facts propose to who signs; it goes with the draft.
    `branch_opinion` is what the functional branch chose, if it did.
    """
    waits = any(part.kind is ObjectionKind.VOTES for part in conduct.undecided)
    is_rated = not waits and not _are_votes_wanting(conduct)
    sheet: dict[str, Any] = {
        "form": "member_sheet",
        "head": {"period": [day.isoformat() for day in period], "issuer": facts.community},
        "basics": {
            "name": facts.name,
            "employer": facts.employer,
            "party_organization": facts.branch,
            "party_status": facts.party_status,
            "community": facts.community,
            "grid": facts.grid,
            "functional_organization": facts.functional,
            "registered_on": facts.registered_on.isoformat(),
            "certificate_number": facts.certificate_number,
            "channel": facts.channel,
            "state_in_period": _state(facts),
        },
        "services": {
            "posts_held": facts.posts_held,
            "appointments": facts.appointments,
            "activity_count": facts.activities,
            "post_count": facts.posts,
            "emergency_count": facts.emergencies,
            "pairing_wish": {"pairings": facts.pairings, "wishes": facts.wishes},
            "total_minutes": facts.minutes,
            "work_time_minutes": facts.work_minutes,
            "main_services": facts.main_services,
        },
        "reliability": {name: facts.seats.get(name, 0) for name in KEPT},
        "ratings": {
            "solved": facts.solved,
            "answered": facts.answered,
            "relayed_thanks": facts.thanks,
            **(_rated(rate) if is_rated else UNRATED),
        },
        "conduct": _conduct(conduct, words),
        "opinions": {
            "community_opinion": NO_OPINION,
            **of_branch(words.branch_opinions.get(branch_opinion or "")),
            "suggestion": None if waits else conduct.suggestion,
            "proposed": [
                {"code": code, "text": words.opinions[code]["text"]}
                for code in conduct.phrases
                if code in words.opinions
            ],
        },
        "statement": {
            "member_statement": [],
            "objection_outcome": [each._asdict() for each in conduct.objections],
        },
    }
    return sheet | {"reading_line": reading_line.write(words.line, sheet)}


def of_branch(phrase: Mapping[str, Any] | None) -> dict[str, str]:
    """The functional branch's sentence among the opinions; nothing, where it chose none."""
    return {} if phrase is None else {BRANCH_OPINION: phrase["text"]}


def _rated(rate: Figure) -> dict[str, Any]:
    return {
        "service_votes": rate.service_votes,
        "appraisal_votes": rate.appraisal_votes,
        "satisfaction": rate.satisfaction,
        "counted_until": rate.until and rate.until.isoformat(),
    }


def _are_votes_wanting(conduct: Conduct) -> bool:
    """Somebody has voted who should have stood aside; nobody knows which vote was his."""
    return any(each.kind is ObjectionKind.VOTES and each.is_granted for each in conduct.objections)


def _conduct(conduct: Conduct, words: Words) -> dict[str, Any]:
    return {
        "commended": [
            {"kind": each.kind, "name": words.praise[each.kind]["name"], "on": f"{each.stood_on}"}
            for each in conduct.commendations
        ],
        "negative_items": [
            {"code": each.code, "name": words.items[each.code]["name"], "on": f"{each.happened_on}"}
            for each in conduct.negative_items
        ],
    }


def _state(facts: MemberFacts) -> str:
    """在册, 暂停 with its days, 已结束."""
    state = STATES[facts.status]
    if facts.status is not RegistrationStatus.SUSPENDED:
        return state
    return f"{state}（{facts.suspended_from or ''}至{facts.suspended_to or '今'}）"
