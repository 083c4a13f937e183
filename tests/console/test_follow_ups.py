"""What becomes of a need: a question answered, a result confirmed and taken up again, on behalf."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Acceptance, NeedStatus
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.needs import make_need
from tests.factories.organizations import make_community
from tests.factories.people import make_staff


async def test_a_need_from_the_phone_is_followed_to_its_end_and_beyond(
    session: AsyncSession, visit: Visit
) -> None:
    community = await make_community(session)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    other = await make_staff(session, Role.COMMUNITY_CLERK, community)
    need = await make_need(session, community, requester_id=None, entered_by_id=clerk.id)
    one = f"/console/needs/{need.id}"
    browser = await visit(clerk)
    await browser.post(f"{one}/ask-back", data={"words": "几号楼？"})
    assert f"{one}/answer-back" in (await browser.get(one)).text
    answer = await browser.post(f"{one}/answer-back", data={"words": "3幢"})
    page = await browser.get(answer.headers["location"])
    assert "居民答：3幢" in page.text and f"{one}/withdraw" in page.text
    until = (clock.today() + timedelta(days=4)).isoformat()
    referred = {"route": "referred", "referred_to": "property_company"}
    await browser.post(f"{one}/accept", data=referred | {"answer_expected_on": until})
    late = {"words": "已派人", "answer_expected_on": "2020-01-01"}
    assert "日期不能早于今天" in (await browser.post(f"{one}/follow-up", data=late)).text
    said = {"words": "已派人", "answer_expected_on": until, "referred_number": "WY-9"}
    answer = await browser.post(f"{one}/follow-up", data=said)
    assert "WY-9" in (await browser.get(answer.headers["location"])).text
    await browser.post(f"{one}/start")
    page = await browser.post(f"{one}/finish", data={"reply": "灯已换"})
    assert f"{one}/answer-for" in (await browser.get(one)).text
    partly = {"answer": "partly", "way": "call_back"}
    own = await browser.post(f"{one}/answer-for", data=partly | {"reason_code": "half_done"})
    assert (own.status_code, "办理人不能代居民确认" in own.text) == (403, True)
    browser = await visit(other)
    unsaid = await browser.post(f"{one}/answer-for", data=partly)
    assert (unsaid.status_code, "请说明原因" in unsaid.text) == (422, True)
    done = await browser.post(f"{one}/answer-for", data=partly | {"reason_code": "half_done"})
    page = await browser.get(done.headers["location"])
    assert "部分解决：只办了一部分（代录）" in page.text and f"{one}/reopen" in page.text
    row = (await session.scalars(select(Acceptance))).one()
    assert (row.on_behalf_way, row.answered_by_id) == ("call_back", other.id)
    answer = await browser.post(f"{one}/reopen", data={"reason": "又坏了"})
    page = await browser.get(answer.headers["location"])
    assert "已受理，待安排" in page.text and "1次" in page.text


async def test_who_has_no_account_withdraws_by_phone(session: AsyncSession, visit: Visit) -> None:
    community = await make_community(session)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    need = await make_need(session, community, requester_id=None, entered_by_id=clerk.id)
    browser = await visit(clerk)
    answer = await browser.post(f"/console/needs/{need.id}/withdraw")
    assert "已撤回" in (await browser.get(answer.headers["location"])).text
    await session.refresh(need)
    assert need.status is NeedStatus.WITHDRAWN
