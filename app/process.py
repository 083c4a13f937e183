"""What every process of the house sets up, whatever it does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import fields, logs, paging
from app.files import links, storage
from app.settings import Settings
from app.sms.client import Account as SmsAccount
from app.sms.client import SmsGateway
from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken

TOKEN_PURPOSE = "wechat_tokens.token"  # noqa: S105 - the name of a column


def prepare(settings: Settings) -> None:
    """Logs, keys of personal fields, the key of cursors, photos: what every process sets up first."""
    logs.configure(settings.log_level)
    fields.use(field_keys(settings))
    paging.use(settings.derive("cursors"))
    links.use(settings.derive("files"), settings.public_url)
    storage.use(settings.store_url())


def field_keys(settings: Settings) -> fields.FieldKeys:
    """The keys of personal fields that the settings name."""
    keys = settings.personal_field_keys()
    pepper = settings.lookup_key.get_secret_value().encode()
    return fields.FieldKeys(keys, next(iter(keys)), pepper)


@asynccontextmanager
async def wechat_client(
    settings: Settings, sessions: async_sessionmaker[AsyncSession]
) -> AsyncIterator[WeChat]:
    """The client of WeChat, with the access token that all processes share; closed at the end."""
    account = Account(
        settings.wechat_base_url,
        settings.wechat_appid,
        settings.wechat_secret.get_secret_value(),
        settings.wechat_timeout_seconds,
    )
    shared = SharedToken(
        sessions,
        account.appid,
        seal=lambda text: fields.keys().seal(text, TOKEN_PURPOSE),
        unseal=lambda sealed: fields.keys().open(sealed, TOKEN_PURPOSE),
    )
    client = WeChat(account, shared)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def sms_gateway(settings: Settings) -> AsyncIterator[SmsGateway | None]:
    """The gateway for text messages, closed at the end; None where the settings name none."""
    if not settings.sms_url:
        yield None
        return
    secret = settings.sms_secret.get_secret_value()
    gateway = SmsGateway(SmsAccount(settings.sms_url, secret, settings.sms_timeout_seconds))
    try:
        yield gateway
    finally:
        await gateway.close()
