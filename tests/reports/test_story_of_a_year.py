"""A community's year over HTTP, from its planning to the employer's receipt; figures by hand.

Of eight members one is commended, one has too few votes, one objects to his votes and is right, about
one something is alleged and dropped, one is rated by neighbours only, and one is registered where
nobody signs.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.member import Registration
from app.models.need import Acceptance, AcceptanceStatus
from app.models.person import Person
from app.models.report import Satisfaction
from tests.appraisals.town import stand_at
from tests.evaluations.town import Sessions, Town, join, make_town, work
from tests.factories.organizations import make_community
from tests.factories.people import make_person
from tests.factories.reports import make_consent, make_service
from tests.orders.town import Desk, desk

__all__ = ["desk"]

MoveClock = Callable[[timedelta], None]
GOOD, BAD = Satisfaction.SATISFIED, Satisfaction.UNSATISFIED
# name: minutes of each service, and what its resident said of it
SERVED: dict[str, tuple[int, Sequence[Satisfaction]]] = {
    "张三": (60, [GOOD] * 6),
    "李四": (90, [GOOD] * 2),
    "王五": (30, [GOOD] * 3 + [BAD] * 4),
    "赵六": (45, [GOOD]),
}
IDLE = ("钱七", "孙八", "周九", "吴十")
NEIGHBOURS = ("satisfied", "satisfied", "satisfied", "fair", "unsatisfied")  # of 孙八


async def settle(session: AsyncSession, town: Town) -> dict[str, Registration]:
    """Everybody by name, registered since the winter; committed."""
    elsewhere = await make_community(session, name="新桥社区")
    elsewhere.lineage = [*town.community.lineage[:2], elsewhere.id]
    people = {"张三": town.registration}
    for name in (*SERVED, *IDLE):
        if name not in people:
            people[name] = await join(session, town, await make_person(session, name=name))
    people["赵六"].community_id = elsewhere.id
    for registration in people.values():
        registration.registered_on = clock.today() - timedelta(days=300)
    await make_consent(session, town.member.id, "publicity_of_commendation")
    await session.commit()
    return people


async def serve_and_be_rated(
    session: AsyncSession, desk: Desk, people: dict[str, Registration]
) -> None:
    """The services of the year are done, and each resident has said how satisfied he is."""
    for name, (minutes, said) in SERVED.items():
        for mark in said:
            resident = await make_person(session)
            order = await make_service(
                session,
                people[name],
                rater=resident,
                answer=AcceptanceStatus.SOLVED,
                answered_at=clock.now(),
                minutes=minutes,
            )
            need = await session.scalar(
                select(Acceptance.need_id).where(Acceptance.order_id == order.id)
            )
            await session.commit()
            path = f"/needs/{need}/rating"
            assert (await desk.post(resident, path, satisfaction=mark.value)).status_code == 204
            assert (await desk.post(resident, path, satisfaction=BAD.value)).status_code == 409


async def be_rated_by_neighbours(
    session: AsyncSession, desk: Desk, town: Town, page: str, about: Registration
) -> None:
    """The secretary names five neighbours, and each answers about this member alone."""
    neighbours = [await make_person(session) for _ in NEIGHBOURS]
    await session.commit()
    raters = [{"name": "居民", "phone": each.phone} for each in neighbours]
    named = await desk.post(town.secretary, page, panel="community", raters=raters)
    assert named.status_code == 201, named.text
    for who, answer in zip(neighbours, NEIGHBOURS, strict=True):
        (asked,) = (await desk.get(who, "/me/appraisals"))["items"]
        given = await desk.client.put(
            f"/api/v1/appraisal-raters/{asked['rater_id']}/ballots",
            json={"answers": [{"registration_id": str(about.id), "answer": answer}]},
            headers=desk.sign_in(who),
        )
        assert given.status_code == 204, given.text


async def commend(desk: Desk, town: Town, period: dict[str, str]) -> None:
    """The meeting names the member, the branch confirms it; he has agreed to the notice."""
    path = f"/organizations/{town.community.id}/commendations"
    wanted = [str(town.registration.id)]
    met = (await desk.post(town.secretary, path, registration_ids=wanted, **period)).json()
    made = met["items"][0]["id"]
    confirmed = await desk.post(town.leader, f"/commendations/{made}/confirm")
    assert confirmed.json()["status"] == "on_notice"


async def object_in_the_right(desk: Desk, town: Town, who: Person, report: str) -> None:
    """He objects to his votes; the community answers, and the subdistrict grants it."""
    said = {"kind": "votes", "words": "有人应当回避"}
    made = (await desk.post(who, f"/reports/{report}/objections", **said)).json()["id"]
    path = f"/objections/{made}"
    assert (await desk.post(town.secretary, f"{path}/answer", words="已核对")).is_success
    granted = {"is_granted": True, "reason": "一人应回避"}
    assert (await desk.post(town.street, f"{path}/decide", **granted)).is_success


async def drop_what_was_alleged(desk: Desk, town: Town, about: Registration) -> None:
    """One alleges, another agrees, and it does not hold."""
    said = {"code": "unsafe_conduct", "facts": "登高作业", "evidence": "现场记录"}
    path = f"/registrations/{about.id}/negative-items"
    day = clock.today().isoformat()
    item = (await desk.post(town.secretary, path, happened_on=day, **said)).json()["id"]
    assert (await desk.post(town.leader, f"/negative-items/{item}/agree")).is_success
    dropped = await desk.post(town.secretary, f"/negative-items/{item}/drop", reason="查无此事")
    assert dropped.json()["status"] == "dropped"


async def propose(desk: Desk, town: Town, period: dict[str, str]) -> list[Any]:
    """What the facts propose, so that the meeting knows whom it may name."""
    path = f"/organizations/{town.community.id}/suggestions"
    assert (await desk.post(town.secretary, path, **period)).is_success
    found: list[Any] = (await desk.get(town.secretary, f"{path}?period_to={period['period_to']}"))[
        "items"
    ]
    return found


async def decide(desk: Desk, town: Town, period: dict[str, str]) -> dict[str, str]:
    """The secretary decides what the facts propose; what was proposed, by name."""
    path = f"/organizations/{town.community.id}/suggestions"
    found = await propose(desk, town, period)
    decisions = [{"suggestion_id": each["id"], "decided": each["proposed"]} for each in found]
    answer = await desk.post(town.secretary, f"{path}/decide", decisions=decisions)
    assert answer.is_success, answer.text
    return {each["member_name"]: each["proposed"] for each in found}


async def sheets_of(desk: Desk, town: Town) -> dict[str, str]:
    """The community's drafts, by name."""
    path = f"/organizations/{town.community.id}/sheets"
    found = {}
    for each in (await desk.get(town.secretary, path))["items"]:
        page = await desk.get(town.secretary, f"/reports/{each['id']}")
        found[page["content"]["basics"]["name"]] = each["id"]
    return found


