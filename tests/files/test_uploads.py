"""Photos over HTTP: uploaded, attached to a need, seen by expiring links, taken back, lapsed."""

import asyncio
import hashlib
import io
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Unavailable
from app.files import links, photos, routes, service
from app.files.purging import purge_next
from app.files.storage import Variant
from app.models.file import File, FileStatus, StoredBytes
from tests.factories.files import make_file, picture
from tests.factories.organizations import make_community
from tests.files.town import NEED, Sessions, file_of, lies, look, send, steps, uploaded, with_photo
from tests.needs.town import Desk, Town, desk, make_neighbour, town

__all__ = ["desk", "town"]

Count = Callable[[], AbstractContextManager[list[str]]]
MoveClock = Callable[[timedelta], None]
NOBODY: Any = None  # purging asks WeChat nothing


async def purge(sessions: Sessions) -> int:
    """How many files' bytes went."""
    gone = 0
    while await purge_next(sessions, NOBODY):
        gone += 1
    return gone


async def test_who_uploads_sees_the_photo_at_once_and_alone(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    answer = await send(desk, town.resident, picture((2000, 1000), "PNG"))
    assert answer.status_code == 201
    photo = answer.json()
    assert (photo["status"], photo["width"], photo["height"]) == ("stored", 1600, 800)
    assert photo["open_to"] == ["take_back"]
    for name in ("photo", "thumbnail"):
        seen = await look(desk.client, photo[name])
        assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
        assert seen.content.startswith(b"\xff\xd8\xff")
    assert len((await look(desk.client, photo["thumbnail"])).content) < len(
        (await look(desk.client, photo["photo"])).content
    )
    assert await steps(session, photo["id"]) == ["upload"]


async def test_a_link_is_kept_by_nobody_else_and_runs_nothing(desk: Desk, town: Town) -> None:
    seen = await look(desk.client, (await uploaded(desk, town.resident))["photo"])
    assert seen.headers["cache-control"].startswith("private, max-age=")
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert seen.headers["content-disposition"] == 'inline; filename="photo.jpg"'
    assert "sandbox" in seen.headers["content-security-policy"]


async def test_a_link_expires(desk: Desk, town: Town, move_clock: MoveClock) -> None:
    link = (await uploaded(desk, town.resident))["photo"]
    move_clock(timedelta(minutes=9))
    assert (await look(desk.client, link)).status_code == 200
    move_clock(timedelta(minutes=16))
    late = await look(desk.client, link)
    assert (late.status_code, late.json()["code"]) == (403, "link_invalid")


async def test_a_forged_link_opens_nothing(desk: Desk, town: Town) -> None:
    link = (await uploaded(desk, town.resident))["photo"]
    token = link.removeprefix(links.PREFIX)
    flipped = "B" if token[10] != "B" else "C"
    for forged in (
        token[:10] + flipped + token[11:],
        token[:-4] + "AAAA",
        token[:20],
        "x",
        "%00",
        token + token,
        hashlib.sha256(b"x").hexdigest(),
    ):
        answer = await look(desk.client, links.PREFIX + forged)
        assert (answer.status_code, answer.json()["code"]) == (403, "link_invalid"), forged


async def test_a_link_is_the_same_for_some_minutes(town: Town, session: AsyncSession) -> None:
    photo = make_file(town.resident)
    session.add(photo)
    await session.flush()
    assert links.path(photo.id, Variant.PHOTO) != links.path(photo.id, Variant.THUMBNAIL)
    made = {links.path(photo.id, Variant.PHOTO) for _ in range(20)}
    assert len(made) <= 2


async def test_a_link_to_nothing_is_not_found(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    photo = make_file(town.resident)
    link = links.path(photo.id or town.resident.id, Variant.PHOTO)
    assert (await look(desk.client, link)).status_code == 404
    session.add(photo)
    await session.flush()
    lost = await look(desk.client, links.path(photo.id, Variant.PHOTO))  # its bytes are not there
    assert (lost.status_code, lost.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "not_a_photo"), (picture((300, 200))[:900], "damaged"), (b"%PDF", "not_a_photo")],
)
async def test_what_is_refused_leaves_nothing(
    desk: Desk, town: Town, session: AsyncSession, content: bytes, code: str
) -> None:
    answer = await send(desk, town.resident, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "photo_refused")
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/file", code)]
    assert await session.scalar(select(func.count()).select_from(StoredBytes)) == 0


