"""The home page in one call."""

from typing import Any

from app.home import reading
from app.home.schemas import HomeOut
from app.http.deps import ActorDep, ReadDep
from app.http.room import Room

router = Room(prefix="/api/v1/me", tags=["home"])


@router.get("/home", summary="我的首页", response_model=HomeOut)
async def get_home(reader: ReadDep, actor: ActorDep) -> dict[str, Any]:
    """What a member's or a resident's home page shows, in one answer."""
    return await reading.show(reader, actor)
