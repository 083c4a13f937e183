"""The client against the simulator over real HTTP."""

import asyncio
import time
from typing import Any

import pytest

from app.wechat.client import WeChat
from app.wechat.content import Media, Scene, Suggest
from app.wechat.errors import (
    DayLimit,
    MinuteLimit,
    Misconfigured,
    Refused,
    TokenRefused,
    Transient,
    WeChatError,
)
from tests.simulator.hands import LONG_TERM, PAGE, PHONE, TEMPLATE, Hands
from tests.wechat.conftest import Connect, Pauses

DATA = {"thing1": "社区清洁志愿活动", "time2": "2026年1月1日 09:30", "phrase3": "已通过"}
LOGIN, STABLE = "/sns/jscode2session", "/cgi-bin/stable_token"
PHONE_PATH, SEND = "/wxa/business/getuserphonenumber", "/cgi-bin/message/subscribe/send"
CODE, TEXT, MEDIA = "/wxa/getwxacodeunlimit", "/wxa/msg_sec_check", "/wxa/media_check_async"


async def active(simulator: Hands, wechat: WeChat, phone: str = PHONE) -> str:
    """The openid of a user who has just logged in."""
    return (await wechat.code2session((await simulator.codes(phone))["login_code"])).openid


async def refusal(work: Any) -> WeChatError:
    """The error that `work` ends with."""
    with pytest.raises(WeChatError) as caught:
        await work
    return caught.value


async def test_a_login_code_tells_who_it_is(simulator: Hands, wechat: WeChat) -> None:
    codes = await simulator.codes()
    login = await wechat.code2session(codes["login_code"])
    assert login.openid == codes["openid"]
    assert login.session_key
    assert login.unionid == ""
    assert login.session_key not in repr(login)


async def test_some_users_have_a_unionid(simulator: Hands, wechat: WeChat) -> None:
    user = await simulator.ask("POST", "users", {"phone": "13900139000", "has_unionid": True})
    login = await wechat.code2session((await simulator.codes("13900139000"))["login_code"])
    assert login.unionid == user["unionid"]


async def test_a_login_code_works_once(simulator: Hands, wechat: WeChat) -> None:
    code = (await simulator.codes())["login_code"]
    await wechat.code2session(code)
    assert (await refusal(wechat.code2session(code))).errcode == 40163


@pytest.mark.parametrize("code", ["unknown", "", "带中文", "x" * 600, "a b", "\ud800"])
async def test_an_impossible_login_code_is_refused(wechat: WeChat, code: str) -> None:
    error = await refusal(wechat.code2session(code))
    assert isinstance(error, Refused)
    assert error.errcode == 40029


async def test_login_needs_no_token(simulator: Hands, wechat: WeChat) -> None:
    await simulator.fault(path=STABLE, errcode=40164, times=None)
    assert await active(simulator, wechat)
    assert await simulator.calls(STABLE) == 0


async def test_a_busy_login_is_repeated_once(
    simulator: Hands, wechat: WeChat, pauses: Pauses
) -> None:
    codes = await simulator.codes()
    await simulator.fault(path=LOGIN, errcode=-1)
    assert (await wechat.code2session(codes["login_code"])).openid == codes["openid"]
    await simulator.fault(path=LOGIN, errcode=-1, times=None)
    assert (await refusal(wechat.code2session("code"))).errcode == -1
    assert await simulator.calls(LOGIN) == 4
    assert pauses.seconds == [1, 1]


@pytest.mark.parametrize("kind", ["bad_gateway", "invalid_json"])
async def test_a_lost_login_is_not_repeated(simulator: Hands, wechat: WeChat, kind: str) -> None:
    await simulator.fault(kind, path=LOGIN, after_effect=True)
    code = (await simulator.codes())["login_code"]
    error = await refusal(wechat.code2session(code))
    assert isinstance(error, Transient)
    assert error.errcode is None
    assert await simulator.calls(LOGIN) == 1
    assert (await refusal(wechat.code2session(code))).errcode == 40163


async def test_the_phone_behind_a_code(simulator: Hands, wechat: WeChat) -> None:
    codes = await simulator.codes()
    phone = await wechat.get_phone_number(codes["phone_code"], codes["openid"])
    assert (phone.number, phone.country) == (PHONE, "86")
    assert PHONE not in repr(phone)
    error = await refusal(wechat.get_phone_number(codes["phone_code"], codes["openid"]))
    assert error.errcode == 40029


