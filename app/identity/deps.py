"""What routes of identity ask for beside the house's own: the client of WeChat, who signs tokens."""

from typing import Annotated

from fastapi import Depends, Header, Request

from app.http.actors import Actors
from app.identity.sessions import Issuer, Sessions
from app.wechat.client import WeChat

# The first word found names the device; more of what the client says of itself is not kept.
DEVICES = {
    "wechatdevtools": "开发者工具",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "HarmonyOS": "鸿蒙手机",
    "Android": "安卓手机",
    "Windows": "Windows 电脑",
    "Macintosh": "苹果电脑",
}
OTHER = "其他设备"


async def get_sessions(request: Request) -> Sessions:
    """For use cases that ask WeChat between transactions of their own."""
    sessions: Sessions = request.app.state.sessions
    return sessions


async def get_wechat(request: Request) -> WeChat:
    """The one client of WeChat of this process."""
    wechat: WeChat = request.app.state.wechat
    return wechat


async def get_issuer(request: Request) -> Issuer:
    """Who signs access tokens and says how long refresh tokens live."""
    state = request.app.state
    return Issuer(state.tokens, state.settings.refresh_token_days)


async def get_actors(request: Request) -> Actors:
    """The cache of actors: whose roles have changed is read anew."""
    actors: Actors = request.app.state.actors
    return actors


async def get_device(user_agent: Annotated[str, Header()] = "") -> str:
    """The kind of device, for the person's own list."""
    return next((name for word, name in DEVICES.items() if word in user_agent), OTHER)


SessionsDep = Annotated[Sessions, Depends(get_sessions)]
WeChatDep = Annotated[WeChat, Depends(get_wechat)]
IssuerDep = Annotated[Issuer, Depends(get_issuer)]
ActorsDep = Annotated[Actors, Depends(get_actors)]
DeviceDep = Annotated[str, Depends(get_device)]
