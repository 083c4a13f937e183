"""What a person is told when WeChat does not do its part."""

from app.core import logs
from app.core.errors import Unavailable
from app.wechat.errors import Misconfigured, WeChatError

log = logs.get(__name__)

OPERATOR_SECONDS = 60  # until an operator has acted nothing changes


def unavailable(error: WeChatError) -> Unavailable:
    """503 with the time to wait; the log tells an operator what only he can mend."""
    level = log.error if isinstance(error, Misconfigured) else log.warning
    level("wechat.unavailable", path=error.path, errcode=error.errcode, rid=error.rid)
    return Unavailable(
        "微信服务暂时不可用，请稍后再试", retry_after=error.retry_after or OPERATOR_SECONDS
    )
