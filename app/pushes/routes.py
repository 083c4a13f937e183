"""Where WeChat pushes to: checked, kept, answered at once. Source: facts.md §7."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import PlainTextResponse

from app.core.errors import BadRequest, Forbidden
from app.http.deps import SessionDep
from app.http.problems import answers
from app.http.room import Room
from app.pushes import service
from app.settings import Environment, Settings
from app.wechat.push import Forged, Push, PushDoor, Unreadable

router = Room(prefix="/wechat/push", tags=["wechat"], default_response_class=PlainTextResponse)


class PushForged(Forbidden):
    """Not signed with our token, or not encrypted for us."""

    code, title = "push_forged", "签名校验不通过"


class PushUnreadable(BadRequest):
    """Signed, but no push."""

    code, title = "push_unreadable", "无法识别的推送内容"


async def get_door(request: Request) -> PushDoor:
    """Opens pushes with the secrets of the console; plain ones only outside production."""
    settings: Settings = request.app.state.settings
    return PushDoor(
        settings.wechat_push_token.get_secret_value(),
        settings.wechat_push_aes_key.get_secret_value(),
        settings.wechat_appid,
        takes_plain=settings.environment is not Environment.PRODUCTION,
    )


DoorDep = Annotated[PushDoor, Depends(get_door)]


async def get_push(request: Request, door: DoorDep) -> Push:
    """The push that a request carries.

    Raises:
        PushForged, PushUnreadable: it is none of WeChat's, or none at all.
    """
    try:
        return door.open(request.query_params, await request.body())
    except Forged:
        raise PushForged from None
    except Unreadable:
        raise PushUnreadable from None


PushDep = Annotated[Push, Depends(get_push)]


@router.get("", summary="微信推送地址校验", responses=answers(PushForged))
async def check_push_address(request: Request, door: DoorDep) -> str:
    """The console's check of this address: `echostr` comes back as plain text."""
    try:
        return door.check(request.query_params)
    except Forged:
        raise PushForged from None


@router.post("", summary="接收微信推送", responses=answers(PushForged, PushUnreadable))
async def take_push(push: PushDep, session: SessionDep) -> str:
    """A push, plain or secure, JSON or XML: kept for the worker and answered `success`."""
    await service.take(session, push)
    return "success"
