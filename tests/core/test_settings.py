"""Settings: prefixed, strict in production, keys derived by purpose."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from app.process import field_keys
from app.settings import Settings

KEY = base64.b64encode(b"k" * 32).decode()
GOOD: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql+asyncpg://db/app",
    "secret_key": "s" * 40,
    "lookup_key": "l" * 40,
    "field_keys": f"a:{KEY}",
    "wechat_appid": "wx0123456789abcdef",
    "wechat_secret": "w" * 32,
    "wechat_push_token": "t" * 20,
    "wechat_push_aes_key": "B" * 43,
}


def make(**fields: Any) -> Settings:
    return Settings(**fields, _env_file=None)


def test_a_complete_production_setting_is_taken() -> None:
    assert field_keys(make(**GOOD)).find_by("x") != field_keys(make()).find_by("x")


PLACEHOLDER = "development-only-secret-do-not-use-it"
PLATFORM = "https://api.weixin.qq.com"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", ""),
        *(
            (name, value)
            for name in ("secret_key", "lookup_key", "wechat_secret")
            for value in ("", "a", "x" * 31, PLACEHOLDER)
        ),
        *(("previous_secret_key", value) for value in ("a", "x" * 31, PLACEHOLDER)),
        ("field_keys", ""),
        ("files_url", "memory:///"),
        ("wechat_appid", ""),
        ("wechat_appid", "wx0000000000000000"),
        *(("wechat_push_token", value) for value in ("", "ab", "a b c", "x" * 33, PLACEHOLDER)),
        *(
            ("wechat_push_aes_key", value)
            for value in ("", "abc", "A" * 43, "B" * 42, "B" * 44, "=" * 43)
        ),
        *(
            ("wechat_base_url", value)
            for value in (
                "",
                "http://127.0.0.1:8001",
                "http://api.weixin.qq.com",
                f"{PLATFORM}.evil.example",
                "https://evil.weixin.qq.com",
                "https://127.0.0.1:8001?.weixin.qq.com",
                "https://127.0.0.1:8001#.weixin.qq.com",
                "https://127.0.0.1:8001?api.weixin.qq.com",
                "https://api.weixin.qq.com@127.0.0.1:8001",
                "https://someone@api.weixin.qq.com",
                f"{PLATFORM}:8001",
                f"{PLATFORM}/proxy",
                f"{PLATFORM}?",
                f"{PLATFORM}#",
            )
        ),
    ],
)
def test_production_refuses_what_is_missing_weak_made_up_or_simulated(
    name: str, value: str
) -> None:
    with pytest.raises(ValidationError, match=f"not fit for production: APP_{name.upper()}"):
        make(**GOOD | {name: value})


@pytest.mark.parametrize("url", [PLATFORM, f"{PLATFORM}/", "https://API.weixin.qq.com"])
def test_production_takes_the_platform_itself(url: str) -> None:
    assert make(**GOOD, wechat_base_url=url).wechat_base_url == url


@pytest.mark.parametrize(
    "bad", ["nokey", f":{KEY}", "a:AAAA", "a:%%%", f"a:{KEY},a:{KEY}", "junk,junk"]
)
def test_a_field_key_of_the_wrong_form_is_refused_unseen(bad: str) -> None:
    with pytest.raises(ValidationError, match="a field key is name:base64 of 32 bytes") as caught:
        make(field_keys=bad)
    assert bad not in str(caught.value)


def test_the_first_field_key_seals_and_all_open() -> None:
    keys = make(field_keys=f"new:{KEY}, old:{KEY}")
    assert list(keys.personal_field_keys()) == ["new", "old"]
    assert list(make().personal_field_keys()) == ["dev"]


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_previous_secret_is_none_and_forges_nothing(empty: str | None) -> None:
    made = make(**GOOD, previous_secret_key=empty)
    assert made.previous_secret_key is None
    assert len(made.token_keys()) == 1


@pytest.mark.parametrize("bad", ["*", "proxy", "10.0.0.1/8", "10.0.0.0/8,all"])
def test_a_trusted_proxy_is_an_address_or_a_network(bad: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        make(trusted_proxies=bad)
    assert make(trusted_proxies="10.0.0.1, 10.1.0.0/16,").proxies() == ["10.0.0.1", "10.1.0.0/16"]


def test_the_environment_is_read_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_PORT", "9000")
    assert make().port == 9000


def test_the_previous_secret_still_verifies() -> None:
    before = make(secret_key="old").token_keys()
    keys = make(secret_key="new", previous_secret_key="old").token_keys()
    assert list(keys)[1:] == list(before)
    assert make(secret_key="x").derive("a") != make(secret_key="x").derive("b")


@pytest.mark.parametrize(
    ("url", "secret"),
    [("http://gateway.example/texts", "s" * 40), ("https://gateway.example/texts", PLACEHOLDER)],
)
def test_a_gateway_for_texts_is_reached_over_tls_with_a_secret_of_its_own(
    url: str, secret: str
) -> None:
    with pytest.raises(ValidationError, match="APP_SMS_"):
        make(**GOOD, sms_url=url, sms_secret=secret)
    good = make(**GOOD, sms_url="https://gateway.example/texts", sms_secret="s" * 40)
    assert good.sms_timeout_seconds == 5.0


@pytest.mark.parametrize("url", ["/srv/files", "http://x/y", "file://x", "s3:", "gs://x"])
def test_photos_lie_in_a_folder_or_a_bucket(url: str) -> None:
    with pytest.raises(ValidationError):
        make(files_url=url)


def test_photos_lie_beside_the_other_data_unless_said_otherwise() -> None:
    assert make(data_dir="/srv/data").store_url() == "file:///srv/data/files"
    assert make(files_url="s3://bucket/photos").store_url() == "s3://bucket/photos"
