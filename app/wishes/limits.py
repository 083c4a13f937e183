"""What the tenant's `wish_rules` say: how much, how often, how long; and no name in public.

Source: defaults.yaml `wish_rules`; domain.md §3.4.
"""

import unicodedata
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, Invalid
from app.models.wish import Wish, WishKind, WishStatus
from app.policies import content

COUNTED_OUT = (WishStatus.REJECTED, WishStatus.WITHDRAWN)
NATIONAL = 11  # digits of a mobile phone
SCHOOLS = ("学校", "小学", "中学", "高中", "大学", "幼儿园")


class WishLimit(Conflict):
    """So many wishes of one beneficiary a year."""

    code, title = "wish_limit", "该受益人本年度的心愿次数已达上限"


async def rules(session: AsyncSession) -> dict[str, Any]:
    """`wish_rules` by name; one statement."""
    entries = await content.section(session, "wish_rules")
    return {name: entry["value"] for name, entry in entries.items()}


def check_value(said: dict[str, Any], kind: WishKind, value_yuan: int | None) -> None:
    """Nothing: a wish of this kind and value is taken.

    Raises:
        Invalid: money where none is given, or too much.
    """
    if kind is WishKind.CASH and not said["cash_allowed"]:
        raise Invalid.field("/kind", "cash_not_allowed", "只收实物或服务类心愿")
    most = said["max_value_yuan"]
    if value_yuan is not None and value_yuan > most:
        raise Invalid.field("/value_yuan", "value_too_high", f"价值不超过{most}元")


def agree_for_minor(wish: Wish, is_for_minor: bool, agrees: bool) -> None:
    """A guardian has agreed, where the beneficiary is a minor. Source: practice.md R20.

    Raises:
        Invalid: none has.
    """
    wish.is_for_minor = wish.is_for_minor or is_for_minor
    if not wish.is_for_minor or wish.guardian_agreed_at is not None:
        return
    if not agrees:
        raise Invalid.field("/guardian_agrees", "guardian_required", "须经监护人同意")
    wish.guardian_agreed_at = clock.now()


def check_title(wish: Wish, title: str) -> None:
    """Nothing: the public text names neither the beneficiary nor, of a minor, the school.

    Raises:
        Invalid.
    """
    phone = _digits(wish.contact_phone or "")[-NATIONAL:]  # without +86
    if (wish.contact_name and wish.contact_name in title) or (phone and phone in _digits(title)):
        raise Invalid.field("/title", "names_somebody", "公开内容不能出现姓名和电话")
    if wish.is_for_minor and any(word in title for word in SCHOOLS):
        raise Invalid.field("/title", "names_school", "未成年人的心愿，公开内容不能出现学校")


def _digits(text: str) -> str:
    """The digits of it, of any width."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isdigit())


async def check_frequency(
    session: AsyncSession,
    said: dict[str, Any],
    *,
    requester_id: UUID | None,
    resident_id: UUID | None,
    phone_hash: bytes | None,
    wish_id: UUID | None = None,
) -> None:
    """Nothing: another wish of this beneficiary this local year is within the limit.

    A beneficiary is known by account, by entry as a resident, or by phone; who has none of them is
    left to the eyes of the community. `wish_id`: a wish that is not counted itself.

    Raises:
        WishLimit.
    """
    known = [
        column == value
        for column, value in (
            (Wish.requester_id, requester_id),
            (Wish.resident_id, resident_id),
            (Wish.phone_hash, phone_hash),
        )
        if value is not None
    ]
    if not known:
        return
    statement = select(func.count()).where(
        or_(*known),
        Wish.status.not_in(COUNTED_OUT),
        Wish.created_at >= clock.day_starts(clock.today().replace(month=1, day=1)),
    )
    if wish_id is not None:
        statement = statement.where(Wish.id != wish_id)
    if (await session.scalar(statement) or 0) >= said["per_person_per_year"]:
        raise WishLimit
