"""The life of an imported file, and its doors over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.errors import FieldError, NotFound
from app.deadlines import advance_next
from app.lifecycle import BadTransition
from app.models.organization import Import, ImportKind, ImportStatus, ImportStep, Organization
from app.models.person import Person, Role
from app.organizations import imports
from app.organizations.imports import LIFECYCLE, ImportAction
from app.permissions import Actor, Permission
from app.wiring import DEADLINES
from tests.factories.people import make_staff
from tests.organizations.test_divisions import SMALL, find, take

PATH = "/api/v1/imports"
SignIn = Callable[[Person], dict[str, str]]

NEXT = {
    (ImportStatus.PREVIEWED, ImportAction.APPLY): ImportStatus.APPLIED,
    (ImportStatus.PREVIEWED, ImportAction.LAPSE): ImportStatus.LAPSED,
}


@pytest.mark.parametrize("action", ImportAction)
@pytest.mark.parametrize("status", ImportStatus)
def test_every_step_of_an_import(status: ImportStatus, action: ImportAction) -> None:
    row = Import(status=status)
    expected = NEXT.get((status, action))
    if expected is None:
        with pytest.raises(BadTransition):
            LIFECYCLE.advance(row, action)
    else:
        assert LIFECYCLE.advance(row, action) == status
        assert row.status == expected


def test_only_who_may_apply_sees_the_button() -> None:
    granted = {Permission.IMPORT_APPLY}
    assert LIFECYCLE.open_in(ImportStatus.PREVIEWED, granted) == [ImportAction.APPLY]
    assert LIFECYCLE.open_in(ImportStatus.PREVIEWED, ()) == []


@pytest.fixture
async def admin(session: AsyncSession) -> Person:
    """Runs the city of the small division file."""
    await take(session, SMALL)
    return await make_staff(session, Role.CITY_ADMIN, await find(session, "320600"))


async def send(
    client: AsyncClient, headers: dict[str, str], content: str = SMALL, **more: str
) -> Any:
    """The answer to an upload of divisions."""
    files = {"file": ("divisions.csv", content.encode(), "text/csv")}
    return await client.post(f"{PATH}/divisions", files=files, headers=headers | more)


async def test_a_division_file_is_previewed_then_applied(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, admin: Person
) -> None:
    changed = SMALL.replace("学田社区", "学田新社区").replace(
        "320613001201,花园村,community,320613001\n", ""
    )
    answer = await send(client, sign_in(admin), changed)
    body = answer.json()
    assert (answer.status_code, body["status"]) == (201, "previewed")
    assert [change["change"] for change in body["changes"]] == ["renamed"]
    assert [gone["name"] for gone in body["vanished"]] == ["花园村"]
    assert (await find(session, "320613001001")).name == "学田社区"

    url = f"{PATH}/{body['id']}"
    shown = await client.get(url, headers=sign_in(admin))
    assert shown.json()["counts"] == body["counts"]
    applied = await client.post(
        f"{url}/apply", json={"close_vanished": True}, headers=sign_in(admin)
    )
    assert (applied.status_code, applied.json()["status"]) == (200, "applied")
    assert (await find(session, "320613001001")).name == "学田新社区"
    closed = await session.scalars(
        select(Organization.name).where(Organization.closed_on.is_not(None))
    )
    assert closed.all() == ["花园村"]
    again = await client.post(f"{url}/apply", json={}, headers=sign_in(admin))
    assert (again.status_code, again.json()["code"]) == (409, "bad_transition")
    steps = await session.scalars(select(ImportStep.entered).order_by(ImportStep.id))
    assert steps.all() == ["previewed", "applied"]


async def test_a_preview_on_another_state_is_refused(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, admin: Person
) -> None:
    previewed = (await send(client, sign_in(admin))).json()
    (await find(session, "320613001001")).name = "别名"
    await session.commit()
    answer = await client.post(f"{PATH}/{previewed['id']}/apply", json={}, headers=sign_in(admin))
    assert (answer.status_code, answer.json()["code"]) == (409, "state_changed")
    assert (await find(session, "320613001001")).name == "别名"


async def test_a_refused_file_says_line_and_column(
    client: AsyncClient, sign_in: SignIn, admin: Person
) -> None:
    answer = await send(client, sign_in(admin), SMALL.replace("学田社区", ""))
    assert (answer.status_code, answer.json()["code"]) == (422, "file_refused")
    assert answer.json()["errors"][0]["pointer"] == "/7/name"


async def test_a_file_too_large_is_refused(
    client: AsyncClient, sign_in: SignIn, admin: Person
) -> None:
    answer = await send(client, sign_in(admin), "x" * (4 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_only_the_city_previews_divisions(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, admin: Person
) -> None:
    district = await find(session, "320613")
    other = await make_staff(session, Role.DISTRICT_ADMIN, district)
    assert (await send(client, sign_in(other))).status_code == 403
    assert (await send(client, {})).status_code == 401


async def test_an_import_of_somebody_else_is_not_found(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, admin: Person
) -> None:
    previewed = (await send(client, sign_in(admin))).json()
    other = await make_staff(session, Role.DISTRICT_ADMIN, await find(session, "320613"))
    url = f"{PATH}/{previewed['id']}"
    assert (await client.get(url, headers=sign_in(other))).status_code == 404
    answer = await client.post(f"{url}/apply", json={}, headers=sign_in(other))
    assert answer.status_code == 404


async def test_the_same_upload_with_the_same_key_is_one_preview(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, admin: Person
) -> None:
    key = {"Idempotency-Key": "one-tap-only"}
    first = await send(client, sign_in(admin), **key)
    second = await send(client, sign_in(admin), **key)
    assert first.json() == second.json()


async def make_import(
    session: AsyncSession, admin: Person, *refused: FieldError, **counts: int
) -> Import:
    """A previewed file of employers."""
    city = await find(session, "320600")
    return await imports.preview(
        session,
        Actor(admin.id),
        ImportKind.EMPLOYERS,
        city.id,
        file_digest="f" * 64,
        plan={"rows": ["张三"]},
        state_digest="s" * 64,
        counts=counts,
        refused=refused,
    )


async def test_a_plan_is_read_back_by_its_kind_only(session: AsyncSession, admin: Person) -> None:
    row = await make_import(session, admin)
    _, plan = await imports.take(session, Actor(admin.id), row.id, ImportKind.EMPLOYERS)
    assert plan == {"rows": ["张三"]}
    with pytest.raises(NotFound):
        await imports.take(session, Actor(admin.id), row.id, ImportKind.ROSTER)


async def test_a_file_with_refused_rows_cannot_be_applied(
    session: AsyncSession, admin: Person
) -> None:
    cell = FieldError("/employers/3/name", "empty", "第3行A列（单位名称）：不能为空")
    row = await make_import(session, admin, cell, refused=1)
    assert "张三" not in str(row.plan)
    with pytest.raises(imports.RowsRefused) as refusal:
        await imports.take(session, Actor(admin.id), row.id, ImportKind.EMPLOYERS)
    assert refusal.value.errors == (cell,)


async def test_after_a_day_a_preview_lapses_and_forgets_its_rows(
    session: AsyncSession,
    sessions: async_sessionmaker[AsyncSession],
    admin: Person,
    move_clock: Callable[[timedelta], None],
) -> None:
    row = await make_import(session, admin)
    move_clock(timedelta(hours=25))
    with pytest.raises(imports.ImportLapsed):
        await imports.take(session, Actor(admin.id), row.id, ImportKind.EMPLOYERS)
    await session.commit()
    assert await advance_next(sessions, tuple(line for line in DEADLINES if line.table is Import))
    await session.refresh(row)
    assert (row.status, row.plan, row.due_at) == (ImportStatus.LAPSED, None, None)
    with pytest.raises(BadTransition):
        await imports.take(session, Actor(admin.id), row.id, ImportKind.EMPLOYERS)
