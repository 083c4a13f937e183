"""Every mapped class, in one metadata: importing this package fills it, for Alembic and tests."""

from app.models import (
    emergency,
    house,
    member,
    need,
    order,
    organization,
    outbox,
    person,
    poll,
    post,
    report,
    wechat_token,
)

__all__ = [
    "emergency",
    "house",
    "member",
    "need",
    "order",
    "organization",
    "outbox",
    "person",
    "poll",
    "post",
    "report",
    "wechat_token",
]
