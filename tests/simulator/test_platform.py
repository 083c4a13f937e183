"""The simulated platform, call by call, as facts.md §12 asks."""

from typing import Any

import httpx
import pytest

from tests.simulator.hands import APPID, LONG_TERM, PAGE, PHONE, SECRET, TEMPLATE, Hands

ACCOUNT = {"appid": APPID, "secret": SECRET}
GRANT = {"grant_type": "client_credential", **ACCOUNT}
LOGIN, TOKEN, STABLE = "/sns/jscode2session", "/cgi-bin/token", "/cgi-bin/stable_token"
PHONE_PATH, SEND = "/wxa/business/getuserphonenumber", "/cgi-bin/message/subscribe/send"
CODE, TEXT, MEDIA = "/wxa/getwxacodeunlimit", "/wxa/msg_sec_check", "/wxa/media_check_async"


async def login(simulator: Hands, code: str, **more: Any) -> Any:
    query = {"js_code": code, "grant_type": "authorization_code", **ACCOUNT, **more}
    answer = await simulator.http.get(LOGIN, params=query)
    assert answer.status_code == 200
    return answer.json()


async def stable(simulator: Hands, **more: Any) -> Any:
    return (await simulator.http.post(STABLE, json=GRANT | more)).json()


async def post(simulator: Hands, path: str, body: Any, token: str | None = None) -> httpx.Response:
    """A call with the stable token, or with another one."""
    if token is None:
        token = (await stable(simulator))["access_token"]
    answer = await simulator.http.post(path, params={"access_token": token}, json=body)
    assert answer.status_code == 200
    return answer


async def errcode(simulator: Hands, path: str, body: Any, token: str | None = None) -> Any:
    return (await post(simulator, path, body, token)).json()["errcode"]


async def active(simulator: Hands) -> str:
    codes = await simulator.codes()
    await login(simulator, codes["login_code"])
    return codes["openid"]


async def test_a_login_has_no_errcode_on_success(simulator: Hands) -> None:
    codes = await simulator.codes()
    answer = await login(simulator, codes["login_code"])
    assert set(answer) == {"openid", "session_key"}
    assert answer["openid"] == codes["openid"]
    assert len(answer["openid"]) == 28


async def test_a_user_keeps_his_openid(simulator: Hands) -> None:
    openid = (await simulator.codes())["openid"]
    await simulator.ask("POST", "reset")
    assert (await simulator.codes())["openid"] == openid
    assert (await simulator.codes("13900139000"))["openid"] != openid


async def test_some_users_have_a_unionid(simulator: Hands) -> None:
    user = await simulator.ask("POST", "users", {"phone": PHONE, "has_unionid": True})
    answer = await login(simulator, (await simulator.codes())["login_code"])
    assert answer["unionid"] == user["unionid"]


async def test_a_login_code_lives_five_minutes_and_works_once(simulator: Hands) -> None:
    code = (await simulator.codes())["login_code"]
    await login(simulator, code)
    assert (await login(simulator, code))["errcode"] == 40163
    code = (await simulator.codes())["login_code"]
    await simulator.pass_time(301)
    assert (await login(simulator, code))["errcode"] == 40029
    assert (await login(simulator, "unknown"))["errcode"] == 40029
    assert (await login(simulator, (await simulator.codes())["phone_code"]))["errcode"] == 40029


async def test_a_second_login_may_change_the_session_key(simulator: Hands) -> None:
    keys = []
    for pause in (0, 30, 61):
        await simulator.pass_time(pause)
        answer = await login(simulator, (await simulator.codes())["login_code"])
        keys.append(answer["session_key"])
    assert keys[0] == keys[1] != keys[2]


async def test_a_blocked_user_is_turned_away(simulator: Hands) -> None:
    await simulator.ask("POST", "users", {"phone": PHONE, "is_blocked": True})
    code = (await simulator.codes())["login_code"]
    assert (await login(simulator, code))["errcode"] == 40226


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"js_code": ""}, 41008),
        ({"appid": "wxother"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"grant_type": "other"}, 40002),
    ],
)
async def test_a_wrong_login_call(simulator: Hands, change: Any, expected: int) -> None:
    assert (await login(simulator, "code", **change))["errcode"] == expected


async def test_a_failure_is_200_with_a_rid_of_its_own(simulator: Hands) -> None:
    words = {(await login(simulator, "unknown"))["errmsg"] for _ in range(3)}
    assert len(words) == 3
    assert all(word.startswith("invalid code rid: ") for word in words)


