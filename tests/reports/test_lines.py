"""A summary's lines and counts: every member stands in one state, and the counts are the lines."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Member, RegistrationStatus
from tests.factories.members import make_member, make_registration
from tests.factories.orders import make_record
from tests.factories.organizations import make_community
from tests.factories.reports import make_service
from tests.reports.town import TODAY, Desk, Town, desk, draft, join, line_of, read_summary, town

__all__ = ["desk", "town"]

STATES = {
    "已报到": ("registered_online", "registered_offline"),
    "暂停": ("exempt_or_suspended",),
    "已结束": ("ended",),
    "由本人自行报告": ("reports_himself",),
    "未报到": ("not_registered",),
}


def agree(content: Any) -> bool:
    """Whether each state has as many lines as it is counted."""
    lines = Counter(line["state"] for line in content["details"])
    counted = {
        state: sum(content["registration"][name] for name in names)
        for state, names in STATES.items()
    }
    return lines.total() == sum(counted.values()) and lines == Counter(counted)


async def test_paper_counter_and_online_are_counted_alike_and_the_missing_are_named(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for channel in ("paper_only", "at_counter"):
        line = await make_member(session, town.employer, name="王五", phone=None)
        await make_registration(session, town.community, member=line, channel=channel)
    paused = await join(session, town, "丁一")
    paused.status = RegistrationStatus.SUSPENDED
    await make_member(session, town.employer, name="赵六")
    await make_member(session, town.employer, name="钱七", service_state="retired")
    await make_member(session, town.employer, name="孙八", left_on=TODAY)
    shown = await read_summary(desk, town)
    assert shown["registration"] == {
        "stated_headcount": 5,
        "registered_online": 1,
        "registered_offline": 2,
        "exempt_or_suspended": 1,
        "ended": 0,
        "reports_himself": 0,
        "not_registered": 1,
        "communities_count": 1,
    }
    states = {row["member"]: row["state"] for row in shown["details"]}
    assert states == {"丁一": "暂停", "张三": "已报到", "王五": "已报到", "赵六": "未报到"}
    assert agree(shown)


async def test_who_came_on_paper_is_registered_and_no_fact_is_shown(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    line = await make_member(session, town.employer, name="王五", phone=None)
    paper = await make_registration(session, town.community, member=line, channel="paper_only")
    await make_record(session, paper)
    shown = await read_summary(desk, town)
    assert line_of(shown, "王五") == {
        "branch": town.employer.name,
        "member": "王五",
        "state": "已报到",
        "community": "学田社区",
    }
    assert shown["services"]["services_count"] == 0
    assert await draft(desk, town)


async def test_who_reports_himself_is_named_without_facts(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    silent = await join(session, town, "李四", agrees=False)
    await make_service(session, silent)
    counter = await join(session, town, "王五", agrees=False)
    counter.channel = "at_counter"
    await draft(desk, town)
    shown = await read_summary(desk, town)
    for name in ("李四", "王五"):
        assert line_of(shown, name) == {
            "branch": town.employer.name,
            "member": name,
            "state": "由本人自行报告",
        }
    assert shown["services"]["services_count"] == 0
    assert shown["registration"]["reports_himself"] == 2
    assert agree(shown)


async def test_who_has_ended_is_told_apart_and_is_missing_if_registered_nowhere(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    ended = await join(session, town, "周八")
    await make_service(session, ended)
    ended.status, ended.ended_on = RegistrationStatus.ENDED, TODAY
    await session.flush()
    shown = await read_summary(desk, town)
    lines = [line for line in shown["details"] if line["member"] == "周八"]
    assert sorted((line["state"], line.get("count")) for line in lines) == [
        ("已结束", 1),
        ("未报到", None),
    ]
    counts = shown["registration"]
    assert (counts["ended"], counts["not_registered"], counts["registered_online"]) == (1, 1, 1)
    assert agree(shown)


async def test_who_has_moved_is_ended_there_and_registered_here_and_not_missing(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    old = await join(session, town, "周八")
    old.status, old.ended_on = RegistrationStatus.ENDED, clock.today()
    await session.flush()
    other = await make_community(session, name="新桥社区")
    line = await session.get_one(Member, old.member_id)
    await make_registration(session, other, member=line)
    shown = await read_summary(desk, town)
    lines = {
        (line["state"], line["community"]) for line in shown["details"] if line["member"] == "周八"
    }
    assert lines == {("已结束", "学田社区"), ("已报到", "新桥社区")}
    counts = shown["registration"]
    assert (counts["not_registered"], counts["communities_count"]) == (0, 2)
    assert agree(shown)


async def test_who_reports_himself_and_has_ended_is_one_line_and_not_missing(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    gone = await join(session, town, "吴九", agrees=False)
    gone.status, gone.ended_on = RegistrationStatus.ENDED, TODAY
    await session.flush()
    shown = await read_summary(desk, town)
    assert line_of(shown, "吴九")["state"] == "由本人自行报告"
    assert shown["registration"]["not_registered"] == 0
    assert agree(shown)


async def test_lines_stand_by_branch_and_strokes_never_by_value(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for name in ("魏一", "丁一", "王一"):
        await make_member(session, town.employer, name=name, branch_id=town.branch.id)
    shown = await read_summary(desk, town)
    assert [row["member"] for row in shown["details"]] == ["丁一", "王一", "张三", "魏一"]


@pytest.mark.parametrize("more", [0, 99, 100, 230])
async def test_however_many_lines_there_are_each_is_sent_once(
    desk: Desk, town: Town, session: AsyncSession, more: int
) -> None:
    for number in range(more):
        await make_member(session, town.employer, name=f"党员{number}")
    shown = await read_summary(desk, town)
    names = {"张三"} | {f"党员{number}" for number in range(more)}
    assert {line["member"] for line in shown["details"]} == names
    assert len(shown["details"]) == len(names)
