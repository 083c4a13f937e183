"""Every mapped class, in one metadata: importing this package fills it, for Alembic and tests."""

from app.models import (
    emergency,
    house,
    member,
    need,
    notice,
    order,
    order_series,
    organization,
    outbox,
    person,
    post,
    record,
    report,
    wechat_token,
    wish,
)

__all__ = [
    "emergency",
    "house",
    "member",
    "need",
    "notice",
    "order",
    "order_series",
    "organization",
    "outbox",
    "person",
    "post",
    "record",
    "report",
    "wechat_token",
    "wish",
]
