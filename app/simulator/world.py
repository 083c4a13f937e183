"""Everything that the simulated platform knows, in memory; it ends with the process.

Source: facts.md §12.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from app.simulator.clock import SimulatorClock
from app.simulator.content import ContentChecks
from app.simulator.faults import Faults
from app.simulator.messages import Message, Messages, Template
from app.simulator.pushes import PushSender
from app.simulator.tokens import TokenOffice
from app.simulator.users import User, Users


@dataclass(frozen=True, slots=True)
class Account:
    """The one mini-program; no `pages`: any page is published."""

    appid: str
    secret: str = field(repr=False)
    templates: Iterable[Template] = ()
    pages: Collection[str] = ()
    blocked_words: Collection[str] = ("屏蔽词",)


class World:
    """One account's platform."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.clock = SimulatorClock()
        self.pushes = PushSender(account.appid, self.clock)
        self.faults = Faults()
        self.calls: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """As just started: nobody, nothing sent, no fault, no callback."""
        account = self.account
        self.clock.reset()
        self.pushes.forget()
        self.faults.clear()
        self.calls.clear()
        self.tokens = TokenOffice(self.clock)
        self.users = Users(account.appid, self.clock)
        self.messages = Messages(
            self.clock, self.users, account.templates, account.pages, account.blocked_words
        )
        self.content = ContentChecks(account.appid, self.clock, self.users)

    def push_answer(self, user: User, template_id: str, answer: str, *, in_menu: bool) -> None:
        """Push what the user answered to the pop-up, or chose in the menu of notices."""
        event = "subscribe_msg_change_event" if in_menu else "subscribe_msg_popup_event"
        item = {"TemplateId": template_id, "SubscribeStatusString": answer}
        item |= {} if in_menu else {"PopupScene": "0"}
        self._push(event, user.openid, item)

    def push_sent(self, message: Message) -> None:
        """Push the final result of a send."""
        item = {
            "TemplateId": message.template_id,
            "MsgID": message.message_id,
            "ErrorCode": "0",
            "ErrorStatus": "success",
        }
        self._push("subscribe_msg_sent_event", message.openid, item)

    def _push(self, event: str, openid: str, item: dict[str, str]) -> None:
        self.pushes.later(
            {
                "ToUserName": "gh_0123456789ab",
                "FromUserName": openid,
                "CreateTime": str(self.clock.seconds()),
                "MsgType": "event",
                "Event": event,
                "List": [item],
            }
        )
