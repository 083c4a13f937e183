"""Pushes from the simulator, opened by our own door over real HTTP."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from app.wechat.push import Push, PushDoor, PushError
from tests.simulator.hands import APPID, LONG_TERM, PHONE, SECRET, TEMPLATE, Hands
from tests.simulator.server import serving

TOKEN, AES_KEY = "tokFixture01", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"
FORMS = [(mode, form) for mode in ("plain", "secure", "compatible") for form in ("json", "xml")]
EVENT = {
    "ToUserName": "gh_0123456789ab",
    "FromUserName": "oFixtureOpenid000000000001",
    "CreateTime": 1767225600,
    "MsgType": "event",
    "Event": "user_authorization_revoke",
    "OpenID": "oFixtureOpenid000000000002",
    "RevokeInfo": "6,8",
}


class Receiver:
    """A backend that opens pushes, or fails first."""

    def __init__(self) -> None:
        self.url = ""
        self.pushes: list[Push] = []
        self.failures: list[int] = []
        self.pause = 0.0
        self.app = FastAPI()
        self.app.add_api_route("/push", self.check, methods=["GET"])
        self.app.add_api_route("/push", self.take, methods=["POST"])
        self.door = PushDoor(TOKEN, AES_KEY, APPID, takes_plain=True)

    async def check(self, request: Request) -> Response:
        try:
            return Response(self.door.check(request.query_params))
        except PushError:
            return Response(status_code=403)

    async def take(self, request: Request) -> Response:
        await asyncio.sleep(self.pause)
        if self.failures:
            return Response(status_code=self.failures.pop(0))
        self.pushes.append(self.door.open(request.query_params, await request.body()))
        return Response("success")


@pytest.fixture(scope="module")
def running() -> Iterator[Receiver]:
    receiver = Receiver()
    with serving(receiver.app) as url:
        receiver.url = f"{url}/push"
        yield receiver


@pytest.fixture
def receiver(running: Receiver) -> Receiver:
    running.pushes, running.failures, running.pause = [], [], 0.0
    return running


async def call_back(simulator: Hands, receiver: Receiver, **options: Any) -> dict[str, bool]:
    body = {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY, **options}
    answer: dict[str, bool] = await simulator.ask("PUT", "callback", body)
    return answer


async def deliveries(simulator: Hands) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await simulator.ask("GET", "pushes")
    return found


async def token(simulator: Hands) -> str:
    grant = {"appid": APPID, "secret": SECRET, "grant_type": "client_credential"}
    answer = await simulator.http.post("/cgi-bin/stable_token", json=grant)
    return str(answer.json()["access_token"])


async def call(simulator: Hands, path: str, body: Any) -> Any:
    params = {"access_token": await token(simulator)}
    answer = (await simulator.http.post(path, params=params, json=body)).json()
    assert answer["errcode"] == 0, answer
    return answer


async def check_file(simulator: Hands, url: str = "https://files.test/1.jpg") -> str:
    """The trace id of a media check by an active user."""
    codes = await simulator.codes()
    query = {"appid": APPID, "secret": SECRET, "grant_type": "authorization_code"}
    query["js_code"] = codes["login_code"]
    await simulator.http.get("/sns/jscode2session", params=query)
    body = {"media_url": url, "media_type": 2, "version": 2, "scene": 1, "openid": codes["openid"]}
    return str((await call(simulator, "/wxa/media_check_async", body))["trace_id"])


async def test_the_address_is_checked(simulator: Hands, receiver: Receiver) -> None:
    assert await call_back(simulator, receiver) == {"is_checked": True}
    assert await call_back(simulator, receiver, token="wrong") == {"is_checked": False}
    nowhere = {"url": "http://127.0.0.1:9/push"}
    assert await call_back(simulator, receiver, **nowhere) == {"is_checked": False}


@pytest.mark.parametrize(("mode", "form"), FORMS)
async def test_any_push_arrives_in_every_form(
    simulator: Hands, receiver: Receiver, mode: str, form: str
) -> None:
    await call_back(simulator, receiver, mode=mode, format=form)
    [delivery] = await simulator.ask("POST", "pushes", EVENT)
    assert delivery == {"fields": EVENT, "tries": 1, "status": 200, "is_taken": True}
    [push] = receiver.pushes
    assert push.openid == EVENT["OpenID"]
    assert push.revoked == (6, 8)


@pytest.mark.parametrize(("mode", "form"), FORMS)
@pytest.mark.parametrize("one_as_list", [True, False])
async def test_subscribe_events_arrive_in_every_form(
    simulator: Hands, receiver: Receiver, mode: str, form: str, one_as_list: bool
) -> None:
    await call_back(simulator, receiver, mode=mode, format=form, one_as_list=one_as_list)
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid, LONG_TERM)
    body = {"touser": openid, "template_id": LONG_TERM, "data": {"thing1": {"value": "进度"}}}
    message_id = (await call(simulator, "/cgi-bin/message/subscribe/send", body))["msgid"]
    await simulator.accept(openid, LONG_TERM, accept=False, in_menu=True)
    assert len(await deliveries(simulator)) == 3
    found = {push.event: push.items for push in receiver.pushes}
    [popup] = found["subscribe_msg_popup_event"]
    assert (popup.template_id, popup.status) == (LONG_TERM, "accept")
    [sent] = found["subscribe_msg_sent_event"]
    assert (sent.message_id, sent.error_code) == (str(message_id), 0)
    [change] = found["subscribe_msg_change_event"]
    assert change.status == "reject"
    assert {push.openid for push in receiver.pushes} == {openid}


async def test_many_items_and_unknown_lists_arrive(simulator: Hands, receiver: Receiver) -> None:
    items = [{"TemplateId": f"t{n}", "SubscribeStatusString": "accept"} for n in range(3)]
    for form in ("json", "xml"):
        await call_back(simulator, receiver, format=form)
        for event in ("subscribe_msg_popup_event", "something_new"):
            await simulator.ask("POST", "pushes", EVENT | {"Event": event, "List": items})
    assert [len(push.items) for push in receiver.pushes] == [3, 3, 3, 3]


@pytest.mark.parametrize(("mode", "form"), FORMS)
@pytest.mark.parametrize("labels_as_text", [True, False])
async def test_a_verdict_arrives_after_its_answer(
    simulator: Hands, receiver: Receiver, mode: str, form: str, labels_as_text: bool
) -> None:
    await call_back(simulator, receiver, mode=mode, format=form, labels_as_text=labels_as_text)
    for url, suggest, labels in (
        ("https://files.test/1.jpg", "pass", ()),
        ("https://files.test/risky.jpg", "risky", (20002, 21000)),
        ("https://files.test/review.jpg", "review", (20002, 21000)),
    ):
        trace_id = await check_file(simulator, url)
        await deliveries(simulator)
        verdict = receiver.pushes[-1].verdict
        assert verdict
        assert (verdict.trace_id, verdict.suggest) == (trace_id, suggest)
        assert set(verdict.labels) <= {*labels, 10001}


async def test_a_file_that_cannot_be_fetched_has_no_verdict(
    simulator: Hands, receiver: Receiver
) -> None:
    await call_back(simulator, receiver, labels_as_text=True)
    await check_file(simulator, "https://files.test/unreachable.jpg")
    await deliveries(simulator)
    verdict = receiver.pushes[0].verdict
    assert verdict
    assert (verdict.errcode, verdict.suggest) == (-1008, None)


async def test_a_verdict_may_come_before_its_answer(simulator: Hands, receiver: Receiver) -> None:
    await call_back(simulator, receiver, verdicts="before")
    await check_file(simulator)
    assert len(receiver.pushes) == 1


async def test_a_verdict_may_come_when_asked_for_and_again(
    simulator: Hands, receiver: Receiver
) -> None:
    await call_back(simulator, receiver, verdicts="on_demand")
    trace_id = await check_file(simulator)
    assert await deliveries(simulator) == []
    for _ in range(2):
        await simulator.ask("POST", f"media/{trace_id}/push")
    assert len({push.key for push in receiver.pushes}) == 1
    assert len(receiver.pushes) == 2


async def test_a_push_may_come_late_and_twice(simulator: Hands, receiver: Receiver) -> None:
    await call_back(simulator, receiver, delay=0.2, copies=2)
    await check_file(simulator)
    assert await simulator.ask("GET", "pushes?settle=false") == []
    assert len(await deliveries(simulator)) == 2
    assert len({push.key for push in receiver.pushes}) == 1


async def test_a_push_is_tried_three_times(simulator: Hands, receiver: Receiver) -> None:
    await call_back(simulator, receiver)
    receiver.failures = [500, 503]
    [delivery] = await simulator.ask("POST", "pushes", EVENT)
    assert (delivery["tries"], delivery["is_taken"]) == (3, True)
    receiver.failures = [500, 500, 500]
    [delivery] = await simulator.ask("POST", "pushes", EVENT)
    assert (delivery["tries"], delivery["status"], delivery["is_taken"]) == (3, 500, False)


async def test_a_slow_receiver_gets_it_again(simulator: Hands, receiver: Receiver) -> None:
    await call_back(simulator, receiver, timeout=0.1, tries=2)
    receiver.pause = 0.5
    [delivery] = await simulator.ask("POST", "pushes", EVENT)
    assert (delivery["tries"], delivery["status"], delivery["is_taken"]) == (2, None, False)
    await asyncio.sleep(0.6)


async def test_without_a_callback_nothing_is_pushed(simulator: Hands, receiver: Receiver) -> None:
    await call_back(simulator, receiver)
    await simulator.ask("DELETE", "callback")
    await simulator.accept((await simulator.codes(PHONE))["openid"], TEMPLATE)
    await check_file(simulator)
    assert await deliveries(simulator) == []


async def test_a_reset_stops_what_is_under_way(simulator: Hands, receiver: Receiver) -> None:
    await call_back(simulator, receiver, delay=3600)
    await check_file(simulator)
    await simulator.ask("POST", "reset")
    assert await deliveries(simulator) == []
    assert receiver.pushes == []


async def test_the_receiver_sees_a_forged_push_as_forged(receiver: Receiver) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(receiver.url)).status_code == 403
