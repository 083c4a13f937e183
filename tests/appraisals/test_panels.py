"""Who rates: proposed from posts, named by the secretary, said when short; how many have answered."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields
from app.models.appraisal import AppraisalAnswer, AppraisalRater, BallotWay, Panel
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.organization import Appointment, Organization
from tests.appraisals.town import Clock, Sessions, Town, inbox, of, stand_at, tick
from tests.factories.appraisals import make_ballots, make_count, make_cycle, make_rater
from tests.factories.members import make_registration
from tests.factories.organizations import make_organization
from tests.factories.people import make_person, next_phone
from tests.orders.town import Desk

COMMUNITY, REPRESENTATIVES = Panel.COMMUNITY.value, Panel.RESIDENT_REPRESENTATIVES.value


async def hold(
    session: AsyncSession, place: Organization, post: str, **columns: Any
) -> Appointment:
    row = Appointment(
        **{
            "organization_id": place.id,
            "post": post,
            "name": "周强",
            "from_on": clock.today(),
        }
        | columns
    )
    session.add(row)
    await session.flush()
    return row


def panel_of(shown: Any, panel: str) -> Any:
    return next(each for each in shown["panels"] if each["panel"] == panel)


async def test_posts_are_proposed_and_named_in_one_call(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    grid = await make_organization(session, "grid", town.community)
    town.groups[0].grid_id = grid.id
    person = await make_person(session)
    posts = [
        await hold(session, town.groups[1], "resident_representative", person_id=person.id),
        await hold(session, grid, "resident_representative", name="吴敏"),
    ]
    await hold(
        session, town.community, "resident_representative", to_on=clock.today() - timedelta(1)
    )
    await hold(session, town.community, "community_secretary")
    await hold(session, await make_organization(session, "community"), "community_secretary")
    await session.commit()
    page = of(cycle, town, "panels")
    shown = await desk.get(town.secretary, page)
    proposed = panel_of(shown, REPRESENTATIVES)["proposed"]
    assert [(each["name"], each["area_id"]) for each in proposed] == [
        ("周强", str(town.groups[1].id)),
        ("吴敏", str(town.groups[0].id)),
    ]
    assert len(panel_of(shown, COMMUNITY)["proposed"]) == 1
    answer = await desk.post(
        town.secretary,
        of(cycle, town, "raters"),
        panel=REPRESENTATIVES,
        raters=[{"appointment_id": str(post.id)} for post in posts],
    )
    assert answer.status_code == 201, answer.text
    shown = panel_of(await desk.get(town.secretary, page), REPRESENTATIVES)
    assert shown["proposed"] == []
    assert [(each["name"], each["is_known"]) for each in shown["raters"]] == [
        ("周强", True),
        ("吴敏", False),
    ]
    assert shown["short_of"] == [
        {"area_id": None, "area_name": None, "wanted": 5, "named": 2, "is_of_paper": False},
        *(
            {
                "area_id": str(group.id),
                "area_name": group.name,
                "wanted": 3,
                "named": 1,
                "is_of_paper": False,
            }
            for group in town.groups
        ),
    ]


async def test_who_holds_no_post_is_named_with_his_phone_or_for_paper(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    known = await make_person(session)
    await session.commit()
    answer = await desk.post(
        town.secretary,
        of(cycle, town, "raters"),
        panel=COMMUNITY,
        raters=[
            {"name": "李梅", "phone": known.phone, "area_id": str(town.groups[0].id)},
            {"name": "陈静", "phone": next_phone()},
            {"name": "周强", "way": "paper_ballot"},
        ],
    )
    assert answer.status_code == 201, answer.text
    rows = (await session.scalars(select(AppraisalRater).order_by(AppraisalRater.id))).all()
    assert [(row.person_id, row.area_id, row.phone_hash is None) for row in rows] == [
        (known.id, None, False),
        (None, None, False),
        (None, None, True),
    ]
    shown = panel_of(await desk.get(town.secretary, of(cycle, town, "panels")), COMMUNITY)
    assert [each["is_known"] for each in shown["raters"]] == [True, False, True]
    (few,) = shown["short_of"]
    assert (few["wanted"], few["named"], few["is_of_paper"]) == (3, 1, True)


async def test_a_wrong_rater_is_named_by_the_field_and_nobody_is_kept(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    elsewhere = await hold(session, town.district, "resident_representative")
    await session.commit()
    good = {"name": "李梅", "phone": next_phone(), "area_id": str(town.groups[0].id)}
    wrong: dict[str, dict[str, Any]] = {
        "/raters/1/appointment_id": {"appointment_id": str(elsewhere.id)},
        "/raters/1/name": {},
        "/raters/1/phone": {"name": "李梅"},
        "/raters/1/area_id": {"name": "李梅", "way": "paper_ballot"},
    }
    for pointer, one in wrong.items():
        answer = await desk.post(
            town.secretary,
            of(cycle, town, "raters"),
            panel=REPRESENTATIVES,
            raters=[good, one],
        )
        assert answer.json()["errors"][0]["pointer"] == pointer, answer.text
    foreign = good | {"area_id": str(town.community.id)}
    answer = await desk.post(
        town.secretary, of(cycle, town, "raters"), panel=REPRESENTATIVES, raters=[foreign]
    )
    assert answer.json()["errors"][0]["code"] == "unknown_area"
    assert (await session.scalars(select(AppraisalRater))).all() == []


async def test_nobody_stands_in_two_panels(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    person = await make_person(session)
    await make_rater(session, cycle, town.community, person)
    await session.commit()
    answer = await desk.post(
        town.secretary,
        of(cycle, town, "raters"),
        panel="functional_branch",
        raters=[{"name": "李梅", "phone": person.phone}],
    )
    assert answer.json()["code"] == "rater_named"


async def test_a_panel_grows_while_it_answers_and_loses_nobody(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, sessions: Sessions
) -> None:
    planned = await make_cycle(session, town.district, year=2020)
    early = await make_rater(session, planned, town.community)
    late = await make_rater(session, cycle, town.community)
    over = await make_cycle(session, town.district, year=2019, status=CycleStatus.FINAL)
    await session.commit()
    head = desk.sign_in(town.secretary)

    async def drop(rater: Any) -> Any:
        return await desk.client.delete(f"/api/v1/appraisal-raters/{rater.id}", headers=head)

    assert (await drop(early)).status_code == 204
    assert (await drop(early)).status_code == 404
    assert (await drop(late)).json()["code"] == "panel_fixed"
    one = {"panel": COMMUNITY, "raters": [{"name": "李梅", "phone": next_phone()}]}
    assert (await desk.post(town.secretary, of(cycle, town, "raters"), **one)).status_code == 201
    closed = await desk.post(town.secretary, of(over, town, "raters"), **one)
    assert closed.json()["code"] == "appraisal_closed"
    assert (await desk.post(town.clerk, of(cycle, town, "raters"), **one)).status_code == 403
    nowhere = f"/evaluation-cycles/{town.district.id}/communities/{town.community.id}/"
    assert (await desk.post(town.secretary, nowhere + "raters", **one)).status_code == 404
    assert (await desk.get(town.secretary, nowhere + "panels"))["code"] == "not_found"


async def test_before_it_begins_the_short_ones_are_told_and_then_the_raters(
    session: AsyncSession, desk: Desk, town: Town, sessions: Sessions, move_clock: Clock
) -> None:
    year = clock.today().year + 1
    made = (
        await desk.post(
            town.office, f"/organizations/{town.district.id}/evaluation-cycles", year=year
        )
    ).json()
    cycle = await session.get_one(EvaluationCycle, made["id"])
    await tick(sessions)
    assert await inbox(session, town.secretary.id) == ["appraisal_planned"]
    stand_at(move_clock, cycle.remind_at or clock.now())
    await tick(sessions)
    assert await inbox(session, town.secretary.id) == ["appraisal_planned", "panels_short"]
    online = await make_rater(session, cycle, town.community)
    later = await make_person(session)
    by_phone = await make_rater(
        session, cycle, town.community, person_id=None, phone_hash=fields.find_by(later.phone or "")
    )
    paper = await make_rater(session, cycle, town.community, way=BallotWay.PAPER_BALLOT)
    await session.commit()
    stand_at(move_clock, cycle.due_at or clock.now())
    await tick(sessions)
    assert await inbox(session, online.person_id) == ["appraisal_open"]
    assert await inbox(session, later.id) == ["appraisal_open"]
    assert await inbox(session, paper.person_id) == []
    assert await inbox(session, town.members[0].person_id) == ["self_report_open"]
    await make_ballots(session, cycle, town.members[0], AppraisalAnswer.FAIR)
    await session.commit()
    await session.refresh(cycle)
    stand_at(move_clock, cycle.remind_at or clock.now())
    await tick(sessions)
    assert (await inbox(session, online.person_id))[1:] == ["appraisal_ends"]
    assert by_phone.person_id is None


async def test_a_whole_panel_is_not_reminded(
    session: AsyncSession, town: Town, sessions: Sessions
) -> None:
    cycle = await make_cycle(session, town.district, remind_at=clock.now())
    await make_registration(session, town.community)
    for panel in Panel:
        for place in range(6):
            area = town.groups[place % 2].id if panel.value == REPRESENTATIVES else None
            await make_rater(session, cycle, town.community, panel=panel, area_id=area)
    await session.commit()
    await tick(sessions)
    assert await inbox(session, town.secretary.id) == []


async def test_an_area_with_two_on_paper_is_short_of_a_secret(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    for place in range(8):
        way = BallotWay.PAPER_BALLOT if place in (0, 2) else BallotWay.ONLINE
        await make_rater(
            session,
            cycle,
            town.community,
            panel=Panel.RESIDENT_REPRESENTATIVES,
            area_id=town.groups[place % 2].id,
            way=way,
        )
    await session.commit()
    shown = await desk.get(town.secretary, of(cycle, town, "panels"))
    (few,) = panel_of(shown, REPRESENTATIVES)["short_of"]
    assert (few["area_id"], few["is_of_paper"]) == (str(town.groups[0].id), True)


async def test_the_secretary_reads_how_many_answered_and_no_more(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    await make_rater(session, cycle, town.community)
    await make_rater(session, cycle, town.community, way=BallotWay.PAPER_BALLOT)
    await make_ballots(session, cycle, town.members[0], *[AppraisalAnswer.UNSATISFIED] * 2)
    await make_count(session, cycle, town.members[1], satisfied=3)
    await session.commit()
    shown = await desk.get(town.secretary, of(cycle, town, "progress"))
    numbers = {"online": 3, "answered": 2, "on_paper": 1, "lines_counted": 1, "lines_agreed": 1}
    first, *others = shown["panels"]
    assert first == {"panel": COMMUNITY, "name": "社区党组织委员"} | numbers
    for other in others:
        assert {other[name] for name in numbers} == {0}
    assert set(shown) == {"status", "appraisal_to", "panels"}
    assert (await desk.get(town.clerk, of(cycle, town, "progress")))["code"] == "forbidden"
