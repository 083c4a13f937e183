"""What a rater sees and answers: his own area, nobody he is tied to, changed until the end."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields
from app.models.appraisal import AppraisalBallot, AppraisalRater, BallotWay, Panel
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.member import Member, RegistrationStatus
from app.models.person import Person, Role
from tests.appraisals.town import Clock, Town, stand_at
from tests.factories.appraisals import make_cycle, make_rater
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_organization
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk


async def listed(desk: Desk, who: Any, rater: AppraisalRater) -> list[Any]:
    items = (await desk.get(who, f"/appraisal-raters/{rater.id}/members"))["items"]
    return [each["registration_id"] for each in items]


async def answer(desk: Desk, who: Any, rater: AppraisalRater, **answers: str) -> Any:
    return await desk.client.put(
        f"/api/v1/appraisal-raters/{rater.id}/ballots",
        json={
            "answers": [{"registration_id": one, "answer": said} for one, said in answers.items()]
        },
        headers=desk.sign_in(who),
    )


async def test_a_rater_reads_where_he_is_asked_and_changes_his_answers(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    who = await make_person(session)
    rater = await make_rater(session, cycle, town.community, who)
    await session.commit()
    (asked,) = (await desk.get(who, "/me/appraisals"))["items"]
    assert (asked["rater_id"], asked["text"][:5]) == (str(rater.id), "请就您了解")
    first, second, *_ = (str(row.id) for row in town.members)
    told = await answer(desk, who, rater, **{first: "satisfied", second: "unknown"})
    assert told.status_code == 204, told.text
    assert (await answer(desk, who, rater, **{first: "unsatisfied"})).status_code == 204
    items = (await desk.get(who, f"/appraisal-raters/{rater.id}/members"))["items"]
    said = {each["registration_id"]: each["answer"] for each in items}
    assert (said[first], said[second], len(said)) == ("unsatisfied", "unknown", 4)
    for other in (town.secretary, await make_person(session)):
        gone = await desk.get(other, f"/appraisal-raters/{rater.id}/members")
        assert gone["code"] == "not_found"
        assert (await answer(desk, other, rater, **{first: "fair"})).status_code == 404


async def test_names_stand_by_their_strokes_whatever_was_answered(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    for name, row in zip(("魏一", "丁一", "王一", "丁二"), town.members, strict=True):
        (await session.get_one(Member, row.member_id)).name = name
    who = await make_person(session)
    rater = await make_rater(session, cycle, town.community, who)
    await session.commit()
    await answer(desk, who, rater, **{str(town.members[0].id): "satisfied"})
    items = (await desk.get(who, f"/appraisal-raters/{rater.id}/members"))["items"]
    assert [each["name"] for each in items] == ["丁一", "丁二", "王一", "魏一"]
    fields_of = {"registration_id", "name", "grid_name", "group_name", "answer"}
    assert set(items[0]) == fields_of


async def test_a_representative_sees_his_own_area_and_the_secretary_her_protected(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    hidden, *others = town.members
    (await session.get_one(Member, hidden.member_id)).is_protected = True
    who = await make_person(session)
    neighbour = await make_rater(
        session,
        cycle,
        town.community,
        who,
        panel=Panel.RESIDENT_REPRESENTATIVES,
        area_id=town.groups[0].id,
    )
    secretary = await make_rater(session, cycle, town.community, town.secretary)
    await session.commit()
    assert await listed(desk, who, neighbour) == [str(town.members[2].id)]
    far = str(others[0].id)
    refused = await answer(desk, who, neighbour, **{str(town.members[2].id): "fair", far: "fair"})
    assert refused.json()["errors"][0]["pointer"] == "/answers/1/registration_id"
    assert (await session.scalars(select(AppraisalBallot))).all() == []
    assert len(await listed(desk, town.secretary, secretary)) == 4


async def test_who_left_came_late_or_is_on_paper_is_rated_by_nobody(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    gone, late, paper, stays = town.members
    gone.status = RegistrationStatus.ENDED
    late.registered_on = clock.day_after(clock.today()).date().replace(year=clock.today().year + 1)
    paper.channel = "paper_only"
    who = await make_person(session)
    rater = await make_rater(session, cycle, town.community, who)
    await session.commit()
    assert await listed(desk, who, rater) == [str(stays.id)]


async def test_himself_colleagues_and_who_is_above_or_below_stand_aside(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    employer = await make_organization(session, "employer", town.district)
    branch = await make_organization(session, "employer_branch", employer)
    who = await make_person(session)
    line = await make_member(session, employer, who, branch_id=branch.id)
    await make_registration(session, town.community, who, member=line)
    colleague = await make_member(
        session, employer, await make_person(session), branch_id=branch.id
    )
    await make_registration(session, town.community, member=colleague)
    elsewhere = await make_organization(session, "employer_branch", employer)
    distant = await make_member(
        session, employer, await make_person(session), branch_id=elsewhere.id
    )
    seen = await make_registration(session, town.community, member=distant)
    boss: Person = await make_staff(session, Role.EMPLOYER_SECRETARY, employer)
    above = await make_member(
        session,
        await make_organization(session, "employer", town.district),
        boss,
    )
    await make_registration(session, town.community, boss, member=above)
    rater = await make_rater(session, cycle, town.community, who)
    chief = await make_rater(session, cycle, town.community, boss)
    await session.commit()
    usual = {str(row.id) for row in town.members}
    assert set(await listed(desk, who, rater)) == {*usual, str(seen.id)}
    assert set(await listed(desk, boss, chief)) == usual


async def test_who_is_named_by_phone_becomes_the_rater_with_his_first_answer(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    who = await make_person(session)
    rater = await make_rater(
        session,
        cycle,
        town.community,
        person_id=None,
        phone_hash=fields.find_by(who.phone or ""),
    )
    await session.commit()
    told = await answer(desk, who, rater, **{str(town.members[0].id): "recused"})
    assert told.status_code == 204, told.text
    await session.refresh(rater)
    assert rater.person_id == who.id


async def test_nobody_answers_outside_the_window_or_beside_his_paper(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, move_clock: Clock
) -> None:
    who = await make_person(session)
    member = str(town.members[0].id)
    paper = await make_rater(session, cycle, town.community, who, way=BallotWay.PAPER_BALLOT)
    early = await make_cycle(session, town.district, year=2020)
    over = await make_cycle(session, town.district, year=2019, status=CycleStatus.COMPUTING)
    raters = [await make_rater(session, each, town.community, who) for each in (early, over)]
    last = await make_rater(session, cycle, town.community)
    await session.commit()
    assert (await answer(desk, who, paper, **{member: "fair"})).json()["code"] == "on_paper"
    for rater in raters:
        refused = await answer(desk, who, rater, **{member: "fair"})
        assert refused.json()["code"] == "appraisal_closed"
    stand_at(move_clock, cycle.due_at or clock.now())
    person = await session.get_one(Person, last.person_id)
    refused = await answer(desk, person, last, **{member: "fair"})
    assert refused.json()["code"] == "appraisal_closed"


async def test_three_hundred_answers_cost_a_handful_of_statements(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, count_statements: Any
) -> None:
    employer = await make_organization(session, "employer", town.district)
    rows = [await make_registration(session, town.community, employer=employer) for _ in range(296)]
    who = await make_person(session)
    rater = await make_rater(session, cycle, town.community, who)
    await session.commit()
    wanted = {str(row.id): "satisfied" for row in (*rows, *town.members)}
    for one in (wanted, {str(rows[0].id): "fair"}):
        with count_statements() as seen:
            assert (await answer(desk, who, rater, **one)).status_code == 204
        assert len(seen) <= 6, seen
