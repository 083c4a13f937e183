"""The access token of WeChat, shared by all processes, and the lease on its renewal."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class WeChatToken(Base):
    """One row an appid. `expires_at` already has the margin taken off: from then on it is renewed.

    Who holds `leased_until` renews; the others wait for `fetched_at` to change. `forced_on` is the
    local day that `forced_count` belongs to.

    Source: facts.md §2 (20 forced renewals a day, 30 s apart); engineering.md B15.
    """

    __tablename__ = "wechat_tokens"
    __table_args__ = (CheckConstraint("forced_count BETWEEN 0 AND 20", name="forced_count"),)

    appid: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes | None]
    fetched_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    leased_until: Mapped[datetime]
    forced_on: Mapped[date | None]
    forced_count: Mapped[int] = mapped_column(default=0)
    forced_at: Mapped[datetime | None]
