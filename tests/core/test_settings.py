"""Settings: prefixed, strict in production, keys derived by purpose."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from app.main import field_keys
from app.settings import Settings

GOOD: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql+asyncpg://db/app",
    "secret_key": "s" * 40,
    "lookup_key": "l" * 40,
    "field_keys": "a:" + base64.b64encode(b"k" * 32).decode(),
    "wechat_secret": "w" * 32,
    "wechat_push_token": "t" * 20,
    "wechat_push_aes_key": "B" * 43,
}


def make(**fields: Any) -> Settings:
    return Settings(**fields, _env_file=None)


def test_a_complete_production_setting_is_taken() -> None:
    assert field_keys(make(**GOOD)).find_by("x") != field_keys(make()).find_by("x")


@pytest.mark.parametrize(
    "missing",
    [
        {"database_url": ""},
        {"secret_key": "development-only-secret-do-not-use-it"},
        {"lookup_key": "development-only-secret-do-not-use-it"},
        {"field_keys": ""},
        {"wechat_push_aes_key": "A" * 43},
        {"wechat_base_url": "http://127.0.0.1:8001"},
        {"wechat_base_url": "https://api.weixin.qq.com.evil.example"},
    ],
)
def test_production_refuses_placeholders_and_the_simulator(missing: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="not fit for production"):
        make(**GOOD | missing)


def test_the_environment_is_read_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_PORT", "9000")
    assert make().port == 9000


def test_the_previous_secret_still_verifies() -> None:
    before = make(secret_key="old").token_keys()
    keys = make(secret_key="new", previous_secret_key="old").token_keys()
    assert list(keys)[1:] == list(before)
    assert make(secret_key="x").derive("a") != make(secret_key="x").derive("b")
