"""Consents by purpose: shown, given, withdrawn."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Unauthorized
from app.core.ids import digest
from app.identity import consents, service
from app.identity.schemas import ConsentIn
from app.models.organization import ContentItem
from app.models.outbox import OutboxEntry
from app.models.person import Consent, Person
from app.permissions import Actor
from tests.identity.conftest import Enter, User

CORE, RESIDENT, DISPLAY = "registration_core", "resident_core", "display_in_building"


async def shown(user: User, purpose: str = CORE) -> dict[str, Any]:
    items: list[dict[str, Any]] = (await user.ask("GET", "consents")).json()["items"]
    return next(item for item in items if item["purpose"] == purpose)


async def entry(session: AsyncSession, section: str, code: str) -> ContentItem:
    found = await session.scalar(
        select(ContentItem).where(ContentItem.section == section, ContentItem.code == code)
    )
    assert found is not None
    return found


async def facts(session: AsyncSession) -> list[tuple[str, dict[str, Any]]]:
    rows = await session.execute(select(OutboxEntry.name, OutboxEntry.payload))
    return [(name, payload) for name, payload in rows]


async def test_every_purpose_says_what_it_is_for_and_what_a_refusal_closes(enter: Enter) -> None:
    user = await enter()
    answer = (await user.ask("GET", "consents")).json()
    assert "撤回同意" in answer["rights"]
    by_purpose = {item["purpose"]: item for item in answer["items"]}
    core = by_purpose[CORE]
    assert (core["required_for"], core["audience"], core["is_separate"]) == (
        "线上报到",
        ["member"],
        True,
    )
    assert "纸质报到" in core["if_refused"]
    assert core["is_given"] is False
    assert core["given_at"] is None
    assert by_purpose[DISPLAY]["required_for"] is None
    assert by_purpose["contact_at_service"]["audience"] == ["member", "resident"]


async def test_a_purpose_that_is_switched_off_is_neither_shown_nor_given(enter: Enter) -> None:
    user = await enter()
    items = (await user.ask("GET", "consents")).json()["items"]
    assert "political_birthday" not in [item["purpose"] for item in items]
    answer = await user.ask(
        "POST", "consents", json={"purpose": "political_birthday", "version": "1-00000000"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/purpose"


async def test_placeholders_are_filled_with_what_the_tenant_says_of_itself(
    session: AsyncSession, enter: Enter
) -> None:
    user = await enter()
    before = await shown(user)
    handler = (await user.ask("GET", "consents")).json()["handler"]
    assert "{" not in handler
    assert "待主办单位填写" in handler
    for code, value in (("controller_name", "通州区委组织部"), ("contact_name", "办公室")):
        session.add(
            ContentItem(
                section="tenant",
                code=code,
                position=9,
                data={"value": value},
                shipped={"value": value},
            )
        )
    await session.flush()
    answer = (await user.ask("GET", "consents")).json()
    assert answer["handler"].startswith("通州区委组织部（主办单位），联系人：办公室")
    assert (await shown(user))["version"] != before["version"]


async def test_a_consent_keeps_version_time_channel_and_hash(
    session: AsyncSession, enter: Enter
) -> None:
    user = await enter()
    item = await shown(user)
    await user.agree()
    row = await session.scalar(select(Consent))
    assert row is not None
    assert (row.purpose, row.text_version, row.channel) == (CORE, item["version"], "online")
    assert row.text_version == f"1-{row.text_hash[:8]}"
    assert len(row.text_hash) == len(digest(""))
    now = await shown(user)
    assert now["is_given"] and now["is_current"]
    assert now["given_version"] == item["version"]


async def test_agreeing_twice_stands_once(session: AsyncSession, enter: Enter) -> None:
    user = await enter()
    await user.agree()
    await user.agree()
    assert len((await session.scalars(select(Consent))).all()) == 1


async def test_words_that_have_changed_since_are_refused(
    session: AsyncSession, enter: Enter
) -> None:
    user = await enter()
    old = (await shown(user))["version"]
    await user.agree()
    item = await entry(session, "consents.items", CORE)
    item.data = item.data | {"retention": "在册期间及结束后3年"}
    await session.flush()
    answer = await user.ask("POST", "consents", json={"purpose": CORE, "version": old})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "pointer": "/version",
            "code": "stale_text",
            "message": "说明内容已更新，请重新阅读后再同意",
        }
    ]
    now = await shown(user)
    assert now["is_given"] and not now["is_current"]
    assert now["version"].startswith("2-")


async def test_new_words_replace_the_consent_to_the_old_ones(
    session: AsyncSession, enter: Enter
) -> None:
    user = await enter()
    await user.agree()
    item = await entry(session, "consents.items", CORE)
    item.data = item.data | {"text": "新的说明"}
    await session.flush()
    await user.agree()
    rows = (await session.scalars(select(Consent).order_by(Consent.id))).all()
    assert [row.withdrawn_at is None for row in rows] == [False, True]
    assert (await shown(user))["is_current"]


async def test_withdrawing_is_one_call_and_a_fact(session: AsyncSession, enter: Enter) -> None:
    user = await enter()
    await user.agree()
    assert (await user.ask("DELETE", f"consents/{CORE}")).status_code == 204
    item = await shown(user)
    assert not item["is_given"]
    assert item["withdrawn_at"] is not None
    assert await facts(session) == [
        ("consent.withdrawn", {"person_id": user.tokens["person_id"], "purpose": CORE})
    ]
    assert (await user.ask("DELETE", f"consents/{CORE}")).status_code == 404


async def test_with_the_last_purpose_that_covers_them_name_and_phone_are_gone(
    session: AsyncSession, enter: Enter
) -> None:
    user = await enter()
    for purpose in (CORE, RESIDENT, DISPLAY):
        await user.agree(purpose)
    await user.bind()
    version = (await user.ask("GET", "me")).json()["version"]
    await user.ask("PATCH", "me", json={"name": "王建国", "version": version})
    for purpose, is_kept in ((DISPLAY, True), (CORE, True), (RESIDENT, False)):
        await user.ask("DELETE", f"consents/{purpose}")
        kept = (await session.execute(select(Person.name, Person.phone, Person.phone_hash))).one()
        assert [value is not None for value in kept] == [is_kept] * 3


async def test_others_ask_for_one_purpose_or_either_of_several(
    session: AsyncSession, enter: Enter
) -> None:
    user = await enter()
    await user.agree(RESIDENT)
    person_id = await session.scalar(select(Person.id))
    assert person_id is not None
    assert await service.has_consent(session, person_id, RESIDENT)
    assert await service.has_consent(session, person_id, CORE, RESIDENT)
    assert not await service.has_consent(session, person_id, CORE)
    await service.require_consent(session, person_id, RESIDENT)
    with pytest.raises(service.ConsentMissing):
        await service.require_consent(session, person_id, CORE)


async def test_nobody_but_a_person_consents(session: AsyncSession) -> None:
    body = ConsentIn(purpose=CORE, version="1-0")
    with pytest.raises(Unauthorized):
        await consents.give(session, Actor.system(), body)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"purpose": CORE}, "/version"),
        ({"purpose": "nothing", "version": "1-0"}, "/purpose"),
        ({"purpose": CORE, "version": 1}, "/version"),
        ({"purpose": CORE, "version": "1-0", "channel": "paper"}, "/channel"),
    ],
)
async def test_a_bad_consent_names_the_field(
    enter: Enter, body: dict[str, Any], pointer: str
) -> None:
    user = await enter()
    answer = await user.ask("POST", "consents", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_statements_are_few(
    enter: Enter, count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    user = await enter()
    with count_statements() as reading:
        await shown(user)
    with count_statements() as giving:
        await user.agree()
    with count_statements() as withdrawing:
        await user.ask("DELETE", f"consents/{CORE}")
    assert len(reading) == 3
    assert len(giving) - len(reading) <= 12
    assert len(withdrawing) <= 12
