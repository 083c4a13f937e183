"""年度评价 in the console: what a community has to do, who rates, what two count; never who answered what."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.appraisal import AppraisalAnswer, AppraisalCount, AppraisalRater, BallotWay, Panel
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.member import Registration, RegistrationStatus
from app.models.organization import Appointment
from app.models.person import Role
from tests.appraisals.town import Town, cycle, town
from tests.console.conftest import Visit
from tests.factories.appraisals import make_ballots, make_cycle, make_rater
from tests.factories.members import make_member, make_registration
from tests.factories.people import make_person, make_staff

__all__ = ["cycle", "town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"
REPRESENTATIVES = Panel.RESIDENT_REPRESENTATIVES


def years_of(town: Town) -> str:
    return f"/console/evaluation/{town.community.id}"


async def test_a_community_reads_what_is_open_and_what_it_has_to_do(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    browser = await visit(town.secretary)
    assert "还没有安排年度评价" in (await browser.get(years_of(town))).text
    year = clock.today().year
    last = await make_cycle(session, town.district, status=CycleStatus.ARCHIVED, year=year - 1)
    now = await make_cycle(session, town.district)
    with count_statements() as statements:
        page = await browser.get(years_of(town))
    assert len(statements) <= 7 and len(page.content) <= 60_000
    assert f"{year}年度：未开始" in page.text and "还有 3 组评议人不足" in page.text
    assert "请在测评开始前指定三组评议人" in page.text and "下一环节" in page.text
    assert f"{years_of(town)}/{last.id}" in page.text and "已归档" in page.text
    for status, words in (
        (CycleStatus.COLLECTING, f"{years_of(town)}/{now.id}/count"),
        (CycleStatus.OBJECTION_WINDOW, f"{years_of(town)}/{now.id}/suggestions"),
        (CycleStatus.SENT, "社区没有要办的事"),
    ):
        now.status = status
        await session.flush()
        assert words in (await browser.get(years_of(town))).text
    browser = await visit(town.clerk)
    page = await browser.get(years_of(town))
    assert "社区没有要办的事" in page.text and f"{years_of(town)}/{now.id}" not in page.text
    assert (await browser.get(f"{years_of(town)}/{now.id}")).status_code == 403
    assert (await browser.get(f"/console/evaluation/{town.district.id}")).status_code == 404


async def test_raters_are_named_by_post_or_by_name_and_taken_back_until_it_begins(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    year = await make_cycle(session, town.district)
    posts = [
        Appointment(
            organization_id=group.id,
            post="resident_representative",
            name=name,
            from_on=clock.today(),
        )
        for group, name in zip(town.groups, (EVIL, "吴敏"), strict=True)
    ]
    session.add_all(posts)
    await session.flush()
    one = f"{years_of(town)}/{year.id}"
    browser = await visit(town.secretary)
    page = await browser.get(one)
    assert EVIL not in page.text and "吴敏" in page.text and "至少 5 人，现有 0 人" in page.text
    none = await browser.post(f"{one}/raters/posts", data={"panel": REPRESENTATIVES})
    assert (none.status_code, 'href="#field-posts-posts"' in none.text) == (422, True)
    done = await browser.post(
        f"{one}/raters/posts",
        data={"panel": REPRESENTATIVES, "way": "paper_ballot", "posts": str(posts[1].id)},
    )
    assert done.headers["location"] == f"{one}?said=raters_named"
    page = await browser.get(one)
    assert "线下投票的只有 1 人，不足 3 人无法保密" in page.text and "线下票 1 人" in page.text
    wrong = {"panel": REPRESENTATIVES, "name": "李梅", "way": "online", "area_id": ""}
    refused = await browser.post(f"{one}/raters", data=wrong)
    assert (refused.status_code, 'id="wrong-field-one-phone"' in refused.text) == (422, True)
    assert 'value="李梅"' in refused.text and "线上评议须填写手机号" in refused.text
    refused = await browser.post(f"{one}/raters", data=wrong | {"phone": "13912345678"})
    assert 'id="wrong-field-one-area_id"' in refused.text
    right = wrong | {"phone": "13912345678", "area_id": str(town.groups[0].id)}
    await browser.post(f"{one}/raters", data=right)
    again = await browser.post(f"{one}/raters", data=right)
    assert (again.status_code, "此人已是本社区的评议人" in again.text) == (409, True)
    assert "还未登录过" in again.text
    rater = await session.scalar(select(AppraisalRater).where(AppraisalRater.name.is_not(None)))
    assert rater is not None
    gone = await browser.post(f"{one}/raters/{rater.id}/remove")
    assert gone.headers["location"] == f"{one}?said=rater_removed"
    assert await session.get(AppraisalRater, rater.id, populate_existing=True) is None
    year.status = CycleStatus.COLLECTING
    kept = await session.scalar(select(AppraisalRater))
    await session.flush()
    assert kept is not None
    page = await browser.get(one)
    assert "/remove" not in page.text and "只能增加，不能减少" in page.text
    late = await browser.post(f"{one}/raters/{kept.id}/remove")
    assert (late.status_code, "测评已开始" in late.text) == (409, True)
    year.status = CycleStatus.SENT
    await session.flush()
    page = await browser.get(one)
    assert "<button>增加评议人" not in page.text and "测评已经结束" in page.text
    over = await browser.post(f"{one}/raters", data=right)
    assert (over.status_code, "不在测评期内" in over.text) == (409, True)


async def test_how_many_have_answered_is_said_and_never_what(
    session: AsyncSession, town: Town, cycle: EvaluationCycle, visit: Visit, count_statements: Count
) -> None:
    answers = [AppraisalAnswer.SATISFIED, AppraisalAnswer.UNSATISFIED]
    await make_ballots(session, cycle, town.members[0], *answers)
    await make_rater(session, cycle, town.community)
    browser = await visit(town.secretary)
    with count_statements() as statements:
        page = await browser.get(f"{years_of(town)}/{cycle.id}")
    assert len(statements) <= 7 and len(page.content) <= 60_000
    assert "线上 3 人，已作答 2 人" in page.text
    assert "不满意" not in page.text


async def box(session: AsyncSession, town: Town, cycle: EvaluationCycle) -> None:
    """Three of the committee rate on paper."""
    for _ in range(3):
        await make_rater(session, cycle, town.community, way=BallotWay.PAPER_BALLOT)


async def test_two_count_apart_and_what_both_found_stands(
    session: AsyncSession, town: Town, cycle: EvaluationCycle, visit: Visit
) -> None:
    await box(session, town, cycle)
    first, second, *_ = (row.id for row in town.members)
    count = f"{years_of(town)}/{cycle.id}/count"
    browser = await visit(town.secretary)
    assert f"{count}?panel=community" in (await browser.get(f"{years_of(town)}/{cycle.id}")).text
    data = {"panel": "community", f"satisfied/{first}": "2", f"fair/{first}": "1"}
    done = await browser.post(count, data=data | {f"satisfied/{second}": "3"})
    assert done.headers["location"] == f"{count}?panel=community&part=1&said=paper_counted"
    assert "等另一人清点" in (await browser.get(done.headers["location"])).text
    browser = await visit(town.clerk)
    page = await browser.get(count)
    assert 'value="2"' not in page.text and "对方：" not in page.text
    await browser.post(count, data=data | {f"satisfied/{second}": "1"})
    page = await browser.get(count)
    assert "两人一致" in page.text and "两人不一致，请各自复核" in page.text
    assert "对方：满意 3，基本满意 0" in page.text
    assert f'name="satisfied/{first}"' not in page.text
    assert f'name="satisfied/{second}"' in page.text
    rows = (await session.scalars(select(AppraisalCount))).all()
    assert sum(row.agreed_at is not None for row in rows) == 2
    third = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
    browser = await visit(third)
    refused = await browser.post(count, data={"panel": "community", f"satisfied/{second}": "3"})
    assert (refused.status_code, "已由两人清点" in refused.text) == (409, True)
    assert f'id="wrong-field-count-satisfied-{second}"' in refused.text


async def test_wrong_totals_stand_beside_their_member_and_nothing_is_kept(
    session: AsyncSession, town: Town, cycle: EvaluationCycle, visit: Visit
) -> None:
    await box(session, town, cycle)
    count = f"{years_of(town)}/{cycle.id}/count"
    member = town.members[0].id
    browser = await visit(town.clerk)
    for data, words, field in (
        ({f"fair/{member}": "三"}, "应为0到100的整数", "fair"),
        ({f"satisfied/{member}": "4"}, "票数超过线下评议人数（3）", "satisfied"),
    ):
        refused = await browser.post(count, data={"panel": "community"} | data)
        assert (refused.status_code, words in refused.text) == (422, True)
        assert f'id="wrong-field-count-{field}-{member}"' in refused.text
        assert f'value="{next(iter(data.values()))}"' in refused.text
    empty = await browser.post(count, data={"panel": "community", f"fair/{member}": ""})
    assert (empty.status_code, "还没有填写票数" in empty.text) == (422, True)
    other = {"panel": "functional_branch", f"satisfied/{member}": "1"}
    few = await browser.post(f"{count}?panel=functional_branch", data=other)
    assert (few.status_code, "线下评议人不足3名" in few.text) == (409, True)
    assert "没有线下票" in few.text
    bad = await browser.post(count, data={"panel": "community", "satisfied/none": "1"})
    assert bad.status_code == 422
    assert (await session.scalars(select(AppraisalCount))).all() == []
    cycle.status = CycleStatus.COMPUTING
    await session.flush()
    page = await browser.get(count)
    assert "现在不能录入票数" in page.text and 'class="few"' not in page.text


async def test_a_long_list_of_ballots_comes_in_parts(
    session: AsyncSession, town: Town, cycle: EvaluationCycle, visit: Visit, count_statements: Count
) -> None:
    await box(session, town, cycle)
    for _ in range(24):
        person = await make_person(session, name=EVIL)
        line = await make_member(session, person=person)
        await make_registration(session, town.community, person, member=line)
    count = f"{years_of(town)}/{cycle.id}/count"
    browser = await visit(town.clerk)
    with count_statements() as statements:
        page = await browser.get(count)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count('name="satisfied/') == 25 and EVIL not in page.text
    after = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert after is not None
    rest = await browser.get(after[1].replace("&amp;", "&"))
    assert rest.text.count('name="satisfied/') == 3 and 'rel="next"' not in rest.text
    assert "没有可以清点的党员" in (await browser.get(f"{count}?part=9")).text


async def test_ballots_are_printed_one_an_area_and_name_nobody_who_is_protected(
    session: AsyncSession, town: Town, cycle: EvaluationCycle, visit: Visit, count_statements: Count
) -> None:
    await box(session, town, cycle)
    own = await make_person(session, name=EVIL)
    line = await make_member(session, person=own)
    await make_registration(session, town.community, own, member=line)
    hidden = await make_member(session, name="赵六", is_protected=True)
    await make_registration(session, town.community, member=hidden)
    ballot = f"{years_of(town)}/{cycle.id}/ballot"
    browser = await visit(town.secretary)
    assert f"{ballot}?panel=community" in (await browser.get(f"{years_of(town)}/{cycle.id}")).text
    with count_statements() as statements:
        page = await browser.get(ballot)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count('class="box"') == 5 * 4 and page.text.count('class="ballot"') == 1
    assert "同一单位党支部" in page.text and EVIL not in page.text and "赵六" not in page.text
    page = await browser.get(f"{ballot}?panel={REPRESENTATIVES}")
    assert page.text.count('class="ballot"') == 3 and "未编入党小组" in page.text
    for registration in (await session.scalars(select(Registration))).all():
        registration.status = RegistrationStatus.ENDED
    await session.flush()
    assert "没有可以评议的党员" in (await browser.get(ballot)).text
    assert (await (await visit(town.clerk)).get(ballot)).status_code == 403
