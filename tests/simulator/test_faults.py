"""Faults are switched on over HTTP, and meet the calls they are meant for."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from tests.simulator.hands import APPID, SECRET, Hands

LOGIN, STABLE, TEXT = "/sns/jscode2session", "/cgi-bin/stable_token", "/wxa/msg_sec_check"
QUERY = {"appid": APPID, "secret": SECRET, "grant_type": "authorization_code"}
GRANT = {"appid": APPID, "secret": SECRET, "grant_type": "client_credential"}


async def login(simulator: Hands, code: str = "unknown") -> httpx.Response:
    return await simulator.http.get(LOGIN, params=QUERY | {"js_code": code})


@pytest.mark.parametrize("errcode", [-1, 45009, 45011, 40164, 43107, 43108])
async def test_an_errcode_comes_so_often(simulator: Hands, errcode: int) -> None:
    await simulator.fault(path=LOGIN, errcode=errcode, times=2)
    assert len(await simulator.ask("GET", "faults")) == 1
    codes = [(await login(simulator)).json()["errcode"] for _ in range(3)]
    assert codes == [errcode, errcode, 40029]
    assert await simulator.ask("GET", "faults") == []


async def test_an_errcode_for_ever_until_it_is_cleared(simulator: Hands) -> None:
    await simulator.fault(errcode=40001, times=None)
    assert {(await login(simulator)).json()["errcode"] for _ in range(5)} == {40001}
    await simulator.ask("DELETE", "faults")
    assert (await login(simulator)).json()["errcode"] == 40029


async def test_a_fault_of_authorised_calls_leaves_the_others_alone(simulator: Hands) -> None:
    await simulator.fault(path="authorised", errcode=40001, times=None)
    assert "access_token" in (await simulator.http.post(STABLE, json=GRANT)).json()
    assert (await simulator.http.post(TEXT, json={})).json()["errcode"] == 40001


async def test_the_oldest_fault_comes_first(simulator: Hands) -> None:
    await simulator.fault(path=TEXT, errcode=1)
    await simulator.fault(path=LOGIN, errcode=2)
    await simulator.fault(errcode=3)
    assert [(await login(simulator)).json()["errcode"] for _ in range(2)] == [2, 3]


async def test_a_code_may_be_spent_although_the_answer_is_bad(simulator: Hands) -> None:
    for fault in ({"errcode": -1}, {"kind": "bad_gateway"}, {"kind": "invalid_json"}):
        code = (await simulator.codes())["login_code"]
        await simulator.fault(**fault, after_effect=True)
        await login(simulator, code)
        assert (await login(simulator, code)).json()["errcode"] == 40163


async def test_a_code_is_not_spent_by_a_call_that_did_not_happen(simulator: Hands) -> None:
    code = (await simulator.codes())["login_code"]
    await simulator.fault(errcode=-1)
    await login(simulator, code)
    assert "openid" in (await login(simulator, code)).json()


async def test_bad_answers(simulator: Hands) -> None:
    await simulator.fault("bad_gateway")
    answer = await login(simulator)
    assert answer.status_code == 502
    assert "json" not in answer.headers["Content-Type"]
    await simulator.fault("invalid_json")
    answer = await login(simulator)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Unterminated"):
        answer.json()


async def test_odd_answers(simulator: Hands) -> None:
    await simulator.fault("text_plain")
    answer = await login(simulator)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.json()["errcode"] == 40029
    await simulator.fault("string_errcode")
    assert (await login(simulator)).json()["errcode"] == "40029"
    await simulator.fault("string_errcode", errcode=-1)
    assert (await login(simulator)).json()["errcode"] == "-1"
    await simulator.fault("no_errcode")
    assert (await login(simulator)).json() == {}
    await simulator.fault("control_characters")
    assert "\x01" in (await login(simulator)).text
    codes = await simulator.codes()
    await simulator.fault("control_characters")
    assert "\x01" in (await login(simulator, codes["login_code"])).text


async def test_a_hang_lasts_its_time(simulator: Hands) -> None:
    await simulator.fault("hang", seconds=0.2)
    started = time.monotonic()
    assert (await login(simulator)).status_code == 502
    assert time.monotonic() - started >= 0.2


async def test_a_hang_is_released(simulator: Hands) -> None:
    await simulator.fault("hang")
    hanging = asyncio.create_task(login(simulator))
    while await simulator.calls(LOGIN) == 0:  # noqa: ASYNC110 - another process counts
        await asyncio.sleep(0.01)
    await simulator.ask("DELETE", "faults")
    assert (await asyncio.wait_for(hanging, 5)).status_code == 502


async def test_calls_are_counted_whatever_they_answer(simulator: Hands) -> None:
    await simulator.fault("bad_gateway")
    for _ in range(3):
        await login(simulator)
    assert await simulator.ask("GET", "calls") == {LOGIN: 3}
    await simulator.ask("DELETE", "calls")
    assert await simulator.ask("GET", "calls") == {}


@pytest.mark.parametrize(
    ("verb", "path", "body", "status"),
    [
        ("POST", "faults", {"kind": "unknown"}, 422),
        ("POST", "faults", {"kind": "hang", "unknown": 1}, 422),
        ("POST", "clock", {"seconds": -1}, 422),
        ("POST", "users", {"phone": "no phone"}, 422),
        ("POST", "credits", {"openid": "unknown", "template_id": "t"}, 404),
        ("POST", "media/unknown/push", None, 404),
        ("POST", "pushes", {"MsgType": "event"}, 409),
    ],
)
async def test_a_wrong_control(
    simulator: Hands, verb: str, path: str, body: Any, status: int
) -> None:
    answer = await simulator.http.request(verb, f"/_sim/{path}", json=body)
    assert answer.status_code == status


async def test_time_passes_at_once(simulator: Hands) -> None:
    before = (await simulator.ask("GET", "clock"))["now"]
    await simulator.pass_time(7200)
    assert (await simulator.ask("GET", "clock"))["now"] >= before + 7200
    await simulator.ask("POST", "reset")
    assert (await simulator.ask("GET", "clock"))["now"] < before + 60
