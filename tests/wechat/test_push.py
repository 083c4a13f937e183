"""Pushes: who may, and one shape out of many."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from app.wechat.content import Suggest
from app.wechat.crypto import PushCipher, push_signature
from app.wechat.push import (
    Forged,
    Item,
    MediaVerdict,
    PushDoor,
    Unreadable,
    read_fields,
    read_push,
)

TOKEN = "tokFixture01"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"
APPID = "wx0123456789abcdef"
DOOR = PushDoor(TOKEN, AES_KEY, APPID)
PLAIN_DOOR = PushDoor(TOKEN, AES_KEY, APPID, takes_plain=True)
CIPHER = PushCipher(AES_KEY, APPID)
TIME = {"timestamp": "1767225600", "nonce": "42424242"}

DEBUG: dict[str, Any] = {
    "ToUserName": "gh_0123456789ab",
    "FromUserName": "oFixtureOpenid000000000001",
    "CreateTime": 1767225600,
    "MsgType": "event",
    "Event": "debug_demo",
}
MEDIA: dict[str, Any] = {
    "ToUserName": "gh_0123456789ab",
    "FromUserName": "oPlatformFixture0000000001",
    "CreateTime": 1767225660,
    "MsgType": "event",
    "Event": "wxa_media_check",
    "appid": APPID,
    "trace_id": "6a4f0003-00000001-00000001",
    "version": 2,
    "errcode": 0,
    "errmsg": "ok",
    "result": {"suggest": "pass", "label": 100},
    "detail": [
        {"strategy": "content_model", "errcode": 0, "suggest": "pass", "label": 100, "prob": 90}
    ],
}


def signed(*more: str, **query: str) -> dict[str, str]:
    """A query whose plain signature is right."""
    signature = push_signature(TOKEN, *TIME.values(), *more)
    return {**TIME, "signature": signature, **query}


def secure(message: bytes, *, form: str = "json") -> tuple[dict[str, str], bytes]:
    """Query and body of a push in secure mode."""
    encrypted = CIPHER.encrypt(message.decode())
    query = {**TIME, "signature": "not to be used", "encrypt_type": "aes"}
    query["msg_signature"] = push_signature(TOKEN, *TIME.values(), encrypted)
    if form == "xml":
        return query, f"<xml><ToUserName/><Encrypt>{encrypted}</Encrypt></xml>".encode()
    return query, json.dumps({"ToUserName": "gh_0", "Encrypt": encrypted}).encode()


def as_xml(**fields: str) -> bytes:
    return f"<xml>{''.join(f'<{n}>{v}</{n}>' for n, v in fields.items())}</xml>".encode()


def test_the_check_of_the_address_gives_its_echo() -> None:
    query = TIME | {"signature": "1ed9e99e6fa88dd8cb4bd3e2b4ae776f5d3cf942", "echostr": "4375"}
    assert DOOR.check(query) == "4375"


@pytest.mark.parametrize("query", [{}, TIME, TIME | {"signature": "0" * 40}, signed(nonce="1")])
def test_an_unsigned_check_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Forged):
        DOOR.check(query)


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("inner", [json.dumps(DEBUG).encode(), as_xml(**DEBUG)])
def test_a_secure_push_is_opened(form: str, inner: bytes) -> None:
    push = DOOR.open(*secure(inner, form=form))
    assert (push.kind, push.event, push.openid) == ("event", "debug_demo", DEBUG["FromUserName"])
    assert push.created == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("body", [json.dumps(DEBUG).encode(), as_xml(**DEBUG)])
def test_a_plain_push_is_opened_where_it_may_come(body: bytes) -> None:
    assert PLAIN_DOOR.open(signed(), body).event == "debug_demo"
    with pytest.raises(Forged):
        DOOR.open(signed(), body)


def test_compatible_mode_is_read_from_its_ciphertext() -> None:
    query, body = secure(json.dumps(DEBUG).encode())
    mixed = json.loads(body) | DEBUG | {"Event": "forged"}
    assert PLAIN_DOOR.open(query, json.dumps(mixed).encode()).event == "debug_demo"


def test_a_secure_push_needs_the_signature_over_its_ciphertext() -> None:
    query, body = secure(json.dumps(DEBUG).encode())
    with pytest.raises(Forged):
        DOOR.open(query | {"msg_signature": signed()["signature"]}, body)


def test_a_signed_push_for_another_account_is_refused_without_detail() -> None:
    encrypted = PushCipher(AES_KEY, "wxother").encrypt(json.dumps(DEBUG))
    query = {**TIME, "msg_signature": push_signature(TOKEN, *TIME.values(), encrypted)}
    with pytest.raises(Forged) as caught:
        DOOR.open(query, json.dumps({"Encrypt": encrypted}).encode())
    assert caught.value.__context__ is None


def test_a_plain_push_needs_its_signature() -> None:
    with pytest.raises(Forged):
        PLAIN_DOOR.open(TIME, json.dumps(DEBUG).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"a":',
        b"<xml>",
        b"<xml>text</xml>",
        b"<?xml version='1.0' encoding='nonsense'?><xml><a>1</a></xml>",
        b"<?xml version='1.0' encoding='gb18030'?><xml><a>1</a></xml>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><MsgType>a</MsgType></xml>',
        b'{"a":"' + b"x" * 300_000 + b'"}',
    ],
)
def test_no_push_at_all(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_fields(body)


def test_a_push_has_a_kind() -> None:
    with pytest.raises(Unreadable):
        read_push({"Event": "debug_demo"})


def test_fields_are_fit_for_jsonb() -> None:
    body = (
        b'{"a":"x\\u0000y","b":[1,true,null,1.5,NaN],"c\\u0000":{"d":"\\ud800"},'
        b'"deep":' + b'{"n":' * 20 + b"1" + b"}" * 20 + b"}"
    )
    found = read_fields(body)
    assert found["a"] == "xy"
    assert found["b"] == [1, True, None, 1.5, None]
    assert found["c"] == {"d": "?"}
    assert json.dumps(found["deep"]).count("n") < 12
    deep = read_fields(b"<xml><a>1</a>" + b"<n>" * 50 + b"1" + b"</n>" * 50 + b"</xml>")
    assert json.dumps(deep).count('"n"') == 8


def subscribe(event: str, listed: Any, **more: Any) -> dict[str, Any]:
    return DEBUG | {"CreateTime": "1767225600", "Event": event, "List": listed} | more


ACCEPT = {"TemplateId": "tmpl1", "SubscribeStatusString": "accept", "PopupScene": "0"}
REJECT = {"TemplateId": "tmpl2", "SubscribeStatusString": "reject", "PopupScene": 0}


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (ACCEPT, [("tmpl1", "accept")]),
        ([ACCEPT], [("tmpl1", "accept")]),
        ([ACCEPT, REJECT, "x"], [("tmpl1", "accept"), ("tmpl2", "reject")]),
        ("", []),
    ],
)
def test_items_come_as_object_or_array(listed: Any, expected: list[tuple[str, str]]) -> None:
    push = read_push(subscribe("subscribe_msg_popup_event", listed))
    assert [(item.template_id, item.status) for item in push.items] == expected


@pytest.mark.parametrize("count", [1, 2, 3])
def test_items_come_as_repeated_xml(count: int) -> None:
    items = "".join(
        f"<List><TemplateId><![CDATA[tmpl{n}]]></TemplateId><MsgID>339515928826793165{n}</MsgID>"
        f"<ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List>"
        for n in range(count)
    )
    body = as_xml(
        FromUserName="o1",
        CreateTime="1767225600",
        MsgType="event",
        Event="subscribe_msg_sent_event",
        SubscribeMsgSentEvent=items,
    )
    push = read_push(read_fields(body))
    assert push.items == tuple(
        Item(f"tmpl{n}", "", f"339515928826793165{n}", 0, "success") for n in range(count)
    )


@pytest.mark.parametrize(
    ("revoke_info", "expected"),
    [("8", (8,)), (8, (8,)), ("6,8;20", (6, 8, 20)), ("6 8", (6, 8)), ("", ()), (None, ())],
)
def test_revoked_kinds_are_split_on_whatever_stands_between(
    revoke_info: Any, expected: tuple[int, ...]
) -> None:
    fields = DEBUG | {"Event": "user_authorization_revoke", "OpenID": "o2"}
    push = read_push(fields | {"RevokeInfo": revoke_info})
    assert push.revoked == expected
    assert push.openid == "o2"


@pytest.mark.parametrize(
    "event",
    ["user_info_modified", "user_authorization_revoke", "user_authorization_cancellation"],
)
def test_the_user_of_an_event_on_personal_data_is_openid(event: str) -> None:
    assert read_push(DEBUG | {"Event": event, "OpenID": "o2"}).openid == "o2"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (0, Suggest.PASS, ())),
        ({"errcode": "0"}, (0, Suggest.PASS, ())),
        ({"result": {"suggest": "risky", "label": "20002"}}, (0, Suggest.RISKY, (20002,))),
        ({"result": {"suggest": "review", "label": 21000}}, (0, Suggest.REVIEW, (21000,))),
        ({"errcode": -1008, "errmsg": "download"}, (-1008, None, ())),
        ({"errcode": "what"}, (-1, None, ())),
        ({"result": None}, (0, None, ())),
    ],
)
def test_a_verdict_is_read_leniently(change: dict[str, Any], expected: tuple[Any, ...]) -> None:
    push = read_push(MEDIA | change)
    assert push.verdict == MediaVerdict(MEDIA["trace_id"], *expected)
    assert push.openid == ""


def test_a_verdict_without_errcode_counts() -> None:
    fields = {name: value for name, value in MEDIA.items() if name != "errcode"}
    verdict = read_push(fields).verdict
    assert verdict
    assert verdict.suggest is Suggest.PASS


def test_a_verdict_in_xml_is_the_same() -> None:
    body = as_xml(
        MsgType="event",
        Event="wxa_media_check",
        trace_id="t",
        errcode="0",
        result="<suggest>risky</suggest><label>20001</label>",
        detail="<errcode>0</errcode><label>20001</label>",
    )
    verdict = read_push(read_fields(body)).verdict
    assert verdict == MediaVerdict("t", 0, Suggest.RISKY, (20001,))


@pytest.mark.parametrize("created", [1767225600, "1767225600"])
def test_the_key_is_the_same_for_every_form_of_one_push(created: Any) -> None:
    assert read_push(DEBUG | {"CreateTime": created}).key == read_push(DEBUG).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DEBUG, DEBUG | {"CreateTime": 1767225601}),
        (DEBUG, DEBUG | {"Event": "other"}),
        (DEBUG, DEBUG | {"FromUserName": "o2"}),
        (DEBUG | {"MsgId": 1}, DEBUG | {"MsgId": 2}),
        (MEDIA, MEDIA | {"trace_id": "other"}),
        (DEBUG | {"OpenID": "o1"}, DEBUG | {"OpenID": "o2"}),
        (DEBUG | {"RevokeInfo": "6"}, DEBUG | {"RevokeInfo": "8"}),
        (
            subscribe("subscribe_msg_sent_event", {"MsgID": "1"}),
            subscribe("subscribe_msg_sent_event", {"MsgID": "2"}),
        ),
    ],
)
def test_the_key_tells_pushes_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert read_push(one).key != read_push(other).key


def test_the_key_is_that_of_the_message_or_of_the_check() -> None:
    assert read_push(DEBUG | {"MsgId": "1"}).key == read_push(MEDIA | {"MsgId": 1}).key
    assert read_push(MEDIA).key == read_push(MEDIA | {"CreateTime": 1}).key
    assert len(read_push(MEDIA).key) == 64


@pytest.mark.parametrize("created", [None, "", "x", 10**18, -(10**18)])
def test_a_push_without_a_readable_time_was_made_now(created: Any) -> None:
    push = read_push(DEBUG | {"CreateTime": created})
    assert abs(push.created - clock.now()) < timedelta(minutes=1)


def test_nobody_is_shown_by_the_text_of_a_push() -> None:
    assert DEBUG["FromUserName"] not in repr(read_push(DEBUG))
