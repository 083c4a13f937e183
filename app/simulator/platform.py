"""The calls of the platform as one table: path, verb, whether a token is asked for, what it does.

Source: facts.md §1 to §6, §12.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.simulator import wxacode
from app.simulator.answers import Refusal, ok
from app.simulator.pushes import When
from app.simulator.world import World

Fields = Mapping[str, Any]
Answer = dict[str, Any] | bytes


@dataclass(frozen=True, slots=True)
class Call:
    """`work` gets the query of a GET, or the body of a POST; a picture is bytes."""

    verb: str
    is_authorised: bool
    work: Callable[[World, Fields], Awaitable[Answer]]


async def jscode2session(world: World, query: Fields) -> Answer:
    """The user behind a login code."""
    _check_account(world, query, wrong_secret=40125)
    if query.get("grant_type") != "authorization_code":
        raise Refusal(40002, "invalid grant_type")
    if not query.get("js_code"):
        raise Refusal(41008, "missing code")
    return world.users.login(query["js_code"])


async def token(world: World, query: Fields) -> Answer:
    """A token of the plain family; a wrong secret is 40001 here."""
    _check_grant(query)
    _check_account(world, query, wrong_secret=40001)
    text, expires_in = world.tokens.plain()
    return {"access_token": text, "expires_in": expires_in}


async def stable_token(world: World, body: Fields) -> Answer:
    """The token of the stable family."""
    _check_grant(body)
    _check_account(world, body, wrong_secret=40125)
    text, expires_in = world.tokens.stable(force_refresh=body.get("force_refresh") is True)
    return {"access_token": text, "expires_in": expires_in}


async def getuserphonenumber(world: World, body: Fields) -> Answer:
    """The phone behind a phone code."""
    if not isinstance(body.get("code"), str):
        raise Refusal(47001, "data format error")
    return world.users.phone(body["code"], body.get("openid"))


async def send_message(world: World, body: Fields) -> Answer:
    """One subscribe message."""
    answer, message = world.messages.send(body)
    world.push_sent(message)
    return answer


async def getwxacodeunlimit(world: World, body: Fields) -> Answer:
    """A picture of a code."""
    return wxacode.make(body, world.messages.has_page)


async def msg_sec_check(world: World, body: Fields) -> Answer:
    """The verdict on a text."""
    return world.content.text(body)


async def media_check_async(world: World, body: Fields) -> Answer:
    """A trace id; the verdict comes by push, as the callback is set even before the answer."""
    trace_id = world.content.media(body)
    fields, callback = world.content.media_verdict(trace_id), world.pushes.callback
    if callback and callback.verdicts is When.BEFORE:
        await world.pushes.send(fields, callback)
    if callback and callback.verdicts is When.AFTER:
        world.pushes.later(fields)
    return ok(trace_id=trace_id)


CALLS: Mapping[str, Call] = {
    "/sns/jscode2session": Call("GET", False, jscode2session),
    "/cgi-bin/token": Call("GET", False, token),
    "/cgi-bin/stable_token": Call("POST", False, stable_token),
    "/wxa/business/getuserphonenumber": Call("POST", True, getuserphonenumber),
    "/cgi-bin/message/subscribe/send": Call("POST", True, send_message),
    "/wxa/getwxacodeunlimit": Call("POST", True, getwxacodeunlimit),
    "/wxa/msg_sec_check": Call("POST", True, msg_sec_check),
    "/wxa/media_check_async": Call("POST", True, media_check_async),
}


def _check_grant(fields: Fields) -> None:
    if fields.get("grant_type") != "client_credential":
        raise Refusal(40002, "invalid grant_type")


def _check_account(world: World, fields: Fields, *, wrong_secret: int) -> None:
    if not fields.get("appid"):
        raise Refusal(41002, "appid missing")
    if not fields.get("secret"):
        raise Refusal(41004, "appsecret missing")
    if fields["appid"] != world.account.appid:
        raise Refusal(40013, "invalid appid")
    if fields["secret"] != world.account.secret:
        raise Refusal(wrong_secret, "invalid appsecret")
