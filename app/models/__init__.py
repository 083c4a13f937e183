"""Every mapped class, in one metadata: importing this package fills it, for Alembic and tests."""

from app.models import (
    call_up_plan,
    check_in,
    emergency,
    house,
    member,
    need,
    order,
    organization,
    outbox,
    person,
    post,
    report,
    shift_team,
    wechat_token,
)

__all__ = [
    "call_up_plan",
    "check_in",
    "emergency",
    "house",
    "member",
    "need",
    "order",
    "organization",
    "outbox",
    "person",
    "post",
    "report",
    "shift_team",
    "wechat_token",
]
