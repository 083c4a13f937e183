"""Every setting of the product: environment variables with the prefix `APP_`, read once by a process."""

import base64
import hashlib
import re
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PLACEHOLDER = "development-only-secret-do-not-use-it"
PLATFORM_HOST = "api.weixin.qq.com"
NO_APPID = "wx0000000000000000"
NO_AES_KEY = "A" * 43
LEAST_SECRET = 32

# the last one forgets everything: for tests
STORES = ("file:///", "s3://", "memory:///")

_KEY_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
# Source: the console of the mini-program: a token of 3 to 32 letters and digits, a key of 43.
_PUSH_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """What a process is told from outside; passed in, never imported as a value."""

    model_config = SettingsConfigDict(
        env_prefix="APP_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    environment: Environment = Environment.DEVELOPMENT
    data_dir: Path = Field(Path("var"), description="Embedded database and local files.")

    # database
    database_url: str = Field("", description="PostgreSQL 15 or newer; empty: the embedded one.")
    database_replica_url: str = Field(
        "",
        description="A streaming replica that reads of reports and statistics may use; empty: none.",
    )
    database_pool: int = Field(20, ge=1, le=200, description="Connections of writes a process.")
    reader_pool: int = Field(40, ge=1, le=200, description="Connections of reads a process.")
    taker_pool: int = Field(
        2,
        ge=1,
        le=200,
        description="Connections for taking seats a process; the rest of a rush waits.",
    )
    statement_timeout_ms: int = 5_000

    # secrets
    secret_key: SecretStr = SecretStr(PLACEHOLDER)
    previous_secret_key: SecretStr | None = Field(
        None, description="Still verifies access tokens while keys are changed."
    )
    field_keys: SecretStr = Field(
        SecretStr(""),
        description="`name:base64` of 32 bytes, comma separated; the first one seals.",
    )
    lookup_key: SecretStr = Field(
        SecretStr(PLACEHOLDER),
        description="Makes the look-up hashes of names and phones; never changed in a database's life.",
    )

    # web
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks, comma separated, whose X-Forwarded-For is believed.",
    )
    public_url: str = "http://127.0.0.1:8000"
    log_level: str = "INFO"
    access_token_minutes: int = 30
    refresh_token_days: int = 60

    # photos
    files_url: str = Field(
        "",
        description="Where photos lie: `file:///folder`, or `s3://bucket/folder` with the usual AWS_…"
        " variables; empty: a folder of `data_dir`.",
    )

    # WeChat
    wechat_base_url: str = f"https://{PLATFORM_HOST}"
    wechat_appid: str = NO_APPID
    wechat_secret: SecretStr = SecretStr(PLACEHOLDER)
    wechat_push_token: SecretStr = SecretStr(PLACEHOLDER)
    wechat_push_aes_key: SecretStr = SecretStr(NO_AES_KEY)
    wechat_timeout_seconds: float = 4.0

    # text messages in an emergency
    sms_url: str = Field("", description="Where the organiser's gateway is; empty: there is none.")
    sms_secret: SecretStr = Field(SecretStr(PLACEHOLDER), description="Signs what is sent there.")
    sms_timeout_seconds: float = 5.0

    @field_validator("previous_secret_key")
    @classmethod
    def _empty_is_none(cls, given: SecretStr | None) -> SecretStr | None:
        """A variable that is set to nothing, as compose files do it, is no key."""
        return given if given is not None and given.get_secret_value() else None

    @field_validator("field_keys")
    @classmethod
    def _are_keys(cls, given: SecretStr) -> SecretStr:
        if given.get_secret_value():
            _parsed(given)
        return given

    @field_validator("files_url")
    @classmethod
    def _is_a_store(cls, given: str) -> str:
        if given and not given.startswith(STORES):
            raise ValueError("photos lie at file:///… or s3://…")
        return given

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, given: str) -> str:
        for part in _parts(given):
            ip_network(part)
        return given

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.environment is not Environment.PRODUCTION:
            return self
        push_token, aes_key = (
            secret.get_secret_value()
            for secret in (self.wechat_push_token, self.wechat_push_aes_key)
        )
        unfit = [
            name
            for name, is_bad in {
                "APP_DATABASE_URL": not self.database_url,
                "APP_SECRET_KEY": _is_weak(self.secret_key),
                "APP_PREVIOUS_SECRET_KEY": self.previous_secret_key is not None
                and _is_weak(self.previous_secret_key),
                "APP_LOOKUP_KEY": _is_weak(self.lookup_key),
                "APP_FIELD_KEYS": not self.field_keys.get_secret_value(),
                "APP_FILES_URL": self.files_url.startswith(STORES[-1]),
                "APP_WECHAT_APPID": self.wechat_appid in ("", NO_APPID),
                "APP_WECHAT_SECRET": _is_weak(self.wechat_secret),
                "APP_WECHAT_PUSH_TOKEN": not _PUSH_TOKEN.fullmatch(push_token),
                "APP_WECHAT_PUSH_AES_KEY": not _AES_KEY.fullmatch(aes_key) or aes_key == NO_AES_KEY,
                "APP_WECHAT_BASE_URL (must be the platform itself, never a simulator)": (
                    not _is_platform(self.wechat_base_url)
                ),
                "APP_SMS_URL (must be https)": bool(self.sms_url)
                and urlsplit(self.sms_url).scheme != "https",
                "APP_SMS_SECRET": bool(self.sms_url) and _is_weak(self.sms_secret),
            }.items()
            if is_bad
        ]
        if unfit:
            raise ValueError("not fit for production: " + "; ".join(unfit))
        return self

    def proxies(self) -> list[str]:
        """Addresses and networks whose word on who is calling is believed."""
        return _parts(self.trusted_proxies)

    def has_demo_door(self) -> bool:
        """Whether the console may be entered as somebody of the demo: in development, and only
        beside a simulated platform."""
        is_development = self.environment is Environment.DEVELOPMENT
        return is_development and not _is_platform(self.wechat_base_url)

    def store_url(self) -> str:
        """Where photos lie."""
        return self.files_url or (self.data_dir.resolve() / "files").as_uri()

    def personal_field_keys(self) -> dict[str, bytes]:
        """Keys of personal fields by name, the first one seals; made up where none are set."""
        if self.field_keys.get_secret_value():
            return _parsed(self.field_keys)
        return {"dev": self.derive("fields")}

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, out of the secret key."""
        return _derive(purpose, self.secret_key)

    def token_keys(self) -> dict[str, bytes]:
        """Keys of access tokens by `kid`; the first one signs, all verify."""
        secrets = [self.secret_key]
        if self.previous_secret_key is not None:
            secrets.append(self.previous_secret_key)
        keys = [_derive("access tokens", secret) for secret in secrets]
        return {hashlib.sha256(key).hexdigest()[:8]: key for key in keys}


def _parts(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip()]


def _parsed(keys: SecretStr) -> dict[str, bytes]:
    """Raises ValueError, without the key: not `name:base64` of 32 bytes, or a name used twice."""
    found: dict[str, bytes] = {}
    for part in keys.get_secret_value().split(","):
        name, _, value = part.strip().partition(":")
        try:
            key = base64.b64decode(value, validate=True)
        except ValueError:
            key = b""
        if not _KEY_NAME.fullmatch(name) or name in found or len(key) != 32:
            raise ValueError("a field key is name:base64 of 32 bytes, each name once")
        found[name] = key
    return found


def _is_weak(secret: SecretStr) -> bool:
    text = secret.get_secret_value()
    return text == PLACEHOLDER or len(text) < LEAST_SECRET


def _is_platform(url: str) -> bool:
    """Only its own host, over TLS; nothing that a reader might take for the host, or that goes on."""
    parts = urlsplit(url)
    return (
        parts.scheme == "https"
        and parts.hostname == PLATFORM_HOST
        and parts.netloc.lower() == PLATFORM_HOST
        and parts.path in ("", "/")
        and not set(url) & set("?#")
    )


def _derive(purpose: str, secret: SecretStr) -> bytes:
    return hashlib.sha256(f"{purpose}|{secret.get_secret_value()}".encode()).digest()
