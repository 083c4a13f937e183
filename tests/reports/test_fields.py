"""Every field of the forms is filled from the records: posts, modes, wishes, thanks, the sentence."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import AcceptanceStatus
from app.models.order import BranchTake, OrderStatus
from app.models.organization import Appointment
from app.models.post import ClaimStatus, PostKind
from app.models.report import Rating, Satisfaction
from app.models.wish import WishClaimStatus
from app.policies.shipped import read
from app.reports import paper, reading_line
from tests.factories.orders import make_order, make_record
from tests.factories.posts import make_claim, make_post
from tests.factories.reports import make_service
from tests.factories.wishes import make_wish, make_wish_claim
from tests.reports.town import TODAY, Desk, Town, desk, draft, line_of, read_summary, town

__all__ = ["desk", "town"]

FORM = (
    "{name}，在{community}报到，{group}；服务{count}次{hours}小时，其中应急{emergency_count}次；"
    "{absence}；群众确认办成{solved}；年度满意率{satisfaction}（{votes}票）；社区意见：{opinion}"
)


async def read_sheet(desk: Desk, town: Town) -> Any:
    return (await desk.get(town.member, f"/reports/{await draft(desk, town)}"))["content"]


async def test_modes_stand_apart_and_add_up(desk: Desk, town: Town, session: AsyncSession) -> None:
    for kind in ("order", "post", "post", "shift", "wish", "campaign_shift"):
        await make_record(session, town.registration, source_kind=kind, minutes=30)
    services = (await read_sheet(desk, town))["services"]
    modes = ("activity_count", "post_count", "emergency_count")
    assert [services[name] for name in modes] == [3, 2, 1]
    shown = (await read_summary(desk, town))["services"]
    assert shown["by_mode"] == {"post": 2, "activity": 3, "emergency": 1}
    assert (shown["services_count"], shown["minutes"]) == (6, 180)


async def test_posts_are_named_with_their_days_and_pairings_are_counted(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    held = await make_post(session, town.community, title="书法课堂")
    started = TODAY - timedelta(days=30)
    await make_claim(session, held, town.registration, started_on=started)
    old = await make_post(session, town.community, title="旧岗位")
    await make_claim(
        session,
        old,
        town.registration,
        status=ClaimStatus.EXITED,
        started_on=TODAY - timedelta(days=900),
        ended_on=TODAY - timedelta(days=800),
    )
    pairing = await make_post(session, town.community, kind=PostKind.PAIRING)
    await make_claim(session, pairing, town.registration, started_on=started)
    services = (await read_sheet(desk, town))["services"]
    assert services["posts_held"] == [{"name": "书法课堂", "from": started.isoformat(), "to": None}]
    assert services["pairing_wish"] == {"pairings": 1, "wishes": 0}


async def test_a_fulfilled_wish_is_counted_and_an_open_one_is_not(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for status in (WishClaimStatus.FULFILLED, WishClaimStatus.ACTIVE):
        wish = await make_wish(session, town.community)
        await make_wish_claim(
            session, wish, town.registration, status=status, delivered_at=clock.now()
        )
    services = (await read_sheet(desk, town))["services"]
    assert services["pairing_wish"] == {"pairings": 0, "wishes": 1}


async def test_appointments_in_his_community_are_named_as_the_content_names_them(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for post, place, last in (
        ("part_time_grid_worker", town.community, None),
        ("grid_volunteer", town.community, TODAY - timedelta(days=800)),
        ("liaison", town.employer, None),
    ):
        session.add(
            Appointment(
                organization_id=place.id,
                post=post,
                name="张三",
                person_id=town.member.id,
                from_on=TODAY - timedelta(days=900),
                to_on=last,
            )
        )
    await session.flush()
    (held,) = (await read_sheet(desk, town))["services"]["appointments"]
    assert (held["name"], held["organization"], held["to"]) == ("兼职网格员", "学田社区", None)


async def test_thanks_are_counted_where_the_resident_wishes_them_passed_on(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for relays in (True, True, False):
        order = await make_service(session, town.registration, rated=Satisfaction.SATISFIED)
        await session.execute(
            update(Rating).where(Rating.order_id == order.id).values(relays_thanks=relays)
        )
    assert (await read_sheet(desk, town))["ratings"]["relayed_thanks"] == 2
    assert (await read_summary(desk, town))["ratings"]["relayed_thanks"] == 2


async def test_activities_of_the_unit_are_what_it_took_and_what_took_place(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for status in (OrderStatus.CLOSED, OrderStatus.CANCELLED):
        order = await make_order(session, town.community, status=status, starts_at=clock.now())
        for unit in (town.employer, town.branch):
            session.add(
                BranchTake(
                    order_id=order.id,
                    organization_id=unit.id,
                    places=2,
                    unnamed=0,
                    names_due_at=clock.now(),
                )
            )
    await session.flush()
    assert (await read_summary(desk, town))["services"]["unit_activities"] == 1


async def test_without_agreements_a_summary_says_nothing_of_pledges(desk: Desk, town: Town) -> None:
    content = await read_summary(desk, town)
    assert "pledges_delivered" not in content["services"]
    (form,) = [
        each.data
        for each in read()
        if (each.section, each.code) == ("report_forms", content["form"])
    ]
    names = [name for _, fields in paper.rows(form, content) for name, _ in fields]
    assert "单位集体服务（次）" in names
    assert not [name for name in names if name.startswith("共建事项")]


async def test_the_sentence_is_on_the_sheet_and_with_the_opinion_in_the_summary(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for _ in range(5):
        await make_service(
            session,
            town.registration,
            rated=Satisfaction.SATISFIED,
            answer=AcceptanceStatus.SOLVED,
            minutes=75,
        )
    sheet = await draft(desk, town)
    drafted = (await desk.get(town.member, f"/reports/{sheet}"))["content"]["reading_line"]
    assert drafted.endswith("社区意见：社区意见暂缺")
    assert line_of(await read_summary(desk, town), "张三")["reading_line"] == drafted
    await desk.post(town.secretary, f"/reports/{sheet}/issue", opinion="steady")
    said = line_of(await read_summary(desk, town), "张三")["reading_line"]
    assert said == (
        "张三，在学田社区报到，服务5次6.2小时，其中应急0次；无缺席；群众确认办成5/5；"
        "年度满意率95%以上（5票）；社区意见：能按承诺参加社区服务，按时守约，表现正常"
    )
    by_clerk = await read_summary(desk, town, town.employer_clerk)
    assert "reading_line" not in line_of(by_clerk, "张三")


def sheet(**changes: Any) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "basics": {"name": "张三", "community": "学田社区", "functional_organization": "第三小组"},
        "services": {
            "activity_count": 6,
            "post_count": 1,
            "emergency_count": 2,
            "total_minutes": 1110,
        },
        "reliability": {"no_show": 0, "excused": 0},
        "ratings": {
            "solved": 6,
            "answered": 6,
            "satisfaction": "85%—95%",
            "service_votes": 8,
        },
        "opinions": {"community_opinion": "表现正常。"},
    }
    return cells | {name: cells[name] | value for name, value in changes.items()}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "服务9次18.5小时，其中应急2次；无缺席；群众确认办成6/6；年度满意率85%—95%（8票）"),
        ({"reliability": {"no_show": 1}}, "其中应急2次；无故缺席1次；群众"),
        ({"reliability": {"no_show": 1, "excused": 2}}, "；无故缺席1次、有事由缺席2次；"),
        ({"ratings": {"answered": 0}}, "；无缺席；年度满意率"),
        ({"ratings": {"service_votes": None, "satisfaction": "评价较少"}}, "满意率评价较少；社区"),
        ({"basics": {"functional_organization": None}}, "在学田社区报到，服务9次"),
    ],
)
def test_what_is_not_known_is_left_out_of_the_sentence(changes: dict[str, Any], said: str) -> None:
    assert said in reading_line.write(FORM, sheet(**changes))


def test_a_sentence_ends_without_a_loose_sign() -> None:
    assert reading_line.write("{name}；{group}；{solved}", sheet(ratings={"answered": 0})) == (
        "张三；第三小组"
    )


async def test_issuing_costs_a_score_of_statements_and_a_next_edition_few_more(
    desk: Desk,
    town: Town,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    costs = []
    for _ in range(2):
        made = await draft(desk, town)
        with count_statements() as seen:
            await desk.post(town.secretary, f"/reports/{made}/issue", opinion="steady")
        costs.append(len(seen))
    assert costs == [20, 23]