async def test_a_foreign_phone_comes_without_its_country(simulator: Hands, wechat: WeChat) -> None:
    body = {"phone": "85212345", "country": "852", "numeric_country": True}
    await simulator.ask("POST", "users", body)
    codes = await simulator.ask("POST", "codes", {"phone": "85212345", "country": "852"})
    phone = await wechat.get_phone_number(codes["phone_code"], codes["openid"])
    assert (phone.number, phone.country) == ("85212345", "852")


async def test_a_phone_code_is_bound_to_its_user(simulator: Hands, wechat: WeChat) -> None:
    codes, other = await simulator.codes(), await simulator.codes("13900139000")
    error = await refusal(wechat.get_phone_number(codes["phone_code"], other["openid"]))
    assert isinstance(error, Refused)
    assert await wechat.get_phone_number(codes["phone_code"], codes["openid"])


async def test_a_login_code_is_no_phone_code(simulator: Hands, wechat: WeChat) -> None:
    codes = await simulator.codes()
    error = await refusal(wechat.get_phone_number(codes["login_code"], codes["openid"]))
    assert error.errcode == 40029
    assert (await refusal(wechat.get_phone_number("", codes["openid"]))).errcode == 40029


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"kind": "bad_gateway"}])
async def test_a_phone_code_is_never_shown_twice(
    simulator: Hands, wechat: WeChat, fault: dict[str, Any]
) -> None:
    await simulator.fault(**fault, path=PHONE_PATH)
    codes = await simulator.codes()
    await refusal(wechat.get_phone_number(codes["phone_code"], codes["openid"]))
    assert await simulator.calls(PHONE_PATH) == 1


async def test_a_code_is_a_picture(wechat: WeChat) -> None:
    picture = await wechat.get_unlimited_code("t=abc", page=PAGE, env_version="trial", width=280)
    assert picture.startswith(b"\xff\xd8\xff")
    assert b"t=abc" in picture
    assert await wechat.get_unlimited_code("x" * 32)


@pytest.mark.parametrize(
    ("scene", "options", "errcode"),
    [
        ("", {}, 40129),
        ("x" * 33, {}, 40129),
        ("有中文", {}, 40129),
        ("100%", {}, 40129),
        ("a\n", {}, 40129),
        ("a", {"page": "/pages/index"}, 41030),
        ("a", {"page": "pages/index?x=1"}, 41030),
        ("a", {"page": ""}, 41030),
        ("a", {"env_version": "beta"}, 40097),
        ("a", {"width": 279}, 40097),
    ],
)
async def test_a_code_that_cannot_be_is_not_asked_for(
    simulator: Hands, wechat: WeChat, scene: str, options: dict[str, Any], errcode: int
) -> None:
    assert (await refusal(wechat.get_unlimited_code(scene, **options))).errcode == errcode
    assert await simulator.calls(CODE) == 0


async def test_a_page_that_is_not_published_is_for_the_operator(wechat: WeChat) -> None:
    error = await refusal(wechat.get_unlimited_code("a", page="pages/new"))
    assert isinstance(error, Misconfigured)
    assert await wechat.get_unlimited_code("a", page="pages/new", check_path=False)


async def test_a_message_is_sent(simulator: Hands, wechat: WeChat) -> None:
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid)
    message_id = await wechat.send_message(openid, TEMPLATE, DATA, page=f"{PAGE}?id=7")
    [message] = await simulator.ask("GET", f"messages?openid={openid}")
    assert message_id == message["message_id"]
    assert int(message_id) > 2**53
    assert message["values"] == DATA
    assert (await refusal(wechat.send_message(openid, TEMPLATE, DATA))).errcode == 43101


async def test_a_long_term_message_needs_one_accept_and_long_values_are_cut(
    simulator: Hands, wechat: WeChat
) -> None:
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid, LONG_TERM)
    for _ in range(3):
        await wechat.send_message(openid, LONG_TERM, {"thing1": "很长的\n标题" * 9})
    assert len(await simulator.ask("GET", "messages")) == 3


async def test_a_value_that_does_not_fit_is_refused(simulator: Hands, wechat: WeChat) -> None:
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid)
    error = await refusal(wechat.send_message(openid, TEMPLATE, DATA | {"phrase3": "ok"}))
    assert isinstance(error, Refused)
    assert error.errcode == 47003


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"kind": "bad_gateway"}])
async def test_a_message_that_may_be_sent_is_not_sent_again(
    simulator: Hands, wechat: WeChat, fault: dict[str, Any]
) -> None:
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid, times=2)
    await simulator.fault(**fault, path=SEND, after_effect=True)
    assert isinstance(await refusal(wechat.send_message(openid, TEMPLATE, DATA)), Transient)
    assert len(await simulator.ask("GET", "messages")) == 1