async def test_the_stable_token_stays_and_its_life_falls(simulator: Hands) -> None:
    first = await stable(simulator)
    await simulator.pass_time(1000)
    second = await stable(simulator)
    assert first["access_token"] == second["access_token"]
    assert 7190 <= first["expires_in"] <= 7200
    assert 6190 <= second["expires_in"] <= 6200
    assert len(first["access_token"]) < 512


async def test_the_stable_token_is_replaced_in_its_last_five_minutes(simulator: Hands) -> None:
    first = (await stable(simulator))["access_token"]
    await simulator.pass_time(6901)
    second = (await stable(simulator))["access_token"]
    assert first != second
    assert await errcode(simulator, PHONE_PATH, {"code": "x"}, first) == 40029
    await simulator.pass_time(300)
    assert await errcode(simulator, PHONE_PATH, {"code": "x"}, first) == 42001


async def test_a_forced_token_kills_the_last_one(simulator: Hands) -> None:
    first = (await stable(simulator))["access_token"]
    second = (await stable(simulator, force_refresh=True))["access_token"]
    assert first != second
    assert await errcode(simulator, PHONE_PATH, {"code": "x"}, first) == 40001
    assert (await stable(simulator, force_refresh=True))["access_token"] == second
    await simulator.pass_time(31)
    assert (await stable(simulator, force_refresh=True))["access_token"] != second


async def test_twenty_forced_tokens_a_day(simulator: Hands) -> None:
    now = (await simulator.ask("GET", "clock"))["now"]
    await simulator.pass_time(86_400 - (now + 8 * 3600) % 86_400 + 60)
    for _ in range(20):
        assert "access_token" in await stable(simulator, force_refresh=True)
        await simulator.pass_time(31)
    assert (await stable(simulator, force_refresh=True))["errcode"] == 45009
    await simulator.pass_time(86_400)
    assert "access_token" in await stable(simulator, force_refresh=True)


async def test_the_two_families_of_tokens_are_apart(simulator: Hands) -> None:
    stable_token = (await stable(simulator))["access_token"]
    plain = [(await simulator.http.get(TOKEN, params=GRANT)).json() for _ in range(2)]
    first, second = (each["access_token"] for each in plain)
    assert len({stable_token, first, second}) == 3
    for token in (stable_token, first, second):
        assert await errcode(simulator, PHONE_PATH, {"code": "x"}, token) == 40029
    await simulator.pass_time(301)
    assert await errcode(simulator, PHONE_PATH, {"code": "x"}, first) == 40001
    assert await errcode(simulator, PHONE_PATH, {"code": "x"}, second) == 40029


async def test_wrong_token_calls(simulator: Hands) -> None:
    wrong = GRANT | {"secret": "wrong"}
    assert (await simulator.http.get(TOKEN, params=wrong)).json()["errcode"] == 40001
    assert (await stable(simulator, secret="wrong"))["errcode"] == 40125
    assert (await stable(simulator, grant_type="other"))["errcode"] == 40002
    assert (await simulator.http.get(STABLE)).json()["errcode"] == 43002
    assert (await simulator.http.post(TOKEN, json=GRANT)).json()["errcode"] == 43001
    assert (await simulator.http.post(STABLE)).json()["errcode"] == 44002
    assert (await simulator.http.post(STABLE, data=GRANT)).json()["errcode"] == 47001
    assert (await simulator.http.post(STABLE, json=[1])).json()["errcode"] == 47001


async def test_a_call_without_a_good_token(simulator: Hands) -> None:
    assert await errcode(simulator, TEXT, {}, "") == 41001
    assert await errcode(simulator, TEXT, {}, "garbage") == 40014
    await simulator.ask("POST", "tokens/retire")
    token = (await stable(simulator))["access_token"]
    await simulator.ask("POST", "tokens/retire")
    assert await errcode(simulator, TEXT, {}, token) == 40001


async def test_a_phone_code_gives_the_phone_once(simulator: Hands) -> None:
    codes = await simulator.codes()
    body = {"code": codes["phone_code"], "openid": codes["openid"]}
    info = (await post(simulator, PHONE_PATH, body)).json()["phone_info"]
    assert info["phoneNumber"] == info["purePhoneNumber"] == PHONE
    assert info["countryCode"] == "86"
    assert info["watermark"]["appid"] == APPID
    assert await errcode(simulator, PHONE_PATH, body) == 40029
    late = {"code": (await simulator.codes())["phone_code"]}
    await simulator.pass_time(301)
    assert await errcode(simulator, PHONE_PATH, late) == 40029


