"""Every mapped class, in one metadata: importing this package fills it, for Alembic and tests."""

from app.models import (
    emergency,
    file,
    house,
    member,
    need,
    order,
    organization,
    outbox,
    person,
    post,
    report,
    wechat_token,
)

__all__ = [
    "emergency",
    "file",
    "house",
    "member",
    "need",
    "order",
    "organization",
    "outbox",
    "person",
    "post",
    "report",
    "wechat_token",
]