@pytest.mark.parametrize("errcode", [43108, 44990])
async def test_a_message_turned_away_at_the_door_is_sent_again(
    simulator: Hands, wechat: WeChat, pauses: Pauses, errcode: int
) -> None:
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid)
    await simulator.fault(path=SEND, errcode=errcode, times=4)
    assert await wechat.send_message(openid, TEMPLATE, DATA)
    assert pauses.seconds == [1, 1, 1, 1]
    await simulator.fault(path=SEND, errcode=errcode, times=None)
    assert (await refusal(wechat.send_message(openid, TEMPLATE, DATA))).errcode == errcode
    assert await simulator.calls(SEND) == 10


async def test_a_text_is_checked_with_its_title(simulator: Hands, wechat: WeChat) -> None:
    openid = await active(simulator, wechat)
    clean = await wechat.check_text("路灯坏了", openid, Scene.FORUM)
    assert clean.suggest is Suggest.PASS
    assert clean.labels == ()
    doubtful = await wechat.check_text("x", openid, Scene.COMMENT, title="待复核词", nickname="a")
    assert doubtful.suggest is Suggest.REVIEW
    assert doubtful.labels == (20003, 21000)


async def test_a_long_text_is_checked_in_pieces_until_one_is_risky(
    simulator: Hands, wechat: WeChat
) -> None:
    openid = await active(simulator, wechat)
    text = "待复核词" + "字" * 2500 + "违规词" + "字" * 2500 + "字" * 2500
    verdict = await wechat.check_text(text, openid, Scene.FORUM)
    assert verdict.suggest is Suggest.RISKY
    assert len(verdict.trace_ids) == await simulator.calls(TEXT) == 2


async def test_an_empty_text_passes_unasked(simulator: Hands, wechat: WeChat) -> None:
    assert (await wechat.check_text("", "o", Scene.FORUM)).suggest is Suggest.PASS
    assert await simulator.calls(TEXT) == 0


async def test_a_text_of_somebody_long_gone_is_refused(simulator: Hands, wechat: WeChat) -> None:
    openid = await active(simulator, wechat)
    await simulator.pass_time(7201)
    error = await refusal(wechat.check_text("x", openid, Scene.FORUM))
    assert isinstance(error, Refused)
    assert error.errcode == 61010


async def test_a_file_is_checked_later(simulator: Hands, wechat: WeChat) -> None:
    openid = await active(simulator, wechat)
    trace_id = await wechat.check_media("https://files.test/1.jpg", openid, Scene.LOG)
    sound = await wechat.check_media("https://f.test/1.mp3", openid, Scene.LOG, media=Media.AUDIO)
    asked = await simulator.ask("GET", "media")
    assert asked == {trace_id: "https://files.test/1.jpg", sound: "https://f.test/1.mp3"}


@pytest.mark.parametrize(
    ("fault", "pauses_taken"),
    [
        ({"errcode": -1}, [1]),
        ({"errcode": -1, "times": 4}, [1, 2, 4, 8]),
        ({"kind": "bad_gateway", "times": 2}, [1, 2]),
        ({"kind": "invalid_json"}, [1]),
        ({"errcode": 44990, "times": 2}, [1, 1]),
        ({"kind": "text_plain"}, []),
        ({"kind": "string_errcode"}, []),
        ({"kind": "no_errcode"}, []),
        ({"kind": "control_characters"}, []),
    ],
)
async def test_a_content_check_survives_what_passes(
    simulator: Hands,
    wechat: WeChat,
    pauses: Pauses,
    fault: dict[str, Any],
    pauses_taken: list[float],
) -> None:
    openid = await active(simulator, wechat)
    await simulator.fault(**fault, path=TEXT)
    assert (await wechat.check_text("x", openid, Scene.FORUM)).suggest is Suggest.PASS
    assert pauses.seconds == pauses_taken


async def test_a_platform_that_stays_busy_is_asked_five_times(
    simulator: Hands, wechat: WeChat
) -> None:
    await simulator.fault(path=CODE, errcode=-1, times=None)
    error = await refusal(wechat.get_unlimited_code("a"))
    assert isinstance(error, Transient)
    assert error.errcode == -1
    assert await simulator.calls(CODE) == 5


