"""What only a broken wire can say, and what never leaves it."""

import gzip
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from app.wechat.client import WeChat
from app.wechat.content import Scene
from app.wechat.errors import Misconfigured, Refused, Transient, WeChatError
from tests.simulator.hands import APPID, SECRET, TEMPLATE
from tests.wechat.conftest import Connect

JS_CODE, TOKEN, OPENID = "js-code-0123456789", "token-0123456789", "openid-0123456789"
PHONE_CODE, WORDS = "phone-code-0123456789", "一句不该进日志的话"
Handler = Callable[[httpx.Request], httpx.Response]


def answering(*answers: Any, status: int = 200) -> httpx.MockTransport:
    """Answers of a token call, then these, the last one for ever."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/cgi-bin/stable_token":
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 7200})
        content = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(content, bytes):
            return httpx.Response(status, content=content)
        return httpx.Response(status, json=content)

    return httpx.MockTransport(answer)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ok",
        b"[]",
        b"null",
        b"<html></html>",
        b'{"errcode":"what"}',
        b'{"openid":"o"}',
        b'{"openid":"","session_key":"k"}',
        b'{"openid":null,"session_key":"k"}',
    ],
)
async def test_an_unreadable_login_is_transient(connect: Connect, content: bytes) -> None:
    with pytest.raises(Transient) as caught:
        await connect(transport=answering(content)).code2session(JS_CODE)
    assert caught.value.errcode is None


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 429])
async def test_a_proxy_that_fails_is_transient(connect: Connect, status: int) -> None:
    with pytest.raises(Transient):
        await connect(transport=answering({"openid": "o"}, status=status)).code2session(JS_CODE)


@pytest.mark.parametrize("status", [301, 302, 400, 403, 404])
async def test_an_address_that_is_not_the_platform_is_for_the_operator(
    connect: Connect, status: int
) -> None:
    with pytest.raises(Misconfigured):
        await connect(transport=answering(b"", status=status)).code2session(JS_CODE)


@pytest.mark.parametrize(
    "grant",
    [
        {"access_token": "t"},
        {"access_token": "t", "expires_in": "soon"},
        {"expires_in": 7200},
        {"access_token": "", "expires_in": 7200},
        {"access_token": "带中文", "expires_in": 7200},
        {"access_token": "a b", "expires_in": 7200},
    ],
)
async def test_an_impossible_token_is_transient(connect: Connect, grant: dict[str, Any]) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=grant))
    with pytest.raises(Transient):
        await connect(transport=transport).stable_token()


async def test_numbers_may_come_as_text(connect: Connect) -> None:
    grant = {"errcode": "0", "access_token": "t", "expires_in": "345"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=grant))
    assert (await connect(transport=transport).stable_token()).expires_in == 345


INFO = {"purePhoneNumber": 13800138000, "countryCode": 86}


@pytest.mark.parametrize("mark", [{"appid": "wxother"}, {}, None, "x"])
async def test_a_phone_of_another_mini_program_is_refused(connect: Connect, mark: Any) -> None:
    answer = {"errcode": 0, "phone_info": INFO | {"watermark": mark}}
    with pytest.raises(Refused):
        await connect(transport=answering(answer)).get_phone_number(PHONE_CODE, OPENID)


async def test_a_phone_may_come_in_numbers(connect: Connect) -> None:
    answer = {"errcode": 0, "phone_info": INFO | {"watermark": {"appid": APPID}}}
    phone = await connect(transport=answering(answer)).get_phone_number(PHONE_CODE, OPENID)
    assert (phone.number, phone.country) == ("13800138000", "86")


async def test_a_phone_without_a_number_is_transient(connect: Connect) -> None:
    answer = {"errcode": 0, "phone_info": {"watermark": {"appid": APPID}}}
    with pytest.raises(Transient):
        await connect(transport=answering(answer)).get_phone_number(PHONE_CODE, OPENID)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b'{"errcode":0}', b"{}"])
async def test_what_is_no_picture_is_transient(connect: Connect, content: bytes) -> None:
    with pytest.raises(Transient):
        await connect(transport=answering(content)).get_unlimited_code("a")


async def test_a_transparent_code_is_a_picture_too(connect: Connect) -> None:
    png = b"\x89PNG\r\n\x1a\n..."
    found = await connect(transport=answering(png)).get_unlimited_code("a", is_hyaline=True)
    assert found == png


async def test_a_message_may_have_no_number(connect: Connect) -> None:
    wechat = connect(transport=answering({"errcode": 0}))
    assert await wechat.send_message(OPENID, TEMPLATE, {"thing1": "x"}) == ""


async def test_a_check_without_a_result_is_no_pass(connect: Connect) -> None:
    with pytest.raises(Transient):
        await connect(transport=answering({"errcode": 0})).check_text("x", OPENID, Scene.FORUM)


async def test_bodies_are_real_utf_8(connect: Connect) -> None:
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/cgi-bin/stable_token":
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 7200})
        assert request.headers["Content-Type"] == "application/json"
        assert request.url.params["access_token"] == TOKEN
        assert "Authorization" not in request.headers
        bodies.append(request.content)
        return httpx.Response(200, json={"errcode": 0, "msgid": 1})

    wechat = connect(transport=httpx.MockTransport(answer))
    await wechat.send_message(OPENID, TEMPLATE, {"thing1": "清洁\ud800"})
    assert "清洁?".encode() in bodies[0]
    assert b"\\u" not in bodies[0]


def raising(error: Callable[[httpx.Request], Exception]) -> Handler:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error(request)

    return answer


def echoing(request: httpx.Request) -> httpx.Response:
    """Refuses, and repeats everything it was sent."""
    said = f"{request.url.params} {request.content.decode()}"
    return httpx.Response(200, json={"errcode": 40029, "errmsg": said})


BROKEN: dict[str, Handler] = {
    "timeout": raising(lambda request: httpx.ReadTimeout(str(request.url), request=request)),
    "connection": raising(lambda request: httpx.ConnectError(str(request.url), request=request)),
    "protocol": raising(lambda r: httpx.RemoteProtocolError(str(r.url), request=r)),
    "encoding": lambda request: httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, content=b"no gzip", request=request
    ),
    "gateway": lambda request: httpx.Response(502, text=str(request.url)),
    "not found": lambda request: httpx.Response(404, text=str(request.url)),
    "no json": lambda request: httpx.Response(200, text=str(request.url)),
    "echo": echoing,
}


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        yield from chain(error.__cause__)
        error = error.__context__


@pytest.mark.parametrize("broken", list(BROKEN))
async def test_no_secret_leaves_by_an_error_or_a_log(
    connect: Connect, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content or b"{}")
        if request.url.path == "/cgi-bin/stable_token" and not body["force_refresh"]:
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 7200})
        return BROKEN[broken](request)

    wechat = connect(transport=httpx.MockTransport(answer))
    caplog.set_level(logging.DEBUG)
    works = (
        wechat.code2session(JS_CODE),
        wechat.stable_token(force_refresh=True),
        wechat.get_phone_number(PHONE_CODE, OPENID),
        wechat.send_message(OPENID, TEMPLATE, {"thing1": WORDS}),
        wechat.check_text(WORDS, OPENID, Scene.FORUM),
    )
    said: list[str] = []
    with capture_logs() as logged:
        for work in works:
            with pytest.raises(WeChatError) as caught:
                await work
            error = caught.value
            said += traceback.format_exception(error)
            for each in chain(error):
                said += [str(each), repr(each), repr(each.args), repr(vars(each))]
            assert error.__cause__ is None
            assert error.__context__ is None
    everything = "\n".join(said) + repr(logged) + caplog.text
    assert logged
    for secret in (SECRET, JS_CODE, TOKEN, PHONE_CODE, OPENID, WORDS, "http://"):
        assert secret not in everything


async def test_the_client_of_http_is_silent(
    wechat: WeChat, caplog: pytest.LogCaptureFixture
) -> None:
    assert wechat
    for name in ("httpx", "httpcore"):
        assert logging.getLogger(name).level == logging.WARNING


async def test_answers_may_be_compressed(connect: Connect) -> None:
    content = gzip.compress(b'{"openid":"o","session_key":"k"}')
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=content)
    )
    assert (await connect(transport=transport).code2session(JS_CODE)).openid == "o"
