"""The inbox: once for each fact and person, in the words of the content."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.person import Person, Role
from app.models.report import MessageCredit, OutgoingMessage
from app.notifications import service
from app.policies import content
from app.simulator.template_values import fits
from app.wechat import values
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff

Headers = Callable[[Person], dict[str, str]]
SUBJECT = ("order", new_id())


@pytest.fixture
async def person(session: AsyncSession) -> Person:
    return await make_person(session)


async def inbox(client: AsyncClient, head: dict[str, str], query: str = "") -> Any:
    return (await client.get(f"/api/v1/me/notifications{query}", headers=head)).json()


async def test_a_fact_that_is_told_twice_is_one_line(
    client: AsyncClient, session: AsyncSession, person: Person, sign_in: Headers
) -> None:
    when = datetime(2026, 3, 7, 11, tzinfo=UTC)
    for _ in range(2):
        await service.tell(
            session, 7, "seat_taken", [person.id, None], SUBJECT, order="教用手机", start=when
        )
    (line,) = (await inbox(client, sign_in(person)))["items"]
    assert line["title"] == "接单成功"
    assert line["text"] == "教用手机，3月7日 19:00，—。—前可退出，不留记录。"
    assert (line["subject_kind"], line["read_at"]) == ("order", None)


async def test_nobody_concerned_is_nobody_told(session: AsyncSession, person: Person) -> None:
    await service.tell(session, 7, "seat_taken", [None], SUBJECT)
    assert (await session.scalars(select(OutgoingMessage))).all() == []


async def test_lines_are_read_page_by_page_and_marked_only_by_their_owner(
    client: AsyncClient, session: AsyncSession, person: Person, sign_in: Headers
) -> None:
    for fact in range(3):
        await service.tell(session, fact, "record_added", [person.id], SUBJECT, hours=fact)
    head = sign_in(person)
    first = await inbox(client, head, "?limit=2")
    rest = await inbox(client, head, f"?limit=2&cursor={first['next_cursor']}")
    assert [line["text"][2] for line in first["items"] + rest["items"]] == ["2", "1", "0"]
    ids = [line["id"] for line in first["items"]]
    other = sign_in(await make_person(session))
    for who in (other, head):
        answer = await client.post(
            "/api/v1/me/notifications/read", json={"notification_ids": ids}, headers=who
        )
        assert answer.status_code == 204
    after = await inbox(client, head)
    assert [line["read_at"] is not None for line in after["items"]] == [True, True, False]
    assert (await inbox(client, other))["items"] == []


@pytest.mark.parametrize("limit", [1, 50])
async def test_the_inbox_costs_one_statement_beside_the_actor(
    client: AsyncClient,
    session: AsyncSession,
    person: Person,
    sign_in: Headers,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
    limit: int,
) -> None:
    for fact in range(5):
        await service.tell(session, fact, "record_added", [person.id], SUBJECT)
    with count_statements() as seen:
        await inbox(client, sign_in(person), f"?limit={limit}")
    assert len(seen) == 2


async def accept(client: AsyncClient, head: dict[str, str], *templates: str) -> Any:
    return await client.post(
        "/api/v1/me/message-credits", json={"accepted": list(templates)}, headers=head
    )


async def test_a_credit_sends_one_message_and_is_used_up(
    client: AsyncClient, session: AsyncSession, person: Person, sign_in: Headers
) -> None:
    await accept(client, sign_in(person), "service_reminder", "service_reminder")
    for fact in range(3):
        await service.tell(session, fact, "seat_taken", [person.id], SUBJECT, order="教用手机")
    sent = (await session.scalars(select(OutgoingMessage))).all()
    assert len(sent) == 2
    assert set(sent[0].data) == {"thing1", "time2", "thing3", "thing4"}
    left = await session.scalar(select(MessageCredit.left))
    assert left == 0


async def test_a_card_shows_the_time_of_what_it_is_about_where_its_template_says_so(
    client: AsyncClient, session: AsyncSession, person: Person, sign_in: Headers
) -> None:
    """A reminder says when the service begins; the progress of a need, when it was told."""
    await accept(client, sign_in(person), "service_reminder", "need_progress")
    when = datetime(2026, 3, 7, 11, tzinfo=UTC)
    await service.tell(session, 1, "seat_taken", [person.id], SUBJECT, start=when)
    await service.tell(session, 1, "need_received", [person.id], SUBJECT, due=when)
    progress, reminder = (
        await session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.template))
    ).all()
    assert reminder.data["time2"] == "2026年3月7日 19:00"
    assert progress.data["time3"] != "2026年3月7日 19:00"


async def test_an_unknown_template_is_refused_by_place(
    client: AsyncClient, person: Person, sign_in: Headers
) -> None:
    answer = await accept(client, sign_in(person), "service_reminder", "other")
    assert answer.json()["errors"][0]["pointer"] == "/accepted/1"


def test_each_kind_of_key_is_filled_with_what_it_takes() -> None:
    keys = dict.fromkeys(
        ("thing1", "thing2", "thing3", "thing4", "number5", "phrase6", "character_string7")
    )
    filled = service.fill(
        keys | {"phone_number8": "", "time9": ""},  # type: ignore[arg-type]  # only keys matter
        "标题",
        "正文",
        datetime(2026, 3, 7, 1, 5, tzinfo=UTC),
    )
    assert [filled[f"thing{n}"] for n in (1, 2, 3, 4)] == ["标题", "正文", "正文", "正文"]
    assert filled["time9"] == "2026年3月7日 09:05"


async def test_every_shipped_message_fits_its_template(session: AsyncSession) -> None:
    """As WeChat would count; else it is refused with 47003 and never arrives."""
    templates = await content.section(session, "templates")
    unfit = [
        (code, key)
        for code, form in (await content.section(session, "messages")).items()
        if form["template"] != "none"
        for key, value in service.fill(
            templates[form["template"]]["data"], form["title"], form["text"], clock.now()
        ).items()
        if not fits(key, values.fit(key, value))
    ]
    assert unfit == []


async def test_who_holds_a_post_here_or_above_is_found(session: AsyncSession) -> None:
    community = await make_community(session)
    grid = await make_organization(session, "grid", community)
    here = await make_staff(session, Role.COMMUNITY_CLERK, community)
    await make_staff(session, Role.COMMUNITY_CLERK, grid)
    role = Role.COMMUNITY_CLERK
    assert await service.holders(session, community.id, role) == {here.id}
    assert here.id in await service.holders_above(session, grid.id, role)
    assert await service.holders(session, community.id, Role.AUDITOR) == set()
