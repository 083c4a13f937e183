"""Conduct on a sheet and in a summary: what was decided stands there, what waits is left out."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.commendation import Commendation, CommendationKind, CommendationStatus
from app.models.member import Registration
from app.models.negative_item import NegativeItem, NegativeItemStatus
from app.models.objection import Objection, ObjectionKind, ObjectionStatus
from app.models.order import SeatStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.report import Satisfaction
from app.models.suggestion import Advice, Suggestion, SuggestionStatus
from app.reports import paper
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.factories.reports import make_service
from tests.reports.town import (
    PERIOD,
    TODAY,
    Desk,
    Town,
    compile_summary,
    desk,
    draft,
    join,
    line_of,
    town,
)

__all__ = ["desk", "town"]

YEAR = {"period_from": TODAY - timedelta(days=360), "period_to": TODAY}


async def suggest(
    session: AsyncSession, registration: Registration, decided: Advice | None, *phrases: str
) -> None:
    """A suggestion of the year, decided or not."""
    session.add(
        Suggestion(
            registration_id=registration.id,
            community_id=registration.community_id,
            proposed=decided or Advice.TALK_ADVISED,
            reasons=["有服务"],
            phrases=[*phrases],
            status=SuggestionStatus.DECIDED if decided else SuggestionStatus.PROPOSED,
            decided=decided,
            **YEAR,
        )
    )
    await session.flush()


async def commend(session: AsyncSession, town: Town) -> None:
    """The member is commended."""
    branch = await make_organization(session, "functional_branch", town.community)
    session.add(
        Commendation(
            registration_id=town.registration.id,
            person_id=town.member.id,
            community_id=town.community.id,
            functional_branch_id=branch.id,
            employer_id=town.employer.id,
            kind=CommendationKind.RECOMMEND,
            status=CommendationStatus.STANDING,
            proposed_by_id=town.secretary.id,
            stood_at=clock.now(),
            **YEAR,
        )
    )
    await session.flush()


async def hold(session: AsyncSession, town: Town, *, is_upheld: bool) -> None:
    """An item about the member, upheld or still with those who decide."""
    branch = await make_organization(session, "functional_branch", town.community)
    session.add(
        NegativeItem(
            registration_id=town.registration.id,
            person_id=town.member.id,
            community_id=town.community.id,
            functional_branch_id=branch.id,
            employer_id=town.employer.id,
            code="unsafe_conduct" if is_upheld else "false_record",
            happened_on=TODAY,
            status=NegativeItemStatus.UPHELD if is_upheld else NegativeItemStatus.CONFIRMED,
            alleged_by_id=town.secretary.id,
            upheld_at=clock.now() if is_upheld else None,
        )
    )
    await session.flush()


async def object_to(
    session: AsyncSession, town: Town, kind: ObjectionKind, subject_id: Any
) -> Objection:
    """The member objects, and nobody has answered."""
    made = Objection(
        registration_id=town.registration.id,
        person_id=town.member.id,
        community_id=town.community.id,
        kind=kind,
        subject_id=subject_id,
        words="不符",
        **YEAR,
    )
    session.add(made)
    await session.flush()
    return made


async def sheet(desk: Desk, town: Town, who: Person) -> Any:
    """What the sheet says today, as a draft."""
    return (await desk.get(who, f"/reports/{await draft(desk, town)}"))["content"]


async def test_what_was_decided_stands_on_the_sheet_and_what_was_not_does_not(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await commend(session, town)
    for is_upheld in (True, False):
        await hold(session, town, is_upheld=is_upheld)
    await suggest(session, town.registration, None, "remind", "steady", "unheard_of")
    made = await draft(desk, town)
    drafted = (await desk.get(town.secretary, f"/reports/{made}"))["content"]
    assert [each["code"] for each in drafted["opinions"]["proposed"]] == ["remind", "steady"]
    assert drafted["opinions"]["suggestion"] is None
    own = (await desk.get(town.member, f"/reports/{made}"))["content"]
    assert "proposed" not in own["opinions"]
    assert [each["name"] for each in own["conduct"]["commended"]] == ["优先推荐评先评优"]
    assert [each["code"] for each in own["conduct"]["negative_items"]] == ["unsafe_conduct"]
    await desk.post(town.secretary, f"/reports/{made}/issue", opinion="steady")
    signed = (await desk.get(town.secretary, f"/reports/{made}"))["content"]
    assert set(signed["opinions"]) == {"community_opinion", "suggestion"}
    await compile_summary(desk, town)
    clerk = (await desk.get(town.employer_clerk, f"/reports/{made}"))["content"]
    assert not {"conduct", "opinions"} & set(clerk)
    assert set(clerk["statement"]) == {"member_statement"}


async def test_a_decision_after_the_draft_goes_into_the_signed_sheet(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await draft(desk, town)
    await suggest(session, town.registration, Advice.NORMAL)
    await desk.post(town.secretary, f"/reports/{made}/issue")
    signed = (await desk.get(town.member, f"/reports/{made}"))["content"]
    assert signed["opinions"] == {"community_opinion": "社区意见暂缺", "suggestion": "normal"}


async def test_votes_objected_to_are_left_out_and_so_is_what_rests_on_them(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for _ in range(6):
        await make_service(session, town.registration, rated=Satisfaction.SATISFIED)
    await suggest(session, town.registration, Advice.TALK_ADVISED)
    assert (await sheet(desk, town, town.member))["ratings"]["service_votes"] == 6
    made = await object_to(session, town, ObjectionKind.VOTES, town.registration.id)
    silent = await sheet(desk, town, town.member)
    assert (silent["ratings"]["satisfaction"], silent["ratings"]["service_votes"]) == (None, None)
    assert silent["opinions"]["suggestion"] is None
    assert "满意率" not in silent["reading_line"]
    for status, rate, advice in (
        (ObjectionStatus.FINAL, "95%以上", "talk_advised"),
        (ObjectionStatus.GRANTED, None, "talk_advised"),
    ):
        made.status, made.outcome = status, "经复核"
        await session.flush()
        told = await sheet(desk, town, town.member)
        assert (told["ratings"]["satisfaction"], told["opinions"]["suggestion"]) == (rate, advice)
        (ended,) = told["statement"]["objection_outcome"]
        is_granted = status is ObjectionStatus.GRANTED
        assert ended == {"kind": "votes", "is_granted": is_granted, "words": "经复核"}


async def test_a_record_and_an_absence_objected_to_are_not_counted(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    record = await make_record(session, town.registration, minutes=50)
    order = await make_order(session, town.community, starts_at=clock.now())
    seat = await make_seat(session, order, town.registration, status=SeatStatus.NO_SHOW)

    async def counted() -> tuple[int, int]:
        told = await sheet(desk, town, town.member)
        return told["services"]["total_minutes"], told["reliability"]["no_show"]

    assert await counted() == (50, 1)
    made = [
        await object_to(session, town, ObjectionKind.RECORD, record.id),
        await object_to(session, town, ObjectionKind.ABSENCE, seat.id),
    ]
    assert await counted() == (0, 0)
    for status, expected in (
        (ObjectionStatus.GRANTED, (50, 0)),
        (ObjectionStatus.FINAL, (50, 1)),
        (ObjectionStatus.WITHDRAWN, (50, 1)),
    ):
        for each in made:
            each.status = status
        await session.flush()
        assert await counted() == expected


async def test_who_was_over_before_the_period_is_not_signed(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await draft(desk, town)
    town.registration.registered_on = TODAY + timedelta(days=1)
    await session.flush()
    refused = await desk.post(town.secretary, f"/reports/{made}/issue")
    assert refused["code"] == "report_refused"


async def test_the_summary_lists_by_strokes_and_the_talks_for_the_secretary_alone(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    advised = {"魏一": Advice.RECOMMEND_FIRST, "丁一": Advice.RECOMMEND_FIRST}
    advised |= {"王五": Advice.TALK_ADVISED, "李四": Advice.INSUFFICIENT}
    for name, advice in advised.items():
        await suggest(session, await join(session, town, name), advice)
    hidden = await join(session, town, "郑密", is_protected=True)
    await suggest(session, hidden, Advice.RECOMMEND_FIRST)
    await suggest(session, town.registration, Advice.TALK_ADVISED)
    path = f"/organizations/{town.community.id}/sheets"
    made = (await desk.post(town.secretary, path, **PERIOD))["report_ids"]
    unsigned = await draft_of(desk, town, made, "张三")
    for each in set(made) - {unsigned}:
        await desk.post(town.secretary, f"/reports/{each}/issue")
    branch = await session.get_one(Organization, town.branch.id)
    branch_secretary = await make_staff(session, Role.EMPLOYER_SECRETARY, branch)
    summary = f"/reports/{(await compile_summary(desk, town))['id']}"
    shown = (await desk.get(town.employer_secretary, summary))["content"]
    assert shown["attention"] == {
        "recommend_list": ["丁一", "魏一"],
        "talk_list": ["王五"],
        "insufficient_count": 1,
    }
    assert line_of(shown, "李四")["suggestion"] == "insufficient"
    assert line_of(shown, "张三")["suggestion"] is None
    office = (await desk.get(town.office, summary))["content"]
    assert set(office["attention"]) == {"recommend_list", "insufficient_count"}
    assert not any("suggestion" in line for line in office["details"])
    for who in (town.employer_clerk, branch_secretary):
        assert "attention" not in (await desk.get(who, summary))["content"]


async def draft_of(desk: Desk, town: Town, made: list[str], name: str) -> str:
    for each in made:
        page = await desk.get(town.secretary, f"/reports/{each}")
        if page["content"]["basics"]["name"] == name:
            return each
    raise AssertionError(name)


def test_paper_says_it_in_words() -> None:
    def said(code: str, cells: Any) -> Any:
        return paper.value({"code": code}, cells)

    conduct = {"commended": [{"name": "表扬信", "on": "2026-11-30"}], "negative_items": []}
    assert said("commended", conduct) == "表扬信（2026-11-30）"
    assert said("negative_items", conduct) == "无"
    assert said("suggestion", {"suggestion": "insufficient"}) == "情况不足不作结论"
    assert said("suggestion", {"suggestion": None}) is None
    assert said("talk_list", {"talk_list": ["丁一", "王五"]}) == "丁一、王五"
    assert said("talk_list", {}) is None
    statement = {
        "member_statement": ["临时加班", "已补上"],
        "objection_outcome": [
            {"kind": "votes", "is_granted": True, "words": "有一票应回避"},
            {"kind": "absence", "is_granted": False, "words": None},
        ],
    }
    assert said("member_statement", statement) == "临时加班\n已补上"
    assert said("objection_outcome", statement) == (
        "群众评价：异议成立（有一票应回避）\n无故缺席：维持"
    )
    assert said("objection_outcome", {"member_statement": []}) is None
