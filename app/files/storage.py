"""Where the bytes of photos lie: a folder, or a store that speaks S3. Known by the file's id.

An S3 store takes its keys, region and endpoint from the usual `AWS_…` variables. The library takes
4 MB: it is loaded by the first who asks.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from app.core.errors import NotFound, Unavailable

FOLDER, CLOUD = "file:", "s3:"
TRY_FOR = timedelta(seconds=8)
AGAIN_SECONDS = 5

_url: list[str] = []


class Variant(StrEnum):
    """What is kept of one file."""

    PHOTO = "photo"
    THUMBNAIL = "thumbnail"


def use(url: str) -> None:
    """Bytes lie at this address from now on; nothing is opened before it is needed."""
    _url[:] = [url]


async def put(file_id: UUID, photo: bytes, thumbnail: bytes) -> None:
    """Both are in the store.

    Raises:
        Unavailable: the store does not answer.
    """
    await asyncio.gather(
        _put(_place(file_id, Variant.PHOTO), photo),
        _put(_place(file_id, Variant.THUMBNAIL), thumbnail),
    )


async def put_blob(blob_id: UUID, content: bytes) -> None:
    """As `put`, of a document of ours."""
    await _put(_blob(blob_id), content)


async def get(file_id: UUID, variant: Variant) -> bytes:
    """The bytes, at most a few hundred kilobytes.

    Raises:
        NotFound: there are none.
        Unavailable: the store does not answer.
    """
    return await _get(_place(file_id, variant))


async def get_blob(blob_id: UUID) -> bytes:
    """As `get`, of a document of ours; some megabytes."""
    return await _get(_blob(blob_id))


async def delete(file_id: UUID) -> None:
    """Nothing of the file or blob is left; it may have been gone before.

    Raises:
        Unavailable: the store does not answer.
    """
    for place in (*(_place(file_id, variant) for variant in Variant), _blob(file_id)):
        with _asking() as library, suppress(FileNotFoundError):
            await library.delete_async(_open(_url[0]), place)


async def _put(place: str, content: bytes) -> None:
    with _asking() as library:
        await library.put_async(_open(_url[0]), place, content)


async def _get(place: str) -> bytes:
    with _asking() as library:
        try:
            found = await library.get_async(_open(_url[0]), place)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise NotFound from None


@contextmanager
def _asking() -> Iterator[Any]:
    """The library, with what goes wrong in our words."""
    import obstore.exceptions

    try:
        yield obstore
    except (obstore.exceptions.BaseError, OSError):
        raise Unavailable(retry_after=AGAIN_SECONDS) from None


def _blob(blob_id: UUID) -> str:
    return f"{blob_id}/blob"


def _place(file_id: UUID, variant: Variant) -> str:
    return f"{file_id}/{variant}.jpg"


@cache
def _open(url: str) -> Any:
    from obstore.store import from_url

    if url.startswith(FOLDER):
        return from_url(url, mkdir=True)
    if url.startswith(CLOUD):
        return from_url(
            url,
            client_options={"timeout": TRY_FOR, "allow_http": True},
            retry_config={"max_retries": 2, "retry_timeout": TRY_FOR},
        )
    return from_url(url)
