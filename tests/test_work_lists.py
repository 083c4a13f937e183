"""Lists of what waits are sorted for work, page by page; by no value, and by nothing unknown."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import RegistrationStatus, RegistrationStep
from app.models.need import NeedStatus, NeedStep
from app.models.order import OrderStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.record import RecordStatus
from app.models.report import Report, ReportKind, ReportStatus
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record
from tests.factories.organizations import make_community
from tests.factories.people import make_staff

Headers = Callable[[Person], dict[str, str]]
DAY = timedelta(days=1)


class Lists:
    """A community with its secretary; lists are read a row a page, which must not matter."""

    def __init__(self, client: AsyncClient, head: dict[str, str], community: Organization) -> None:
        self.client, self.head, self.community = client, head, community

    async def ids(self, path: str, **query: str) -> list[str]:
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            params = {"limit": "1"} | query | cursor
            page = (
                await self.client.get(f"/api/v1{path}", params=params, headers=self.head)
            ).json()
            found += [row["id"] for row in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}


@pytest.fixture
async def lists(session: AsyncSession, client: AsyncClient, sign_in: Headers) -> Lists:
    community = await make_community(session)
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
    return Lists(client, sign_in(secretary), community)


def texts(*rows: Any) -> list[str]:
    return [str(row.id) for row in rows]


async def test_needs_by_age_deadline_and_kind(session: AsyncSession, lists: Lists) -> None:
    now, here = clock.now(), lists.community
    old = await make_need(session, here, created_at=now - 3 * DAY, remind_at=now + 2 * DAY)
    late = await make_need(session, here, created_at=now - 2 * DAY, remind_at=now + 5 * DAY)
    for days in (1, 0):  # reminded twice; it was due at the first
        session.add(
            NeedStep(
                need_id=late.id,
                at=now - days * DAY,
                action="remind",
                left=NeedStatus.SUBMITTED,
                entered=NeedStatus.SUBMITTED,
            )
        )
        await session.flush()
    unclocked = await make_need(
        session, here, created_at=now - DAY, kind="complaint", status=NeedStatus.LAPSED
    )
    path = f"/organizations/{here.id}/needs"
    assert await lists.ids(path) == texts(old, late, unclocked)
    assert await lists.ids(path, sort="deadline") == texts(late, old, unclocked)
    assert await lists.ids(path, sort="kind") == texts(unclocked, old, late)
    page = (await lists.client.get(f"/api/v1{path}?sort=deadline", headers=lists.head)).json()
    assert page["items"][0]["deadline_at"][:10] == (now - DAY).date().isoformat()
    assert page["items"][2]["deadline_at"] is None


async def test_an_answered_need_is_due_anew(session: AsyncSession, lists: Lists) -> None:
    now = clock.now()
    need = await make_need(session, lists.community, remind_at=now + DAY)
    told = await make_need(session, lists.community, remind_at=now + 9 * DAY)
    # what happens to another need afterwards makes neither due anew
    for which, action in ((told, "remind"), (need, "remind"), (need, "follow_up")):
        step = {"action": action, "left": "submitted", "entered": "submitted"}
        session.add(NeedStep(need_id=which.id, **step))
        await session.flush()
    path = f"/api/v1/organizations/{lists.community.id}/needs"
    lines = (await lists.client.get(path, headers=lists.head)).json()["items"]
    due = {line["id"]: line["deadline_at"] for line in lines}
    assert due[str(need.id)][:16] == (now + DAY).isoformat()[:16]
    assert due[str(told.id)] < (now + DAY).isoformat()


async def test_registrations_and_applications(
    session: AsyncSession, lists: Lists, sign_in: Headers
) -> None:
    now, here, S = clock.now(), lists.community, RegistrationStatus
    waits: dict[str, Any] = {"status": S.PENDING_COMMUNITY}
    first = await make_registration(
        session, here, submitted_at=now - 2 * DAY, remind_at=now + DAY, **waits
    )
    second = await make_registration(
        session, here, submitted_at=now - DAY, remind_at=now + 9 * DAY, ground="assigned", **waits
    )
    session.add(
        RegistrationStep(
            registration_id=second.id, action="remind", left=second.status, entered=second.status
        )
    )
    await session.flush()
    path = f"/organizations/{here.id}/registrations"
    assert await lists.ids(path) == texts(first, second)
    assert await lists.ids(path, sort="deadline") == texts(second, first)
    assert await lists.ids(path, sort="kind") == texts(second, first)

    employer = await session.get_one(Organization, first.employer_id)
    lists.head = sign_in(await make_staff(session, Role.EMPLOYER_SECRETARY, employer))
    path = f"/organizations/{employer.id}/applications"
    third = await make_registration(
        session, here, employer=employer, submitted_at=now, remind_at=now, **waits
    )
    query = {"status": S.PENDING_COMMUNITY}
    assert await lists.ids(path, **query) == texts(first, third)
    assert await lists.ids(path, sort="deadline", **query) == texts(third, first)


async def test_records_unmet_orders_and_sheets(session: AsyncSession, lists: Lists) -> None:
    now, here = clock.now(), lists.community
    registration = await make_registration(session, here)
    waits = {"status": RecordStatus.PENDING_APPROVAL}
    old = await make_record(
        session, registration, created_at=now - DAY, category="visit_company", **waits
    )
    new = await make_record(session, registration, category="errand", **waits)
    path = f"/organizations/{here.id}/records"
    assert await lists.ids(path) == texts(new, old)
    assert await lists.ids(path, sort="age") == texts(old, new)
    assert await lists.ids(path, sort="kind") == texts(new, old)
    assert await lists.ids(f"{path}/corrections", sort="age") == []

    unserved: dict[str, Any] = {"status": OrderStatus.EXPIRED}
    long_ago = await make_order(
        session, here, unserved_at=now - DAY, category="visit_company", **unserved
    )
    lately = await make_order(session, here, unserved_at=now, category="errand", **unserved)
    path = f"/organizations/{here.id}/unmet-orders"
    assert await lists.ids(path) == texts(lately, long_ago)
    assert await lists.ids(path, sort="age") == texts(long_ago, lately)
    assert await lists.ids(path, sort="kind") == texts(lately, long_ago)

    sheets = [
        Report(
            kind=ReportKind.MEMBER_SHEET,
            issuer_id=here.id,
            employer_id=registration.employer_id,
            registration_id=registration.id,
            period_from=clock.today() - days * DAY,
            period_to=clock.today(),
            status=status,
            content="{}",
            created_at=now - days * DAY,
        )
        for days, status in ((2, ReportStatus.ISSUED), (1, ReportStatus.DRAFT))
    ]
    session.add_all(sheets)
    await session.flush()
    path = f"/organizations/{here.id}/sheets"
    assert await lists.ids(path) == texts(*sorted(sheets, key=lambda row: row.id, reverse=True))
    assert await lists.ids(path, sort="age") == texts(*sheets)
    assert await lists.ids(path, sort="kind") == texts(*reversed(sheets))


async def test_what_was_handed_up(session: AsyncSession, lists: Lists, sign_in: Headers) -> None:
    above = await session.get_one(Organization, lists.community.lineage[-2])
    lists.head = sign_in(await make_staff(session, Role.SUBDISTRICT_ADMIN, above))
    stuck: dict[str, Any] = {"status": NeedStatus.HANDED_UP}
    old = await make_need(session, lists.community, created_at=clock.now() - DAY, **stuck)
    new = await make_need(session, lists.community, kind="complaint", **stuck)
    path = f"/organizations/{above.id}/needs/handed-up"
    assert await lists.ids(path) == texts(old, new)
    assert await lists.ids(path, sort="kind") == texts(new, old)


@pytest.mark.parametrize("name", ["needs", "registrations", "records", "unmet-orders", "sheets"])
async def test_another_order_is_refused_by_the_name_of_the_field(lists: Lists, name: str) -> None:
    for sort in ("minutes", "name", ""):
        path = f"/api/v1/organizations/{lists.community.id}/{name}"
        refused = await lists.client.get(path, params={"sort": sort}, headers=lists.head)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/sort")


async def test_a_cursor_is_of_one_order(session: AsyncSession, lists: Lists) -> None:
    for _ in range(2):
        await make_need(session, lists.community)
    path = f"/api/v1/organizations/{lists.community.id}/needs"
    page = (await lists.client.get(path, params={"limit": 1}, headers=lists.head)).json()
    query = {"cursor": page["next_cursor"], "sort": "kind"}
    refused = await lists.client.get(path, params=query, headers=lists.head)
    assert refused.json()["errors"][0]["code"] == "bad_cursor"
