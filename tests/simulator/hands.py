"""What tests do to the running simulator, and the fixtures that give it to them."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from app.simulator.app import create_simulator
from app.simulator.messages import Template
from tests.simulator.server import serving

APPID = "wx0123456789abcdef"
SECRET = "fixture-secret-0123456789abcdef"
TEMPLATE = "tmplFixture0001"
LONG_TERM = "tmplFixture0002"
PAGE = "pages/task/detail"
PHONE = "13800138000"


class Hands:
    """The operator's controls over HTTP."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url, self.http = url, http

    async def ask(self, verb: str, path: str, body: Any = None) -> Any:
        """One control; its answer."""
        answer = await self.http.request(verb, f"/_sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def fault(self, kind: str = "errcode", **fields: Any) -> None:
        """Switch a fault on."""
        await self.ask("POST", "faults", {"kind": kind, **fields})

    async def calls(self, path: str) -> int:
        """How often a path was called."""
        return int((await self.ask("GET", "calls")).get(path, 0))

    async def codes(self, phone: str = PHONE) -> dict[str, str]:
        """openid, login_code and phone_code of the owner of a phone."""
        found: dict[str, str] = await self.ask("POST", "codes", {"phone": phone})
        return found

    async def pass_time(self, seconds: float) -> None:
        """On the platform's clock."""
        await self.ask("POST", "clock", {"seconds": seconds})

    async def accept(self, openid: str, template_id: str = TEMPLATE, **fields: Any) -> None:
        """The user answers the pop-up."""
        body = {"openid": openid, "template_id": template_id, **fields}
        await self.ask("POST", "credits", body)


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    """The address of one simulator for all tests of this worker."""
    templates = (
        Template(template_id=TEMPLATE, title="任务提醒", keys=["thing1", "time2", "phrase3"]),
        Template(template_id=LONG_TERM, title="办理进度", keys=["thing1"], is_long_term=True),
    )
    app = create_simulator(appid=APPID, secret=SECRET, templates=templates, pages=[PAGE])
    with serving(app) as url:
        yield url


@pytest.fixture
async def simulator(simulator_url: str) -> AsyncIterator[Hands]:
    """The simulator as just started."""
    async with httpx.AsyncClient(
        base_url=simulator_url, trust_env=False, timeout=20, verify=False
    ) as http:
        hands = Hands(simulator_url, http)
        await hands.ask("POST", "reset")
        yield hands
        await hands.ask("POST", "reset")
