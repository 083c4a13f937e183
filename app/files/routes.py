"""Photos: uploaded one by one, attached where something is submitted, seen by expiring links."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response, UploadFile

from app.core.errors import Forbidden, NotFound, TooLarge, TooMany, Unavailable
from app.core.paging import Page, Slice
from app.files import photos, reading, service
from app.files.lifecycle import FileAction
from app.files.links import MOST_AGE, LinkInvalid
from app.files.photos import PhotoRefused
from app.files.schemas import HeldPhoto, HideIn, PhotoMovedOut, PhotoOut
from app.files.service import Arrived, TooManyPhotos
from app.http import limits
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.file import File
from app.permissions import Permission as P

JPEG = "image/jpeg"
MOST_UPLOAD_BYTES = photos.MOST_BYTES + 64 * 1024
MOST_AN_HOUR, HOUR = 60, timedelta(hours=1)
SHOWN_SAFELY = {
    "Cache-Control": f"private, max-age={int(MOST_AGE.total_seconds())}, immutable",
    "Content-Disposition": 'inline; filename="photo.jpg"',
    "Content-Security-Policy": "default-src 'none'; sandbox",
}

router = Room(prefix="/api/v1", tags=["files"], route_class=KeyedRoute)


async def receive(request: Request, actor: ActorDep, file: UploadFile) -> Arrived:
    """The photo is drawn anew and in the store, before the transaction begins."""
    sessions = request.app.state.sessions
    await limits.count(sessions, f"photo:{actor.person_id}", most=MOST_AN_HOUR, window=HOUR)
    return await service.arrive(sessions, await photos.clean(file.file))


ArrivedDep = Annotated[Arrived, Depends(receive)]


@router.post(
    "/files",
    status_code=201,
    summary="上传照片",
    response_model=PhotoOut,
    responses=answers(TooLarge, TooMany, PhotoRefused, TooManyPhotos, Unavailable),
    dependencies=[Depends(receive)],  # before the key is claimed: that holds a connection
    max_body_size=MOST_UPLOAD_BYTES,
)
async def upload_photo(session: SessionDep, actor: ActorDep, arrived: ArrivedDep) -> dict[str, Any]:
    """A JPEG, PNG or WebP of at most 10 MB, kept without anything that a camera notes in it; gone
    after a day unless it is attached to something."""
    return reading.uploaded(await service.upload(session, actor, arrived))


@router.get(
    "/files/{token}",
    summary="打开照片",
    response_class=Response,
    responses=answers(LinkInvalid, NotFound, Unavailable)
    | {200: {"content": {JPEG: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def open_photo(reader: ReadDep, token: str) -> Response:
    """The JPEG behind a link; the link itself is the permission."""
    return Response(await reading.content(reader, token), media_type=JPEG, headers=SHOWN_SAFELY)


@router.delete(
    "/me/files/{file_id}",
    status_code=204,
    summary="撤回照片",
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.FILE_OWN),
)
async def take_back_photo(session: SessionDep, actor: ActorDep, file_id: UUID) -> None:
    """My photo is gone, wherever it was attached."""
    await service.decide(session, actor, file_id, FileAction.TAKE_BACK)


@router.post(
    "/files/{file_id}/show",
    summary="照片可以显示",
    response_model=PhotoMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.FILE_DECIDE),
)
async def show_photo(session: SessionDep, actor: ActorDep, file_id: UUID) -> File:
    """A photo that waited for people is shown to whoever may read what it belongs to."""
    return await service.decide(session, actor, file_id, FileAction.SHOW)


@router.post(
    "/files/{file_id}/hide",
    summary="照片不予显示",
    response_model=PhotoMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.FILE_DECIDE),
)
async def hide_photo(session: SessionDep, actor: ActorDep, file_id: UUID, body: HideIn) -> File:
    """The photo is shown to nobody and its bytes are gone; its uploader is told why."""
    return await service.decide(session, actor, file_id, FileAction.HIDE, reason=body.reason)


@router.get(
    "/organizations/{community_id}/held-photos",
    summary="待核照片",
    response_model=Page[HeldPhoto],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.COMMUNITY_TRIAGE),
)
async def list_held_photos(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, community_id: UUID
) -> Slice[dict[str, Any]]:
    """Photos on which the community's staff decide, oldest first."""
    return await reading.page_of_held(reader, actor, paging, community_id)
