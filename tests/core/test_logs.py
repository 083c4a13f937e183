"""Log lines: JSON, with the request and the actor, never what a user typed."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.core import logs


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[object]:
    before = logging.getLogger().handlers[:]
    logs.configure("INFO")
    yield capsys
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel("WARNING")


def read(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.usefixtures("lines")
def test_a_line_is_an_event_with_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    token, who = logs.request_id.set("r-1"), logs.actor_id.set(UUID(int=1))
    logs.get("app.x").info("order.moved", order_id="o-1")
    logs.request_id.reset(token)
    logs.actor_id.reset(who)
    (line,) = read(capsys)
    assert (line["event"], line["order_id"]) == ("order.moved", "o-1")
    said = datetime.fromisoformat(str(line["timestamp"]))
    assert timedelta() <= datetime.now(UTC) - said < timedelta(minutes=1)
    assert (line["request_id"], line["actor_id"]) == ("r-1", str(UUID(int=1)))


@pytest.mark.usefixtures("lines")
def test_an_exception_is_logged_as_type_and_places(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    try:
        raise ValueError("13800138000")
    except ValueError as error:
        logs.get("app.x").warning("failed", exc_info=error)
        logs.get("app.x").error("failed", exc_info=True)
        logging.getLogger("other").exception("failed")
    logs.get("app.x").warning("failed", exc_info=False)
    shown = read(capsys)
    assert [line.get("error") for line in shown] == ["ValueError"] * 3 + [None]
    assert "13800138000" not in json.dumps(shown)


@pytest.mark.usefixtures("lines")
def test_below_the_level_nothing_is_said_and_httpx_never_says_urls(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("INFO")
    logs.get("app.x").debug("quiet")
    logging.getLogger("httpx").info("GET https://x/?secret=s")
    assert read(capsys) == []
