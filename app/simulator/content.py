"""Content checks: words that force a verdict, in texts and in addresses of files.

Source: facts.md §6, §12.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.simulator.answers import Refusal, number, ok
from app.simulator.clock import SimulatorClock
from app.simulator.users import Users

MOST_CHARACTERS = 2500
SCENES = (1, 2, 3, 4)
MEDIA_TYPES = (1, 2)
NORMAL, ABUSE, OTHER, PORNOGRAPHY = 100, 20003, 21000, 20002
DOWNLOAD_FAILED = -1008


class Words(BaseModel):
    """What a text or an address must hold to be reviewed, risky, or (an address) unreachable."""

    model_config = ConfigDict(extra="forbid")

    review: list[str] = ["待复核词", "review"]
    risky: list[str] = ["违规词", "risky"]
    unreachable: list[str] = ["unreachable"]


class ContentChecks:
    """The checks of one mini-program; `asked` are the media checks, newest last."""

    def __init__(self, appid: str, clock: SimulatorClock, users: Users) -> None:
        self._appid, self._clock, self._users = appid, clock, users
        self.words = Words()
        self.asked: dict[str, str] = {}

    def text(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of msg_sec_check, version 2."""
        content = body.get("content")
        if not isinstance(content, str) or not content or body.get("version") != 2:
            raise Refusal(47001, "data format error")
        if body.get("scene") not in SCENES:
            raise Refusal(40129, "invalid scene")
        if len(content) > MOST_CHARACTERS:
            raise Refusal(45002, "content size out of limit")
        self._users.require_active(body.get("openid"))
        more = "".join(str(body.get(name, "")) for name in ("title", "nickname"))
        suggest = self._suggest(content + more)
        return ok(trace_id=number(), **_verdict(suggest, ABUSE, OTHER))

    def media(self, body: Mapping[str, Any]) -> str:
        """The trace id of a check that has been taken on."""
        if not isinstance(body.get("media_url"), str) or body.get("version") != 2:
            raise Refusal(47001, "data format error")
        if body.get("media_type") not in MEDIA_TYPES:
            raise Refusal(40004, "invalid media type")
        if body.get("scene") not in SCENES:
            raise Refusal(40129, "invalid scene")
        self._users.require_active(body.get("openid"))
        trace_id = number()
        self.asked[trace_id] = str(body["media_url"])
        return trace_id

    def media_verdict(self, trace_id: str) -> dict[str, Any]:
        """The fields of the push that brings the verdict. Raises KeyError: never asked."""
        address = self.asked[trace_id]
        head = {
            "ToUserName": "gh_0123456789ab",
            "FromUserName": "oSimulatedPlatformSender0001",
            "CreateTime": self._clock.seconds(),
            "MsgType": "event",
            "Event": "wxa_media_check",
            "appid": self._appid,
            "trace_id": trace_id,
            "version": 2,
        }
        if any(word in address for word in self.words.unreachable):
            return {**head, "errcode": DOWNLOAD_FAILED, "errmsg": "download failed"}
        return {**head, **ok(), **_verdict(self._suggest(address), PORNOGRAPHY, OTHER)}

    def _suggest(self, content: str) -> str:
        if any(word in content for word in self.words.risky):
            return "risky"
        return "review" if any(word in content for word in self.words.review) else "pass"


def _verdict(suggest: str, label: int, detail_label: int) -> dict[str, Any]:
    """Result and details; the labels differ, and one detail failed and must not be counted."""
    is_clean = suggest == "pass"
    return {
        "result": {"suggest": suggest, "label": NORMAL if is_clean else label},
        "detail": [
            {
                "strategy": "content_model",
                "errcode": 0,
                "suggest": suggest,
                "label": NORMAL if is_clean else detail_label,
                "prob": 90,
            },
            {"strategy": "keyword", "errcode": -1, "suggest": "risky", "label": 10001},
        ],
    }
