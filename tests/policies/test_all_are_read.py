"""A policy that somebody may set has an effect, or it is named here with the room that will give it."""

from pathlib import Path

from app.policies import service, shipped

APP = Path(service.__file__).parents[1]
LATER = {
    "registration.employer_not_on_platform": "registration: employers who are not on the platform",
    "registration.fallback_community": "registration: whoever lives out of the city",
    "registration.renewal": "registration: asking once more where somebody lives",
    "registration.address_depth": "registration: the unit within a building",
    "registration.offline_equal": "statistics: all channels are one figure, and there is no other",
    "registration.probationary_included": "registration: probationary members",
    "display.mode": "showing identity (亮明身份)",
    "display.min_count_shown": "showing identity (亮明身份)",
    "orders.weekly_triage_required": "triage: publishing only after the weekly meeting",
    "orders.evening_weekend_share_hint": "triage: a hint beside the week's times",
    "attendance.default_method": "orders: what the organiser's page opens with",
    "rating.reminders": "ratings: a reminder to rate; today nobody is reminded",
    "rating.visible_to_member": "ratings: a figure for the member between two reports",
    "rating.visible_to_member_min_raters": "ratings: a figure for the member between two reports",
    # Which ratings count would change for days that a figure has counted already: one that was shown
    # could no more be told from what is new, and a difference of two would show few raters (R10).
    "rating.same_pair_per_year": "ratings: fixed at 3, until a figure keeps the rule it counted by",
    "rating.community_mark_only_exceptions": "orders: marks are by exception, and no other way",
    "evaluation.composite_score": "none: off, and switching it on needs a legal review first",
    "evaluation.required_services_per_year": "reports: a norm; the first city has none",
    "evaluation.required_minutes_per_year": "reports: a norm; the first city has none",
    "negative_list.issued_in_name_of": "evaluations: the subdistrict, and no other yet",
    "report.person_of_signer_printed": "reports: never printed",
    "points.enabled": "points",
    "points.redemption_enabled": "points",
    "political_birthday.enabled": "political birthdays",
    "household_contact.enabled": "household contact (三提三知)",
    "community.rotation_days": "stations: who is on duty",
}


def test_what_may_be_set_is_read_or_waits_for_a_room() -> None:
    code = "\n".join(path.read_text() for path in APP.rglob("*.py"))
    unread = {
        entry.code
        for entry in shipped.read()
        if entry.section == service.SECTION
        and entry.data["set_by"] != "locked"
        and f'"{entry.code}"' not in code
    }
    assert unread == set(LATER)
