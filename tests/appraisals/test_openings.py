"""Who rated: two of the named roles, a reason, a short time, a line in the log and a notice."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.appraisal import AppraisalAnswer, AppraisalRater, OpeningStatus, RaterOpening
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.house import AccessLog
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.report import Satisfaction
from tests.appraisals.town import Clock, Sessions, Town, fresh, inbox, stand_at, tick
from tests.factories.appraisals import make_ballots, make_cycle
from tests.factories.members import make_registration
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_service
from tests.orders.town import Desk

A = AppraisalAnswer


class Two:
    """An auditor and a discipline contact of the city, and a year whose window is closed."""

    def __init__(self, auditor: Person, contact: Person, cycle: EvaluationCycle) -> None:
        self.auditor, self.contact, self.cycle = auditor, contact, cycle


@pytest.fixture
async def two(session: AsyncSession, town: Town) -> Two:
    city = await session.get_one(Organization, town.community.lineage[0])
    made = Two(
        await make_staff(session, Role.AUDITOR, city),
        await make_staff(session, Role.CITY_DISCIPLINE_CONTACT, city),
        await make_cycle(session, town.district, status=CycleStatus.FINAL),
    )
    await make_ballots(session, made.cycle, town.members[0], A.SATISFIED, A.UNSATISFIED, A.UNKNOWN)
    await session.commit()
    return made


async def ask(desk: Desk, who: Person, town: Town, about: Any, **more: Any) -> Any:
    body = {
        "registration_id": str(town.members[0].id),
        "source": "appraisal",
        "source_id": str(about),
        "reason": "有人反映集体打低分",
    } | more
    return await desk.post(who, f"/organizations/{town.community.id}/rater-openings", **body)


async def step(desk: Desk, who: Person, opening: Any, name: str, **body: Any) -> Any:
    return await desk.post(who, f"/rater-openings/{opening['id']}/{name}", **body)


async def raters(session: AsyncSession) -> list[Any]:
    rows = await session.scalars(select(AppraisalRater.person_id).order_by(AppraisalRater.id))
    return list(rows)


async def test_one_asks_another_agrees_both_look_and_the_raters_are_told(
    session: AsyncSession, desk: Desk, town: Town, two: Two, sessions: Sessions
) -> None:
    opening = (await ask(desk, two.auditor, town, two.cycle.id)).json()
    assert opening["status"] == "asked"
    await tick(sessions)
    assert await inbox(session, two.contact.id) == ["opening_asked"]
    mine = await desk.get(two.auditor, f"/rater-openings/{opening['id']}")
    assert (mine["is_mine"], mine["open_to"]) == (True, ["refuse"])
    theirs = await desk.get(two.contact, f"/rater-openings/{opening['id']}")
    assert (theirs["reason"], theirs["open_to"]) == ("有人反映集体打低分", ["agree", "refuse"])
    early = await step(desk, two.auditor, opening, "look")
    assert early.json()["code"] == "not_open"
    assert (await step(desk, two.contact, opening, "agree")).json()["status"] == "open"
    for who in (two.auditor, two.contact):
        seen = await step(desk, who, opening, "look")
        assert [each["answer"] for each in seen.json()["raters"]] == ["satisfied", "unsatisfied"]
    await tick(sessions)
    assert await inbox(session, two.auditor.id) == ["opening_decided"]
    first, second, unknown = await raters(session)
    assert await inbox(session, first) == await inbox(session, second) == ["rater_opened"]
    assert await inbox(session, unknown) == []
    looks = (await session.scalars(select(AccessLog))).all()
    assert {(look.owner_id, look.actor_id) for look in looks} == {
        (rater, who.id) for rater in (first, second) for who in (two.auditor, two.contact)
    }
    assert {look.reason for look in looks} == {"有人反映集体打低分"}
    assert await inbox(session, town.members[0].person_id) == []


async def test_a_service_is_opened_the_same_way(
    session: AsyncSession, desk: Desk, town: Town, two: Two
) -> None:
    resident = await make_person(session, name="李梅")
    order = await make_service(
        session, town.members[0], rated=Satisfaction.UNSATISFIED, rater=resident
    )
    await session.commit()
    opening = (await ask(desk, two.contact, town, order.id, source="service")).json()
    await step(desk, two.auditor, opening, "agree")
    (seen,) = (await step(desk, two.auditor, opening, "look")).json()["raters"]
    assert (seen["name"], seen["answer"]) == ("李梅", "unsatisfied")


async def test_nobody_opens_alone_or_about_himself(
    session: AsyncSession, desk: Desk, town: Town, two: Two
) -> None:
    city = await session.get_one(Organization, town.community.lineage[0])
    third = await make_staff(session, Role.AUDITOR, city)
    rated = await make_registration(session, town.community, two.auditor)
    await session.commit()
    about_himself = await ask(desk, two.auditor, town, two.cycle.id, registration_id=str(rated.id))
    assert about_himself.json()["code"] == "two_needed"
    about_him = (
        await ask(desk, two.contact, town, two.cycle.id, registration_id=str(rated.id))
    ).json()
    assert (await step(desk, two.auditor, about_him, "agree")).json()["code"] == "two_needed"
    opening = (await ask(desk, two.auditor, town, two.cycle.id)).json()
    again = await ask(desk, two.contact, town, two.cycle.id)
    assert again.json()["code"] == "opening_lives"
    assert (await step(desk, two.auditor, opening, "agree")).json()["code"] == "two_needed"
    assert (await step(desk, two.contact, opening, "agree")).status_code == 200
    assert (await step(desk, third, opening, "look")).json()["code"] == "not_of_the_two"
    assert (await step(desk, town.secretary, opening, "look")).status_code == 404
    assert (await desk.get(town.secretary, f"/rater-openings/{opening['id']}"))[
        "code"
    ] == "not_found"


async def test_what_was_not_rated_is_not_asked(
    session: AsyncSession, desk: Desk, town: Town, two: Two, cycle_of_next_year: EvaluationCycle
) -> None:
    far = await make_registration(session)
    await session.commit()
    for more, pointer in (
        ({"registration_id": str(far.id)}, "/registration_id"),
        ({"registration_id": str(town.district.id)}, "/registration_id"),
        ({"source": "service"}, "/source_id"),
        ({"source_id": str(cycle_of_next_year.id)}, "/source_id"),
    ):
        refused = await ask(desk, two.auditor, town, two.cycle.id, **more)
        assert refused.json()["errors"][0]["pointer"] == pointer, refused.text
    assert (await ask(desk, town.secretary, town, two.cycle.id)).status_code == 403
    nowhere = await desk.post(
        two.auditor,
        f"/organizations/{two.cycle.id}/rater-openings",
        registration_id=str(far.id),
        source="service",
        source_id=str(far.id),
        reason="核查",
    )
    assert nowhere.status_code == 404
    listing = f"/organizations/{two.cycle.id}/rater-openings"
    assert (await desk.get(two.auditor, listing))["code"] == "not_found"


@pytest.fixture
async def cycle_of_next_year(session: AsyncSession, town: Town) -> EvaluationCycle:
    return await make_cycle(
        session, town.district, status=CycleStatus.COLLECTING, year=clock.today().year + 1
    )


async def test_silence_lets_it_lapse_and_the_time_shuts_it(
    session: AsyncSession, desk: Desk, town: Town, two: Two, sessions: Sessions, move_clock: Clock
) -> None:
    asked = (await ask(desk, two.auditor, town, two.cycle.id)).json()
    row = await session.get_one(RaterOpening, asked["id"])
    stand_at(move_clock, row.due_at or clock.now())
    await tick(sessions)
    assert (await fresh(session, row)).status is OpeningStatus.LAPSED
    again = (await ask(desk, two.auditor, town, two.cycle.id)).json()
    await step(desk, two.contact, again, "agree")
    opened = await session.get_one(RaterOpening, again["id"])
    assert opened.due_at is not None
    stand_at(move_clock, opened.due_at)
    late = await step(desk, two.contact, again, "look")
    assert late.json()["code"] == "not_open"
    await tick(sessions)
    assert (await fresh(session, opened)).status is OpeningStatus.CLOSED
    assert await inbox(session, two.auditor.id) == ["opening_decided", "opening_decided"]


async def test_who_is_refused_is_told(
    session: AsyncSession, desk: Desk, town: Town, two: Two, sessions: Sessions
) -> None:
    opening = (await ask(desk, two.auditor, town, two.cycle.id)).json()
    refused = await step(desk, two.contact, opening, "refuse", reason="理由不充分")
    assert (refused.json()["status"], refused.json()["due_at"]) == ("refused", None)
    await tick(sessions)
    assert await inbox(session, two.auditor.id) == ["opening_decided"]
    late = await step(desk, two.contact, opening, "agree")
    assert late.json()["code"] == "bad_transition"


async def test_what_was_asked_is_a_list(
    session: AsyncSession, desk: Desk, town: Town, two: Two
) -> None:
    for row in town.members[:3]:
        await ask(desk, two.auditor, town, two.cycle.id, registration_id=str(row.id))
    page = f"/organizations/{town.community.id}/rater-openings?limit=2"
    first = await desk.get(two.contact, page)
    more = await desk.get(two.contact, f"{page}&cursor={first['next_cursor']}")
    named = [each["registration_id"] for each in (*first["items"], *more["items"])]
    assert named == [str(row.id) for row in reversed(town.members[:3])]
    assert (await desk.get(town.clerk, page))["code"] == "forbidden"
