"""异议 in the console: answered by the community, decided by the subdistrict, once more by the district."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.objection import Objection, ObjectionKind
from app.models.objection import ObjectionStatus as S
from app.models.order import SeatStatus
from app.models.person import Person
from tests.console.conftest import Visit
from tests.evaluations.test_negative_items import reviewed
from tests.evaluations.test_objections import objected, sheet, step
from tests.evaluations.town import Sessions, Town, town, work
from tests.factories.orders import make_order, make_record, make_seat
from tests.orders.town import Desk, desk

__all__ = ["desk", "town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


async def raised(session: AsyncSession, town: Town, **columns: Any) -> Objection:
    """The member's objection to the votes of a year; committed."""
    said = {
        "registration_id": town.registration.id,
        "person_id": town.member.id,
        "community_id": town.community.id,
        "period_from": clock.today(),
        "period_to": clock.today(),
        "kind": ObjectionKind.VOTES,
        "subject_id": new_id(),
        "words": EVIL,
    }
    row = Objection(**said | columns)
    session.add(row)
    await session.commit()
    return row


async def see(visit: Visit, who: Person, path: str) -> str:
    return (await (await visit(who)).get(path)).text


async def test_the_list_is_small_cheap_and_goes_on(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    path = f"/console/organizations/{town.community.id}/objections"
    browser = await visit(town.secretary)
    assert "没有异议" in (await browser.get(path)).text
    for _ in range(21):
        await raised(session, town)
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count('href="/console/objections/') == 20 and 'rel="next"' in page.text
    for status, is_there in (("raised", True), ("final", False), ("", True)):
        page = await browser.get(path, params={"status": status})
        assert ("没有这个状态的异议" in page.text) is not is_there
    assert (await (await visit(town.clerk)).get(path)).status_code == 403


async def test_community_subdistrict_and_district_each_from_the_inbox(
    session: AsyncSession, town: Town, desk: Desk, visit: Visit
) -> None:
    row = await raised(session, town)
    one = f"/console/objections/{row.id}"
    district = town.community.lineage[1]
    lists = [
        f"/console/organizations/{place}/objections"
        for place in (town.community.id, town.community.parent_id, district)
    ]
    waits = f'<a href="{lists[0]}?status=raised">1份异议待社区答复'
    assert waits in await see(visit, town.secretary, "/console/")
    browser = await visit(town.secretary)
    page = (await browser.get(one)).text
    assert "&lt;script&gt;" in page and EVIL not in page and f"{one}/decide" not in page
    assert "谁投了什么票，任何人都查不到" in page
    unsaid = await browser.post(f"{one}/answer")
    assert unsaid.status_code == 422 and 'id="wrong-field-answer-words"' in unsaid.text
    done = await browser.post(f"{one}/answer", data={"words": "已核对名单"})
    assert done.headers["location"] == f"{one}?said=objection_answer"
    assert f"{one}/answer" not in (await browser.get(one)).text
    early = await (await visit(town.office)).post(
        f"{one}/decide", data={"is_granted": "true", "reason": "成立"}
    )
    assert early.status_code == 403
    waits = f'<a href="{lists[1]}?status=answered">1份异议待街道复核'
    assert waits in await see(visit, town.street, "/console/")
    browser = await visit(town.street)
    page = (await browser.get(one)).text
    assert "已核对名单" in page and "街道复核" in page and f'href="{lists[0]}"' in page
    unsaid = await browser.post(f"{one}/decide", data={"is_granted": "false", "reason": ""})
    assert unsaid.status_code == 422 and 'id="wrong-field-decide-reason"' in unsaid.text
    done = await browser.post(f"{one}/decide", data={"is_granted": "false", "reason": "经核对"})
    assert done.headers["location"] == f"{one}?said=objection_decide"
    page = (await browser.get(done.headers["location"])).text
    assert "经核对" in page and f"{one}/decide" not in page
    assert await step(desk, town.member, str(row.id), "appeal") == "appealed"
    waits = f'<a href="{lists[2]}?status=appealed">1份异议待区级复核'
    assert waits in await see(visit, town.office, "/console/")
    browser = await visit(town.office)
    assert one in (await browser.get(f"{lists[2]}?status=appealed")).text
    assert "区级复核" in (await browser.get(one)).text
    await browser.post(f"{one}/decide", data={"is_granted": "true", "reason": "应回避"})
    await session.refresh(row)
    assert row.status is S.GRANTED
    assert "应回避" in await see(visit, town.street, one)


async def test_it_says_what_it_is_about(
    session: AsyncSession, town: Town, desk: Desk, visit: Visit
) -> None:
    record = await make_record(session, town.registration, title="陪同就医", minutes=90)
    order = await make_order(
        session, town.community, title="清理楼道", starts_at=clock.now() - timedelta(days=1)
    )
    seat = await make_seat(session, order, town.registration, status=SeatStatus.NO_SHOW)
    await session.commit()
    report = await sheet(desk, town)
    words = {"record": ("服务记录：陪同就医", "1小时30分"), "absence": ("缺席记录：清理楼道", "")}
    for kind, subject in (("record", record.id), ("absence", seat.id)):
        made = await objected(desk, town, report, kind=kind, subject_id=str(subject))
        page = await see(visit, town.secretary, f"/console/objections/{made['id']}")
        assert all(each in page for each in words[kind])
    item = await reviewed(desk, town)
    answer = await desk.post(town.member, f"/negative-items/{item}/object", words="不属实")
    one = f"/console/objections/{answer.json()['id']}"
    page = await see(visit, town.street, one)
    assert "违反安全要求" in page and f'href="/console/negative-items/{item}"' in page
    page = await see(visit, town.office, one)
    assert "违反安全要求" in page and f'href="/console/negative-items/{item}"' not in page


async def test_silence_and_one_s_own(
    session: AsyncSession,
    town: Town,
    visit: Visit,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
) -> None:
    silent = await raised(session, town, due_at=clock.now() + timedelta(days=1))
    own = await raised(session, town, person_id=town.secretary.id)
    one = f"/console/objections/{own.id}"
    browser = await visit(town.secretary)
    assert f"{one}/answer" not in (await browser.get(one)).text
    refused = await browser.post(f"{one}/answer", data={"words": "已核对"})
    assert refused.status_code == 403 and "须由另一人办理" in refused.text
    move_clock(timedelta(days=2))
    await work(sessions)
    page = await see(visit, town.street, f"/console/objections/{silent.id}")
    assert "社区未在期限内答复" in page and "/decide" in page
    browser = await visit(town.leader)
    assert (await browser.get(f"/console/objections/{silent.id}")).status_code == 404