async def test_only_this_door_takes_ten_megabytes_and_not_more(
    desk: Desk, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    heavy = picture() + b"\x00" * (2 * 1024 * 1024)
    assert (await send(desk, town.resident, heavy)).status_code == 201
    too_much = picture() + b"\x00" * photos.MOST_BYTES
    for content in (too_much, too_much + b"\x00" * 100_000):
        answer = await send(desk, town.resident, content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    other = await desk.client.post(
        "/api/v1/needs", content=heavy, headers=desk.sign_in(town.resident)
    )
    assert other.status_code == 413


async def test_nobody_uploads_without_a_login_or_without_end(
    desk: Desk, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = await desk.client.post("/api/v1/files", files={"file": ("a.jpg", picture())})
    assert stranger.status_code == 401
    monkeypatch.setattr(routes, "MOST_AN_HOUR", 1)
    assert (await send(desk, town.resident)).status_code == 201
    assert (await send(desk, town.resident)).status_code == 429


async def test_what_belongs_to_nothing_does_not_pile_up(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    session.add_all(make_file(town.resident) for _ in range(service.MOST_UNATTACHED))
    await session.flush()
    answer = await send(desk, town.resident)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_photos")


async def test_the_same_tap_twice_is_one_photo(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    key = "tap-00000001"
    first, second = [await send(desk, town.resident, key=key) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert await session.scalar(select(func.count()).select_from(File)) == 1
    other = await send(desk, town.resident, picture((10, 10)), key=key)
    assert other.json()["code"] == "idempotency_key_reused"


async def test_bytes_of_an_upload_that_came_to_nothing_go(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    key = "tap-00000002"
    photo = (await send(desk, town.resident, key=key)).json()["id"]
    await send(desk, town.resident, key=key)
    [orphan] = await session.scalars(select(StoredBytes.id).where(StoredBytes.id != photo))
    assert await lies(orphan, Variant.PHOTO)
    assert await purge(sessions) == 0
    move_clock(timedelta(hours=2))
    assert await purge(sessions) == 1
    assert not await lies(orphan, Variant.PHOTO)
    assert await lies((await file_of(session, photo)).id, Variant.PHOTO)


async def test_a_need_carries_photos_that_only_their_uploader_sees_before_the_check(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need, photo = await with_photo(desk, town.resident)
    mine = (await desk.get(town.resident, f"/needs/{need}"))["photos"]
    assert [one["id"] for one in mine] == [photo]
    assert (await look(desk.client, mine[0]["photo"])).status_code == 200
    [staff] = (await desk.get(town.clerk, f"/needs/{need}"))["photos"]
    assert (staff["status"], staff["photo"], staff["thumbnail"]) == ("stored", None, None)
    row = await file_of(session, photo)
    assert (row.community_id, row.due_at) == (town.community.id, None)
    assert row.check_due_at is not None
    assert await steps(session, photo) == ["upload", "attach"]


async def test_after_the_check_whoever_may_read_the_need_sees_its_photos(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need, photo = await with_photo(desk, town.resident)
    await session.execute(update(File).where(File.id == photo).values(status=FileStatus.SHOWN))
    for who in (town.resident, town.clerk):
        [seen] = (await desk.get(who, f"/needs/{need}"))["photos"]
        assert (await look(desk.client, seen["thumbnail"])).status_code == 200
    neighbour = await make_neighbour(session, town.community)
    assert (await desk.get(neighbour, f"/needs/{need}"))["code"] == "not_found"


async def test_staff_attach_photos_to_what_they_enter(desk: Desk, town: Town) -> None:
    photo = (await uploaded(desk, town.clerk))["id"]
    need = await desk.post(
        town.clerk,
        f"/organizations/{town.community.id}/needs",
        words="电话反映：东门路灯不亮",
        source="phone",
        photo_ids=[photo],
    )
    assert need.status_code == 201, need.text
    [seen] = (await desk.get(town.clerk, f"/needs/{need.json()['id']}"))["photos"]
    assert seen["id"] == photo


@pytest.mark.parametrize(
    ("changes", "count", "code"),
    [
        ({"kind": "complaint"}, 1, "no_photos_here"),
        ({"kind": "about_member"}, 1, "no_photos_here"),
        ({"kind": "help_request", "category": "after_school"}, 1, "no_photos_of_minors"),
        ({}, 7, "too_many_photos"),
        ({}, 21, "too_long"),
    ],
)
async def test_not_everything_has_photos(
    desk: Desk, town: Town, session: AsyncSession, changes: Any, count: int, code: str
) -> None:
    files = [make_file(town.resident) for _ in range(count)]
    session.add_all(files)
    await session.flush()
    ids = [str(file.id) for file in files]
    answer = await desk.post(town.resident, "/needs", **NEED | changes, photo_ids=ids)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/photo_ids", code)
    ]
    assert (await desk.get(town.resident, "/me/needs"))["items"] == []


async def test_a_photo_belongs_to_one_thing_of_its_uploader(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    _, used = await with_photo(desk, town.resident)
    others, hidden = make_file(town.clerk), make_file(town.resident, status=FileStatus.HIDDEN)
    session.add_all([others, hidden])
    await session.flush()
    for photo in (used, str(others.id), str(hidden.id), str(town.resident.id)):
        answer = await desk.post(town.resident, "/needs", **NEED, photo_ids=[photo])
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_photo")


async def test_the_uploader_takes_a_photo_back(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    need, photo = await with_photo(desk, town.resident)
    [mine] = (await desk.get(town.resident, f"/needs/{need}"))["photos"]
    assert (await desk.send("DELETE", town.clerk, f"/me/files/{photo}")).status_code == 403
    assert (await desk.send("DELETE", town.helper, f"/me/files/{photo}")).status_code == 404
    assert (await desk.send("DELETE", town.resident, f"/me/files/{photo}")).status_code == 204
    assert (await desk.send("DELETE", town.resident, f"/me/files/{photo}")).status_code == 409
    assert (await look(desk.client, mine["photo"])).status_code == 404
    assert (await desk.get(town.resident, f"/needs/{need}"))["photos"] == []
    assert await purge(sessions) == 1
    row = await file_of(session, photo)
    assert not await lies(row.id, Variant.THUMBNAIL)


async def test_what_belongs_to_nothing_is_gone_after_a_day(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    photo = (await uploaded(desk, town.resident))["id"]
    row = await file_of(session, photo)
    assert row.due_at is not None and row.due_at - row.created_at >= timedelta(hours=23)
    await service.lapse(session, row)
    await service.lapse(session, row)
    assert (await file_of(session, photo)).status is FileStatus.REMOVED
    assert await purge(sessions) == 1
    assert await steps(session, photo) == ["upload", "lapse"]


async def test_uploading_costs_few_statements(
    desk: Desk, town: Town, count_statements: Count
) -> None:
    with count_statements() as seen:
        await send(desk, town.resident, key="tap-00000003")
    assert len(seen) <= 12


async def test_many_photos_cost_as_many_statements_as_one(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Count
) -> None:
    spent = []
    for count in (1, 6):
        files = [make_file(town.resident) for _ in range(count)]
        session.add_all(files)
        await session.flush()
        ids = [str(file.id) for file in files]
        with count_statements() as seen:
            need = await desk.post(town.resident, "/needs", **NEED, photo_ids=ids)
        with count_statements() as read:
            await desk.get(town.clerk, f"/needs/{need.json()['id']}")
        spent.append((len(seen), len(read)))
    assert spent[0] == spent[1]
    assert spent[0][0] <= 13 and spent[0][1] <= 4  # the actor is one of each


async def test_who_waits_too_long_for_a_turn_comes_back_later() -> None:
    release = Event()
    held: Future[bool] = photos.TURN.submit(release.wait)
    try:
        with pytest.raises(Unavailable):
            await photos.clean(io.BytesIO(picture()), wait=0.01)
    finally:
        release.set()
    assert await asyncio.wrap_future(held)


async def test_of_two_needs_one_gets_the_photo(committed: FastAPI) -> None:
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        async with committed.state.sessions.begin() as session:
            resident = await make_neighbour(session, await make_community(session))
            photo = make_file(resident)
            session.add(photo)
        head = {"Authorization": f"Bearer {committed.state.tokens.sign(resident.id)}"}
        body = NEED | {"photo_ids": [str(photo.id)]}
        answers = await asyncio.gather(
            *(client.post("/api/v1/needs", json=body, headers=head) for _ in range(4))
        )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]
