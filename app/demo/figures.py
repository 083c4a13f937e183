"""What the community's year comes to, counted from its own lists."""

from enum import StrEnum
from typing import Any

from app.demo.cast import Cast
from app.demo.stage import Somebody, Stage
from app.models.need import NeedStatus
from app.models.order import OrderStatus
from app.models.post import PostStatus
from app.models.wish import WishStatus

LISTS: tuple[tuple[str, str, type[StrEnum]], ...] = (
    ("岗位", "posts", PostStatus),
    ("诉求", "needs", NeedStatus),
    ("微心愿", "wishes", WishStatus),
    ("服务单", "orders", OrderStatus),
)


async def tell_figures(stage: Stage, cast: Cast) -> None:
    """One line a list, by state; and what the members' own records add up to."""
    for name, path, states in LISTS:
        counts = {
            state: len(
                await everything(
                    cast.secretary, f"/organizations/{cast.community_id}/{path}?status={state}"
                )
            )
            for state in states
        }
        shown = "，".join(f"{state} {count}" for state, count in counts.items() if count)
        stage.tell(f"{name}合计 {sum(counts.values())}", shown)
    records = [
        record
        for member in cast.members
        for record in await everything(member.phone, "/me/records?")
    ]
    minutes = sum(record["minutes"] for record in records)
    stage.tell(f"{len(cast.members)} 名党员的服务记录", f"{len(records)} 条，{minutes} 分钟")


async def everything(person: Somebody, path: str) -> list[Any]:
    """All pages of a list."""
    rows: list[Any] = []
    cursor = ""
    while True:
        page = await person.ask("GET", f"{path}&limit=100{cursor}")
        rows += page["items"]
        if page["next_cursor"] is None:
            return rows
        cursor = f"&cursor={page['next_cursor']}"
