"""A year from its planning to the figure on a member's sheet, over HTTP."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.evaluation import EvaluationCycle
from app.models.person import Person
from tests.appraisals.town import Clock, Sessions, Town, fresh, inbox, of, stand_at, tick
from tests.factories.people import make_person
from tests.factories.reports import make_consent
from tests.orders.town import Desk


async def test_a_year(
    session: AsyncSession, desk: Desk, town: Town, sessions: Sessions, move_clock: Clock
) -> None:
    year, row = clock.today().year - 1, town.members[0]
    for each in town.members:
        each.registered_on = clock.today().replace(year=year, month=1, day=5)
    await make_consent(session, row.person_id)
    raters = [await make_person(session) for _ in range(5)]
    await session.commit()
    path = f"/organizations/{town.district.id}/evaluation-cycles"
    made = (await desk.post(town.office, path, year=year)).json()
    cycle = await session.get_one(EvaluationCycle, made["id"])

    # the panels: five online, three on paper
    online = [{"name": "李梅", "phone": who.phone} for who in raters]
    paper = [{"name": name, "way": "paper_ballot"} for name in ("周强", "吴敏", "陈静")]
    for panel, named in (("community", online), ("functional_branch", paper)):
        told = await desk.post(town.secretary, of(cycle, town, "raters"), panel=panel, raters=named)
        assert told.status_code == 201, told.text

    # the window opens, and everybody says what he knows
    stand_at(move_clock, cycle.due_at or clock.now())
    await tick(sessions)
    assert "appraisal_open" in await inbox(session, raters[0].id)
    one = str(row.id)
    for place, who in enumerate(raters):
        (asked,) = (await desk.get(who, "/me/appraisals"))["items"]
        said = "unsatisfied" if place == 0 else "satisfied"
        answers: Any = {"answers": [{"registration_id": one, "answer": said}]}
        told = await desk.client.put(
            f"/api/v1/appraisal-raters/{asked['rater_id']}/ballots",
            json=answers,
            headers=desk.sign_in(who),
        )
        assert told.status_code == 204, told.text
    for counter in (town.secretary, town.clerk):
        totals = {"registration_id": one, "satisfied": 2, "fair": 1, "unsatisfied": 0}
        told = await desk.post(
            counter, of(cycle, town, "paper-counts"), panel="functional_branch", lines=[totals]
        )
        assert told.status_code == 204, told.text
    member = await session.get_one(Person, row.person_id)
    told = await desk.client.put(
        f"/api/v1/evaluation-cycles/{cycle.id}/self-report",
        json={"words": "按时到场"},
        headers=desk.sign_in(member),
    )
    assert told.status_code == 204, told.text
    progress = (await desk.get(town.secretary, of(cycle, town, "progress")))["panels"]
    assert [(each["online"], each["answered"]) for each in progress] == [(5, 5), (0, 0), (0, 0)]

    # as long as it is open, no figure; afterwards one, with its votes apart
    async def sheet() -> Any:
        period = {"period_from": f"{year}-01-01", "period_to": f"{year}-11-30"}
        drafts = await desk.post(
            town.secretary, f"/organizations/{town.community.id}/sheets", **period
        )
        (report_id,) = drafts.json()["report_ids"]
        return (await desk.get(member, f"/reports/{report_id}"))["content"]["ratings"]

    assert (await sheet())["appraisal_votes"] is None
    stand_at(move_clock, (await fresh(session, cycle)).due_at + timedelta(hours=1))
    await tick(sessions)
    told = await sheet()
    assert (told["service_votes"], told["appraisal_votes"]) == (0, 8)
    assert told["satisfaction"] == "85%—95%"
    late = await desk.client.put(
        f"/api/v1/appraisal-raters/{asked['rater_id']}/ballots",
        json=answers,
        headers=desk.sign_in(raters[-1]),
    )
    assert late.json()["code"] == "appraisal_closed"
