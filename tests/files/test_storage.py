"""Where bytes lie: a folder, an S3 store over real HTTP, and a store that does not answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from fastapi import FastAPI, Request, Response
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.files import links, storage
from app.files.purging import LEASE, purge_next
from app.files.storage import Variant
from app.models.file import StoredBytes
from tests.factories.files import make_file
from tests.factories.people import make_person
from tests.files.town import Sessions, lies
from tests.simulator.server import serving

NOBODY: Any = None


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    storage.use("memory:///")


async def round_trip() -> None:
    file_id = new_id()
    assert not await lies(file_id, Variant.PHOTO)
    await storage.put(file_id, b"large", b"small")
    assert await storage.get(file_id, Variant.PHOTO) == b"large"
    assert await storage.get(file_id, Variant.THUMBNAIL) == b"small"
    await storage.delete(file_id)
    await storage.delete(file_id)
    assert not await lies(file_id, Variant.PHOTO)


async def test_bytes_lie_in_a_folder_that_is_made_when_it_is_needed(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "files"
    storage.use(folder.as_uri())
    assert not folder.exists()
    await round_trip()
    file_id = new_id()
    await storage.put(file_id, b"large", b"small")
    assert sorted(path.name for path in folder.rglob("*.jpg")) == ["photo.jpg", "thumbnail.jpg"]


class Bucket:
    """As much of S3 as one bucket needs: put, get, delete, delete many."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.app = FastAPI()
        self.app.add_api_route("/{path:path}", self.serve, methods=["GET", "PUT", "POST", "DELETE"])

    async def serve(self, request: Request) -> Response:
        body, path = await request.body(), request.url.path
        if "authorization" not in request.headers:
            return Response(status_code=403)
        if request.method == "PUT":
            self.objects[path] = body
            return Response(headers={"ETag": '"1"'})
        if request.method == "POST":
            keys = [one.text or "" for one in fromstring(body).iter() if one.tag.endswith("Key")]
            for key in keys:
                self.objects.pop(f"{path.rstrip('/')}/{key}", None)
            done = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return Response(f"<DeleteResult>{done}</DeleteResult>", media_type="application/xml")
        if request.method == "DELETE":
            self.objects.pop(path, None)
            return Response(status_code=204)
        found = self.objects.get(path)
        if found is None:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        stamp = {"ETag": '"1"', "Last-Modified": "Sat, 28 Nov 2026 00:00:00 GMT"}
        return Response(found, headers=stamp)


def credentials(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "cn-east",
    }.items():
        monkeypatch.setenv(name, value)


async def test_bytes_lie_in_a_store_that_speaks_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket()
    with serving(bucket.app) as endpoint:
        credentials(monkeypatch, endpoint)
        storage.use("s3://photos/here")
        await round_trip()
        file_id = new_id()
        await storage.put(file_id, b"large", b"small")
    assert f"/photos/here/{file_id}/photo.jpg" in bucket.objects


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store whose folder is a file."""
    storage.use("file:///dev/null/files")


async def test_a_store_that_does_not_answer_is_said_to_be_away(away: None) -> None:
    with pytest.raises(Unavailable):
        await storage.put(new_id(), b"large", b"small")
    with pytest.raises(Unavailable):
        await storage.get(new_id(), Variant.PHOTO)
    with pytest.raises(Unavailable):
        await storage.delete(new_id())


async def test_a_link_says_so_too(client: AsyncClient, session: AsyncSession, away: None) -> None:
    file = make_file(await make_person(session))
    session.add(file)
    await session.flush()
    answer = await client.get(links.path(file.id, Variant.PHOTO))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_bytes_that_could_not_be_purged_are_tried_again(
    session: AsyncSession, sessions: Sessions, away: None
) -> None:
    row = StoredBytes(id=new_id(), purge_after=clock.now())
    session.add(row)
    await session.flush()
    with pytest.raises(Unavailable):
        await purge_next(sessions, NOBODY)
    await session.refresh(row)
    assert row.purge_after is not None
    assert row.purge_after > clock.now() + LEASE / 2
    assert not await purge_next(sessions, NOBODY)
    assert (await session.scalars(select(StoredBytes))).one()
