"""Templates, what users accepted, and the messages that reached them.

Source: facts.md §4, §12.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.simulator.answers import Refusal, ok
from app.simulator.clock import SimulatorClock
from app.simulator.template_values import fits
from app.simulator.users import Users

# Above 2^53, as on the platform.
FIRST_NUMBER = 3395159288267931652
STATES = ("developer", "trial", "formal")
LANGUAGES = ("zh_CN", "en_US", "zh_HK", "zh_TW")


class Template(BaseModel):
    """A template of the account; `choices`: the values of its enum keys."""

    model_config = ConfigDict(extra="forbid")

    template_id: str
    title: str
    keys: list[str] = Field(min_length=1)
    choices: dict[str, list[str]] = {}
    is_long_term: bool = False


class Message(BaseModel):
    """A message as its user sees it."""

    message_id: str
    openid: str
    template_id: str
    title: str
    page: str | None
    values: dict[str, str]
    sent_at: int


class Messages:
    """The service notices of all users."""

    def __init__(
        self,
        clock: SimulatorClock,
        users: Users,
        templates: Iterable[Template],
        pages: Collection[str],
        blocked_words: Collection[str],
    ) -> None:
        self._clock, self._users = clock, users
        self._pages, self._blocked_words = pages, blocked_words
        self._templates = {each.template_id: each for each in templates}
        self._credits: Counter[tuple[str, str]] = Counter()
        self._numbers = itertools.count(FIRST_NUMBER)
        self.sent: list[Message] = []

    def add_template(self, template: Template) -> None:
        """In the account's list from now on."""
        self._templates[template.template_id] = template

    def accept(self, openid: str, template_id: str) -> int:
        """The user accepts once more; how many sends that makes."""
        self._credits[openid, template_id] += 1
        return self._credits[openid, template_id]

    def withdraw(self, openid: str, template_id: str) -> None:
        """The user switches the template off."""
        self._credits[openid, template_id] = 0

    def send(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], Message]:
        """The answer, and what the user now sees; a one-time template costs a credit."""
        user = self._users.find(body.get("touser"))
        if user is None:
            raise Refusal(40003, "invalid openid")
        template = self._templates.get(str(body.get("template_id")))
        if template is None:
            raise Refusal(40037, "invalid template_id")
        if body.get("miniprogram_state", "formal") not in STATES:
            raise Refusal(47003, "argument invalid! miniprogram_state")
        if body.get("lang", "zh_CN") not in LANGUAGES:
            raise Refusal(47003, "argument invalid! lang")
        values = self._values(template, body.get("data"))
        page = body.get("page")
        if page is not None and not self.has_page(str(page).partition("?")[0]):
            raise Refusal(41030, "invalid page")
        if self._credits[user.openid, template.template_id] < 1:
            raise Refusal(43101, "user refuse to accept the msg")
        if not template.is_long_term:
            self._credits[user.openid, template.template_id] -= 1
        message_id = next(self._numbers)
        message = Message(
            message_id=str(message_id),
            openid=user.openid,
            template_id=template.template_id,
            title=template.title,
            page=page,
            values=values,
            sent_at=self._clock.seconds(),
        )
        self.sent.append(message)
        return ok(msgid=message_id), message

    def has_page(self, page: str) -> bool:
        """Whether the published version has it; without a list of pages, any is there."""
        return not page.startswith("/") and (not self._pages or page in self._pages)

    def _values(self, template: Template, data: object) -> dict[str, str]:
        given = data if isinstance(data, dict) else {}
        values: dict[str, str] = {}
        for key in template.keys:
            item = given.get(key)
            value = item.get("value") if isinstance(item, dict) else None
            if not fits(key, value, template.choices.get(key, ())):
                raise Refusal(47003, f"argument invalid! data.{key}.value invalid")
            values[key] = str(value)
        if any(word in value for word in self._blocked_words for value in values.values()):
            raise Refusal(45168, "content contains a blocked word")
        return values