async def test_a_phone_code_of_another_user_stays_unspent(simulator: Hands) -> None:
    codes, other = await simulator.codes(), await simulator.codes("13900139000")
    body = {"code": codes["phone_code"], "openid": other["openid"]}
    assert await errcode(simulator, PHONE_PATH, body) == 40003
    assert await errcode(simulator, PHONE_PATH, {"code": codes["phone_code"]}) == 0
    assert await errcode(simulator, PHONE_PATH, {"code": codes["login_code"]}) == 40029
    assert await errcode(simulator, PHONE_PATH, {"code": 7}) == 47001


async def test_a_country_may_be_a_number(simulator: Hands) -> None:
    phone = {"phone": "85212345", "country": "852"}
    await simulator.ask("POST", "users", phone | {"numeric_country": True})
    code = (await simulator.ask("POST", "codes", phone))["phone_code"]
    info = (await post(simulator, PHONE_PATH, {"code": code})).json()["phone_info"]
    assert info["countryCode"] == 852
    assert (info["phoneNumber"], info["purePhoneNumber"]) == ("+85285212345", "85212345")


DATA = {
    "thing1": {"value": "社区清洁"},
    "time2": {"value": "2026年1月1日 09:30"},
    "phrase3": {"value": "已通过"},
}


async def message(simulator: Hands, **change: Any) -> Any:
    openid = (await simulator.codes())["openid"]
    return {"touser": openid, "template_id": TEMPLATE, "data": DATA, **change}


async def test_a_message_costs_a_credit(simulator: Hands) -> None:
    body = await message(simulator, page=f"{PAGE}?id=7", lang="zh_CN", miniprogram_state="trial")
    assert await errcode(simulator, SEND, body) == 43101
    await simulator.accept(body["touser"])
    answer = (await post(simulator, SEND, body)).json()
    assert answer["errcode"] == 0
    assert answer["msgid"] > 2**53
    assert await errcode(simulator, SEND, body) == 43101
    [sent] = await simulator.ask("GET", f"messages?openid={body['touser']}")
    assert sent["message_id"] == str(answer["msgid"])
    assert sent["title"] == "任务提醒"
    assert await simulator.ask("GET", "messages?openid=other") == []


async def test_a_long_term_accept_serves_until_it_is_withdrawn(simulator: Hands) -> None:
    body = await message(simulator, template_id=LONG_TERM)
    await simulator.accept(body["touser"], LONG_TERM)
    for _ in range(3):
        assert await errcode(simulator, SEND, body) == 0
    await simulator.accept(body["touser"], LONG_TERM, accept=False)
    assert await errcode(simulator, SEND, body) == 0
    await simulator.accept(body["touser"], LONG_TERM, accept=False, in_menu=True)
    assert await errcode(simulator, SEND, body) == 43101


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"touser": "unknown"}, 40003),
        ({"touser": None}, 40003),
        ({"template_id": "unknown"}, 40037),
        ({"miniprogram_state": "other"}, 47003),
        ({"lang": "fr"}, 47003),
        ({"data": None}, 47003),
        ({"data": DATA | {"phrase3": {"value": "passed"}}}, 47003),
        ({"data": DATA | {"phrase3": "已通过"}}, 47003),
        ({"data": DATA | {"thing1": {"value": "含有屏蔽词"}}}, 45168),
        ({"page": "pages/unknown"}, 41030),
        ({"page": "/" + PAGE}, 41030),
    ],
)
async def test_a_wrong_message(simulator: Hands, change: Any, expected: int) -> None:
    body = await message(simulator, **change)
    await simulator.accept((await simulator.codes())["openid"])
    answer = (await post(simulator, SEND, body)).json()
    assert answer["errcode"] == expected
    if "data" in change and expected == 47003:
        assert "data.thing1.value" in answer["errmsg"] or "data.phrase3.value" in answer["errmsg"]


