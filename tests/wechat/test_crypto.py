"""Signatures and ciphers against the vectors of facts.md."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC

from app.wechat import crypto
from app.wechat.crypto import PushCipher, Undecipherable

OFFICIAL = PushCipher("A" * 43, "wxba5fad812f8e6fb9")
OWN = PushCipher("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE", "wx0123456789abcdef")
ENCRYPT_ANSWER = (
    "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
)
OWN_ENCRYPT = (
    "Q3stYC6hdFzMh9T8HCvyDKQn7xB3jDYaYepSJx2IunfUBjHl7yg3oesnH2lmvW24g4HV4+lXHkpVGiUUzxh4U6Y9mZLj5zbW"
    "WKAOEgl4SpEbj984N0OxMJa0Za00QVkSWHiIq7nzBUhWlxZNw+k/WEF2DI5YdL1xYrXZid9xfsizwOBOFX/piCrgkaDbB2Ms"
    "hbuBUPwdckyDj7f2b25+ktQrUjKsFxnprIhrqEPm7RweA/c6dZyH9O11x5wBkA8/"
)
OWN_MESSAGE = (
    b'{"ToUserName":"gh_0123456789ab","FromUserName":"oFixtureOpenid000000000001",'
    b'"CreateTime":1767225600,"MsgType":"event","Event":"debug_demo"}'
)

SESSION_KEY, IV = "AAECAwQFBgcICQoLDA0ODw==", "EBESExQVFhcYGRobHB0eHw=="
ENCRYPTED_PHONE = (
    "aLhedzo+Z6es5zW+YHo9susiHnaEYeAkbZXA6vB3xXwsEHApbzM53NsvIVPS8sbzE9Tu3cKoosCIaJ9ReH9c7q8xI4AFlJ8H"
    "THrrdVC0WzSFVEG+Q/SUBzVOfvRAiCzgg0JkylP9/tDhDKuTKzFv19p4V9j7elAzV+dUTIJJUIaTCup3tGmuEkiU4NyS+qF+"
    "qEWPn5DRGL+VA8X7B7E1rw=="
)
APPID = "wx0123456789abcdef"
TAPPED_AT = datetime.fromtimestamp(1767225600, UTC)


@pytest.mark.parametrize(
    ("token", "parts", "signature"),
    [
        ("AAAAA", ("1714036504", "1514711492"), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("AAAAA", ("1714037059", "486452656"), "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        (
            "AAAAA",
            ("1713424427", "415670741", ENCRYPT_ANSWER),
            "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1",
        ),
        ("AAAAA", ("1714112445", "415670741"), "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
        ("tokFixture01", ("1767225600", "42424242"), "1ed9e99e6fa88dd8cb4bd3e2b4ae776f5d3cf942"),
        (
            "tokFixture01",
            ("1767225600", "42424242", OWN_ENCRYPT),
            "3a55ce2c740d14cc5e424be72aa01ac70a7b8b63",
        ),
    ],
)
def test_push_signatures_are_those_of_the_platform(
    token: str, parts: tuple[str, ...], signature: str
) -> None:
    assert crypto.push_signature(token, *parts) == signature
    assert crypto.is_signed(signature, token, *parts)


@pytest.mark.parametrize("signature", ["", "0" * 40, "签名", "\ud800"])
def test_another_signature_is_refused(signature: str) -> None:
    assert not crypto.is_signed(signature, "AAAAA", "1", "2", "\ud800")


def test_the_sort_is_by_bytes() -> None:
    assert crypto.push_signature("b", "A", "a") == crypto.push_signature("A", "a", "b")


@pytest.mark.parametrize(
    ("session_key", "message", "signature"),
    [
        (
            "9hAb/NEYUlkaMBEsmFgzig==",
            '{"openid": "xxx", "user_ip": "127.0.0.1", "env": 0}',
            "089d9e8dc5d308977360c4b79ec600a93d736802802a807d634192328032f6c7",
        ),
        (SESSION_KEY, "", "75c022993d64e3ac224c1c9d6f2b4c6eb53f22f6c7aa6be94428577d11d12fd5"),
    ],
)
def test_session_signatures_use_the_key_as_text(
    session_key: str, message: str, signature: str
) -> None:
    assert crypto.session_signature(session_key, message) == signature


def test_raw_data_is_signed_with_the_session_key_behind_it() -> None:
    raw = '{"nickName":"测试","gender":0}'
    assert crypto.raw_data_signature(raw, SESSION_KEY) == "fa6a970bbcd35f0ac3adcb1fbb5a93baeb69dc69"


def test_an_answer_is_encrypted_as_the_platform_does() -> None:
    encrypted = OFFICIAL.encrypt('{"demo_resp":"good luck"}', b"707722b803182950")
    assert encrypted == ENCRYPT_ANSWER


def test_our_own_vector_opens_although_its_key_has_spare_bits() -> None:
    assert OWN.decrypt(OWN_ENCRYPT) == OWN_MESSAGE


def test_every_padding_from_1_to_32_opens() -> None:
    for length in range(65):
        message = "x" * length
        assert OWN.decrypt(OWN.encrypt(message)) == message.encode(), length


@pytest.mark.parametrize(
    "encrypted",
    [
        "",
        "=",
        "密文",
        "AAAA",
        OFFICIAL.encrypt("for another key"),
        PushCipher("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE", "wxother").encrypt("other appid"),
        OWN_ENCRYPT[:-4] + "AAAA",
        OWN_ENCRYPT[:64],
    ],
    ids=range(8),
)
def test_what_is_not_encrypted_for_us_is_one_error_without_detail(encrypted: str) -> None:
    with pytest.raises(Undecipherable) as caught:
        OWN.decrypt(encrypted)
    assert not caught.value.args
    assert caught.value.__context__ is None


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "A" * 42 + "!", "A" * 43 + "\n"])
def test_a_key_has_43_characters(key: str) -> None:
    with pytest.raises(ValueError, match="43 characters"):
        PushCipher(key, APPID)


def test_open_data_gives_its_fields() -> None:
    found = crypto.open_data(SESSION_KEY, IV, ENCRYPTED_PHONE, appid=APPID, now=TAPPED_AT)
    assert found == {
        "phoneNumber": "13800138000",
        "purePhoneNumber": "13800138000",
        "countryCode": "86",
        "watermark": {"timestamp": 1767225600, "appid": "wx0123456789abcdef"},
    }


def sealed(plain: bytes) -> str:
    """`plain` encrypted as open data."""
    size = 16 - len(plain) % 16
    cipher = Cipher(AES128(base64.b64decode(SESSION_KEY)), CBC(base64.b64decode(IV))).encryptor()
    encrypted = cipher.update(plain + bytes([size]) * size) + cipher.finalize()
    return base64.b64encode(encrypted).decode()


@pytest.mark.parametrize(
    ("session_key", "iv", "encrypted"),
    [
        ("x", IV, ENCRYPTED_PHONE),
        ("AAAA", IV, ENCRYPTED_PHONE),
        ("AAECAwQFBgcICQoLDA0OEA==", IV, ENCRYPTED_PHONE),
        (SESSION_KEY, "AAAA", ENCRYPTED_PHONE),
        (SESSION_KEY, IV, "AAAA"),
        (SESSION_KEY, IV, ""),
        (SESSION_KEY, IV, sealed(b"no json")),
        (SESSION_KEY, IV, sealed(b"\xff\xfe")),
        (SESSION_KEY, IV, sealed(b"[1]")),
        (SESSION_KEY, IV, sealed(b"[" * 100_000)),
        (SESSION_KEY, IV, sealed(b'{"phoneNumber":"1"}')),
        (SESSION_KEY, IV, sealed(b'{"watermark":{"appid":"wxother","timestamp":1767225600}}')),
        (SESSION_KEY, IV, sealed(json.dumps({"watermark": {"appid": APPID}}).encode())),
        (
            SESSION_KEY,
            IV,
            sealed(json.dumps({"watermark": {"appid": APPID, "timestamp": 10**30}}).encode()),
        ),
    ],
)
def test_open_data_that_is_wrong_is_one_error_without_detail(
    session_key: str, iv: str, encrypted: str
) -> None:
    with pytest.raises(Undecipherable) as caught:
        crypto.open_data(session_key, iv, encrypted, appid=APPID, now=TAPPED_AT)
    assert not caught.value.args
    assert caught.value.__context__ is None


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_open_data_must_be_fresh(late: timedelta) -> None:
    with pytest.raises(Undecipherable):
        crypto.open_data(SESSION_KEY, IV, ENCRYPTED_PHONE, appid=APPID, now=TAPPED_AT + late)
