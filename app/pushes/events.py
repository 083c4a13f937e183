"""Facts about what WeChat pushes to us."""

from typing import ClassVar

from app.events import Event


class PushArrived(Event):
    """A push lies in `wechat_pushes`; listeners open it by its number (`pushes.service.read`)."""

    name: ClassVar[str] = "push.arrived"
    push_id: int
    event: str
