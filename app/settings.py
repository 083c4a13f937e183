"""Every setting of the product: environment variables with the prefix `APP_`, read once by a process."""

import base64
import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PLACEHOLDER = "development-only-secret-do-not-use-it"
PLATFORM = "https://api.weixin.qq.com"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """What a process is told from outside; passed in, never imported as a value."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", extra="ignore")

    environment: Environment = Environment.DEVELOPMENT
    data_dir: Path = Field(Path("var"), description="Embedded database and local files.")

    # database
    database_url: str = Field("", description="PostgreSQL 15 or newer; empty: the embedded one.")
    database_pool: int = Field(20, ge=1, le=200, description="Connections of writes a process.")
    reader_pool: int = Field(40, ge=1, le=200, description="Connections of reads a process.")
    statement_timeout_ms: int = 5_000
    lock_timeout_ms: int = 2_000

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
    public_url: str = "http://127.0.0.1:8000"
    log_level: str = "INFO"
    access_token_minutes: int = 30
    refresh_token_days: int = 60

    # WeChat
    wechat_base_url: str = PLATFORM
    wechat_appid: str = "wx0000000000000000"
    wechat_secret: SecretStr = SecretStr(PLACEHOLDER)
    wechat_push_token: SecretStr = SecretStr(PLACEHOLDER)
    wechat_push_aes_key: SecretStr = SecretStr("A" * 43)
    wechat_timeout_seconds: float = 4.0

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.environment is not Environment.PRODUCTION:
            return self
        secrets = (
            self.secret_key,
            self.lookup_key,
            self.wechat_secret,
            self.wechat_push_token,
        )
        missing = [
            name
            for name, is_bad in {
                "APP_DATABASE_URL": not self.database_url,
                "APP_SECRET_KEY, APP_LOOKUP_KEY, APP_WECHAT_SECRET, APP_WECHAT_PUSH_TOKEN": any(
                    secret.get_secret_value() == PLACEHOLDER for secret in secrets
                ),
                "APP_FIELD_KEYS": not self.field_keys.get_secret_value(),
                "APP_WECHAT_PUSH_AES_KEY": self.wechat_push_aes_key.get_secret_value() == "A" * 43,
                "APP_WECHAT_BASE_URL (must be the platform itself, never a simulator)": not (
                    self.wechat_base_url.startswith("https://")
                    and self.wechat_base_url.split("/")[2].endswith(".weixin.qq.com")
                ),
            }.items()
            if is_bad
        ]
        if missing:
            raise ValueError("not fit for production: " + "; ".join(missing))
        return self

    def field_key_text(self) -> str:
        """Keys of personal fields as `app.core.fields.parse` reads them; made up outside production."""
        made_up = "dev:" + base64.b64encode(self.derive("fields")).decode()
        return self.field_keys.get_secret_value() or made_up

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


def _derive(purpose: str, secret: SecretStr) -> bytes:
    return hashlib.sha256(f"{purpose}|{secret.get_secret_value()}".encode()).digest()
