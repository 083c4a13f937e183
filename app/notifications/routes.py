"""The inbox: read, mark, and say which messages WeChat may send."""

from app.core.paging import Lines, Page
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep
from app.http.hot import HotRoute
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.notifications import credits, service
from app.notifications.schemas import CreditsIn, NotificationOut, ReadIn

hot = Room(prefix="/api/v1/me", tags=["notifications"], route_class=HotRoute)
router = Room(prefix="/api/v1/me", tags=["notifications"], route_class=KeyedRoute)


@hot.get("/notifications", summary="我的消息", response_model=Page[NotificationOut])
async def list_notifications(reader: ReadDep, actor: ActorDep, paging: PagingDep) -> Lines:
    """My inbox, newest first."""
    return await service.page(reader, actor, paging)


@router.post("/notifications/read", status_code=204, summary="标为已读")
async def read_notifications(session: SessionDep, actor: ActorDep, body: ReadIn) -> None:
    """These lines of my inbox are read."""
    await service.mark_read(session, actor, body.notification_ids)


@router.post("/message-credits", status_code=204, summary="登记订阅消息授权")
async def add_message_credits(session: SessionDep, actor: ActorDep, body: CreditsIn) -> None:
    """One more message of each accepted template may be sent to me."""
    await credits.add(session, actor, body.accepted)