async def test_a_year(
    session: AsyncSession, desk: Desk, sessions: Sessions, move_clock: MoveClock
) -> None:
    year = clock.today().year
    stand_at(move_clock, datetime(year, 11, 20, 2, tzinfo=UTC))
    town = await make_town(session)
    people = await settle(session, town)
    await serve_and_be_rated(session, desk, people)
    period = {"period_from": f"{year - 1}-12-01", "period_to": f"{year}-11-30"}
    path = f"/organizations/{town.community.lineage[1]}/evaluation-cycles"
    planned = (await desk.post(town.office, path, year=year)).json()
    await drop_what_was_alleged(desk, town, people["钱七"])

    async def go_on(until: CycleStatus) -> EvaluationCycle:
        """The clock has moved the cycle on, and all that follows is done."""
        while True:
            cycle = await session.get_one(EvaluationCycle, planned["id"], populate_existing=True)
            if cycle.status is until:
                return cycle
            stand_at(move_clock, cycle.due_at or clock.now())
            await work(sessions)

    collecting = await go_on(CycleStatus.COLLECTING)
    page = f"/evaluation-cycles/{collecting.id}/communities/{town.community.id}/raters"
    await be_rated_by_neighbours(session, desk, town, page, people["孙八"])

    # the votes are counted, and in the night everybody's sheet is drafted
    assert planned["facts_close_on"] == period["period_to"]
    await go_on(CycleStatus.OBJECTION_WINDOW)
    sheets = await sheets_of(desk, town)
    assert set(sheets) == set(people) - {"赵六"}
    wang = await session.get_one(Person, people["王五"].person_id)
    drafted = (await desk.get(wang, f"/reports/{sheets['王五']}"))["content"]
    assert drafted["ratings"]["service_votes"] == 7
    first = {each["member_name"]: each["proposed"] for each in await propose(desk, town, period)}
    assert first["王五"] == "talk_advised"  # 3 of 7 are 43 %
    await commend(desk, town, period)
    await object_in_the_right(desk, town, wang, sheets["王五"])

    # the members have read; the notice has hung; the secretary decides and signs
    await go_on(CycleStatus.FINAL)
    proposed = await decide(desk, town, period)
    assert proposed == {
        "张三": "recommend_first",  # 6 of 6, six services, nine months
        "王五": "normal",  # his votes count no longer
        "李四": "insufficient",  # 2 votes
        **dict.fromkeys(IDLE, "insufficient"),
        "孙八": "normal",  # 4 of 5 neighbours
    }
    for each in sheets.values():
        assert (await desk.post(town.secretary, f"/reports/{each}/issue")).is_success
    sent = await go_on(CycleStatus.SENT)
    assert sent.issue_on >= date(year, 12, 20)

    # the employer has it all at once, and says so once
    inbox = f"/organizations/{town.employer.id}/summaries"
    (summary,) = [
        each
        for each in (await desk.get(town.boss, inbox))["items"]
        if each["kind"] == "employer_summary"
    ]
    shown = (await desk.get(town.boss, f"/reports/{summary['id']}"))["content"]
    assert (shown["head"]["sheets_included"], shown["head"]["sheets_without_opinion"]) == (7, 1)
    assert shown["services"]["services_count"] == 6 + 2 + 7 + 1
    assert shown["services"]["minutes"] == 6 * 60 + 2 * 90 + 7 * 30 + 45
    assert shown["services"]["members_served"] == 4
    assert shown["ratings"]["votes"] == 6 + 2 + 1 + 5  # without the 7 that were found wanting
    assert shown["ratings"]["satisfaction"] == "92.9%"  # 6 + 2 + 1 and 4 of 14
    assert shown["attention"] == {
        "recommend_list": ["张三"],
        "talk_list": [],
        "insufficient_count": 4,
    }
    lines: dict[str, Any] = {each["member"]: each for each in shown["details"]}
    assert {name: line["satisfaction"] for name, line in lines.items() if name in SERVED} == {
        "张三": "95%以上",
        "李四": "评价较少，不计算比例",
        "王五": None,
        "赵六": "评价较少，不计算比例",
    }
    assert (lines["孙八"]["count"], lines["孙八"]["satisfaction"]) == (0, "70%—85%")
    unsigned = lines["赵六"]
    assert (unsigned["count"], unsigned["minutes"]) == (1, 45)
    assert (unsigned["opinion"], unsigned["suggestion"]) == ("社区意见暂缺", None)
    contents = {
        name: (await desk.get(town.boss, f"/reports/{each}"))["content"]
        for name, each in sheets.items()
    }
    assert [each["kind"] for each in contents["张三"]["conduct"]["commended"]] == ["recommend"]
    assert contents["钱七"]["conduct"] == {"commended": [], "negative_items": []}
    assert contents["王五"]["opinions"]["suggestion"] == "normal"
    assert contents["王五"]["statement"]["objection_outcome"] == [
        {"kind": "votes", "is_granted": True, "words": "一人应回避"}
    ]
    done = await desk.post(town.boss, f"/reports/{summary['id']}/acknowledge")
    assert done.json()["status"] == "acknowledged"
    again = await desk.post(town.boss, f"/reports/{summary['id']}/acknowledge")
    assert again.json()["code"] == "bad_transition"