async def test_a_template_can_be_added(simulator: Hands) -> None:
    template = {"template_id": "t3", "title": "新模板", "keys": ["enum1"], "choices": {}}
    await simulator.ask("POST", "templates", template | {"choices": {"enum1": ["上门"]}})
    body = await message(simulator, template_id="t3", data={"enum1": {"value": "上门"}})
    await simulator.accept(body["touser"], "t3")
    assert await errcode(simulator, SEND, body) == 0


async def test_a_code_is_a_jpeg_that_tells_its_scene(simulator: Hands) -> None:
    answer = await post(simulator, CODE, {"scene": "t=1!#$&'()*+,/:;?@-._~", "page": PAGE})
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert answer.content.endswith(b"\xff\xd9")
    assert b"t=1!#$&'()*+,/:;?@-._~" in answer.content


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, 40169),
        ({"scene": ""}, 40169),
        ({"scene": 7}, 40169),
        ({"scene": "x" * 33}, 40129),
        ({"scene": "100%"}, 40129),
        ({"scene": "场景"}, 40129),
        ({"scene": "a", "env_version": "beta"}, 40097),
        ({"scene": "a", "width": 1281}, 40097),
        ({"scene": "a", "page": "/" + PAGE}, 41030),
        ({"scene": "a", "page": PAGE + "?id=7"}, 41030),
        ({"scene": "a", "page": "pages/scancode_time"}, 85096),
        ({"scene": "a", "page": "pages/new"}, 41030),
    ],
)
async def test_a_wrong_code(simulator: Hands, body: Any, expected: int) -> None:
    assert await errcode(simulator, CODE, body) == expected


async def test_a_code_of_an_unpublished_page(simulator: Hands) -> None:
    body = {"scene": "a", "page": "pages/new", "check_path": False, "env_version": "trial"}
    assert (await post(simulator, CODE, body)).headers["Content-Type"] == "image/jpeg"


async def text(simulator: Hands, content: Any, **change: Any) -> Any:
    body = {"content": content, "version": 2, "scene": 3, "openid": await active(simulator)}
    return (await post(simulator, TEXT, body | change)).json()


@pytest.mark.parametrize(
    ("content", "suggest"),
    [("干净", "pass"), ("有待复核词", "review"), ("待复核词违规词", "risky")],
)
async def test_words_force_a_verdict(simulator: Hands, content: str, suggest: str) -> None:
    answer = await text(simulator, content)
    assert answer["errcode"] == 0
    assert answer["trace_id"]
    assert answer["result"]["suggest"] == suggest
    assert (answer["result"]["label"] == answer["detail"][0]["label"]) is (suggest == "pass")
    assert answer["detail"][1]["errcode"] != 0


async def test_other_words_can_be_set(simulator: Hands) -> None:
    await simulator.ask("PUT", "words", {"review": ["路灯"], "risky": []})
    assert (await text(simulator, "坏了", title="路灯"))["result"]["suggest"] == "review"


@pytest.mark.parametrize(
    ("content", "change", "expected"),
    [
        ("字" * 2501, {}, 45002),
        ("", {}, 47001),
        (None, {}, 47001),
        ("x", {"version": 1}, 47001),
        ("x", {"scene": 5}, 40129),
        ("x", {"openid": "unknown"}, 40003),
        ("x", {"openid": 7}, 40003),
    ],
)
async def test_a_wrong_text(simulator: Hands, content: Any, change: Any, expected: int) -> None:
    assert (await text(simulator, content, **change))["errcode"] == expected


async def test_a_text_of_somebody_who_is_not_there(simulator: Hands) -> None:
    never = (await simulator.codes("13900139000"))["openid"]
    assert (await text(simulator, "x", openid=never))["errcode"] == 61010
    openid = await active(simulator)
    await simulator.pass_time(7201)
    body = {"content": "x", "version": 2, "scene": 3, "openid": openid}
    assert await errcode(simulator, TEXT, body) == 61010


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 0),
        ({"media_url": None}, 47001),
        ({"version": 1}, 47001),
        ({"media_type": 3}, 40004),
        ({"scene": 0}, 40129),
        ({"openid": "unknown"}, 40003),
    ],
)
async def test_a_file_is_taken_on(simulator: Hands, change: Any, expected: int) -> None:
    body = {"media_url": "https://files.test/1.jpg", "media_type": 2, "version": 2, "scene": 1}
    body |= {"openid": await active(simulator)} | change
    answer = (await post(simulator, MEDIA, body)).json()
    assert answer["errcode"] == expected
    assert ("trace_id" in answer) is (expected == 0)
