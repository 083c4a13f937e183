"""Dictionaries over HTTP: one reading for all of them, edits by who runs the tenant."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.house import OperationLog
from app.models.person import Person, Role
from app.policies import content, shipped
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff

PATH = "/api/v1/dictionaries"
SignIn = Callable[[Person], dict[str, str]]


@pytest.fixture
async def admin(session: AsyncSession) -> Person:
    """Runs the tenant, whose content is loaded."""
    return await make_staff(session, Role.CITY_ADMIN, await make_organization(session, "city"))


async def test_anybody_reads_all_of_it_in_one_statement(
    client: AsyncClient,
    admin: Person,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    with count_statements() as seen:
        answer = await client.get(PATH)
    sections = answer.json()["sections"]
    assert len(seen) == 1
    assert sections["compound_types"][0]["data"]["name"] == "老旧小区"
    policies = [entry for entry in shipped.read() if entry.section == "policies"]
    assert len(sections["policies"]) == len(policies)


async def test_the_tag_says_whether_anything_changed(
    client: AsyncClient, admin: Person, sign_in: SignIn
) -> None:
    tag = (await client.get(PATH)).headers["etag"]
    same = await client.get(PATH, headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    await edit(client, sign_in(admin), "compound_types/old", version=1, name="老小区")
    assert (await client.get(PATH, headers={"If-None-Match": tag})).status_code == 200


async def edit(client: AsyncClient, headers: dict[str, str], entry: str, **body: Any) -> Any:
    """The answer to an edit."""
    return await client.patch(f"{PATH}/{entry}", json=body, headers=headers)


async def test_an_edit_is_kept_by_the_next_load_and_logged(
    client: AsyncClient, session: AsyncSession, admin: Person, sign_in: SignIn
) -> None:
    answer = await edit(
        client, sign_in(admin), "compound_types/old", version=1, name="老小区", enabled=False
    )
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert answer.json()["data"]["focus"]
    assert (await shipped.load(session)).added == 0
    found = await content.find(session, "compound_types", "old")
    assert found is not None and (found["name"], found["enabled"]) == ("老小区", False)
    logged = await session.scalar(
        select(OperationLog.detail).where(OperationLog.action == "content.changed")
    )
    assert logged == {"section": "compound_types", "code": "old", "fields": ["enabled", "name"]}


async def test_an_entry_that_is_one_value_gets_another_of_its_form(
    client: AsyncClient, admin: Person, sign_in: SignIn
) -> None:
    answer = await edit(client, sign_in(admin), "tenant/name", version=1, value="南通")
    assert answer.json()["data"] == {"value": "南通"}


@pytest.mark.parametrize(
    ("entry", "body", "pointer"),
    [
        ("compound_types/old", {"name": None}, "/name"),
        ("compound_types/old", {"name": "长" * 41}, "/name"),
        ("compound_types/old", {"text": "没有这一项"}, "/text"),
        ("compound_types/old", {"value": 3}, "/value"),
        ("compound_types/old", {"code": "new"}, "/code"),
        ("compound_types/old", {"enabled": 1}, "/enabled"),
        ("tenant/name", {"value": 5}, "/value"),
        ("tenant/name", {"value": {"a": 1}}, "/value"),
        ("tenant/name", {"enabled": False}, "/enabled"),
    ],
)
async def test_a_wrong_field_is_named(
    client: AsyncClient,
    admin: Person,
    sign_in: SignIn,
    entry: str,
    body: dict[str, Any],
    pointer: str,
) -> None:
    answer = await edit(client, sign_in(admin), entry, version=1, **body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_who_may_not_what_is_not_and_what_is_old(
    client: AsyncClient, session: AsyncSession, admin: Person, sign_in: SignIn
) -> None:
    other = await make_staff(
        session, Role.DISTRICT_ADMIN, await make_organization(session, "district")
    )
    entry = "compound_types/old"
    assert (await edit(client, sign_in(other), entry, version=1, name="x")).status_code == 403
    assert (await edit(client, {}, entry, version=1, name="x")).status_code == 401
    assert (
        await edit(client, sign_in(admin), "compound_types/none", version=1, name="x")
    ).status_code == 404
    stale = await edit(client, sign_in(admin), entry, version=2, name="x")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")


async def test_a_policy_is_not_edited_as_content(
    client: AsyncClient, admin: Person, sign_in: SignIn
) -> None:
    answer = await edit(client, sign_in(admin), "policies/orders.reopen_max", version=1, value=5)
    assert (answer.status_code, answer.json()["code"]) == (409, "set_by_organization")