@pytest.mark.parametrize(
    ("errcode", "kind"),
    [
        (45009, DayLimit),
        (45011, MinuteLimit),
        (44991, MinuteLimit),
        (40164, Misconfigured),
        (48001, Misconfigured),
        (43107, Misconfigured),
        (40003, Refused),
    ],
)
async def test_other_errors_are_asked_once(
    simulator: Hands, wechat: WeChat, errcode: int, kind: type[WeChatError]
) -> None:
    await simulator.fault(path=SEND, errcode=errcode, times=None)
    error = await refusal(wechat.send_message("o", TEMPLATE, DATA))
    assert type(error) is kind
    assert error.errcode == errcode
    assert error.rid
    assert await simulator.calls(SEND) == 1


async def test_an_errcode_may_be_text(simulator: Hands, wechat: WeChat) -> None:
    await simulator.fault("string_errcode", path=LOGIN, errcode=40226)
    assert (await refusal(wechat.code2session("x"))).errcode == 40226


async def test_a_hang_ends_with_the_timeout(simulator: Hands, connect: Connect) -> None:
    await simulator.fault("hang", path=LOGIN, times=None)
    started = time.monotonic()
    error = await refusal(connect(timeout=0.3).code2session("x"))
    assert isinstance(error, Transient)
    assert time.monotonic() - started < 2


async def test_a_hang_cannot_outlast_the_budget(
    simulator: Hands, connect: Connect, pauses: Pauses
) -> None:
    wechat = connect(timeout=0.4, budget=1)
    await wechat.get_unlimited_code("a")
    await simulator.fault("hang", path=CODE, times=None)
    started = time.monotonic()
    assert isinstance(await refusal(wechat.get_unlimited_code("a")), Transient)
    assert time.monotonic() - started < 2
    assert len(pauses.seconds) == 2


async def test_a_platform_that_is_away_is_unreachable(connect: Connect) -> None:
    error = await refusal(connect(base_url="http://127.0.0.1:9").get_unlimited_code("a"))
    assert isinstance(error, Transient)
    assert error.errcode is None


@pytest.mark.parametrize(
    ("account", "errcode"), [({"secret": "wrong"}, 40125), ({"appid": "wxother"}, 40013)]
)
async def test_a_wrong_account_is_for_the_operator(
    connect: Connect, account: dict[str, str], errcode: int
) -> None:
    for work in (connect(**account).code2session("x"), connect(**account).stable_token()):
        error = await refusal(work)
        assert isinstance(error, Misconfigured)
        assert error.errcode == errcode


async def test_a_forced_renewal_is_never_repeated(simulator: Hands, wechat: WeChat) -> None:
    await simulator.fault(path=STABLE, errcode=-1)
    assert (await refusal(wechat.stable_token(force_refresh=True))).errcode == -1
    assert await simulator.calls(STABLE) == 1


async def test_a_refused_token_is_renewed_once(simulator: Hands, wechat: WeChat) -> None:
    await wechat.get_unlimited_code("a")
    await simulator.ask("POST", "tokens/retire")
    assert await wechat.get_unlimited_code("a")
    assert await simulator.calls(STABLE) == 2
    assert await simulator.calls(CODE) == 3


async def test_an_expired_token_is_renewed_before_it_fails(
    simulator: Hands, wechat: WeChat, pauses: Pauses
) -> None:
    await wechat.get_unlimited_code("a")
    await simulator.pass_time(6950)
    await pauses(6901)
    assert await wechat.get_unlimited_code("a")
    assert await simulator.calls(STABLE) == 2
    assert await simulator.calls(CODE) == 2


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
async def test_40001_for_ever_stops_after_one_renewal(
    simulator: Hands, wechat: WeChat, errcode: int
) -> None:
    await wechat.get_unlimited_code("a")
    await simulator.fault(path="authorised", errcode=errcode, times=None)
    error = await refusal(wechat.get_unlimited_code("a"))
    assert isinstance(error, TokenRefused)
    assert await simulator.calls(CODE) == 3
    assert await simulator.calls(STABLE) == 3
    assert await simulator.ask("GET", "tokens") == {"forced_today": 1}


async def test_40001_for_ever_does_not_hammer_the_token_call(
    simulator: Hands, wechat: WeChat
) -> None:
    await wechat.get_unlimited_code("a")
    await simulator.fault(path="authorised", errcode=40001, times=None)
    errors = await asyncio.gather(*(refusal(wechat.get_unlimited_code("a")) for _ in range(20)))
    assert {type(error) for error in errors} == {TokenRefused}
    assert await simulator.calls(CODE) <= 1 + 2 * 20
    assert await simulator.calls(STABLE) <= 1 + 2 + 20
    assert await simulator.ask("GET", "tokens") == {"forced_today": 1}
    await simulator.ask("DELETE", "faults")
    assert await wechat.get_unlimited_code("a")
