"""One pure ASGI middleware: request id, security headers, timing, log line, metrics."""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from app.core import ids, logs
from app.core.errors import TooLarge
from app.http.problems import respond

log = logs.get("app.request")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

PLAIN = b"text/plain; charset=utf-8"
GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


class Meter:
    """The figures of one process for `/metrics`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "http_requests", "Answers", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "http_request_seconds", "Time to answer", ["route"], registry=self.registry
        )


class Edge:
    """Wraps the whole application; nothing inside it needs to know."""

    def __init__(self, app: App, meter: Meter) -> None:
        self.app, self.meter = app, meter

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        given = dict(scope["headers"])
        request_id = given.get(b"x-request-id", b"")
        if not GIVEN_ID.fullmatch(request_id):
            request_id = ids.new_id().hex.encode()
        logs.request_id.set(request_id.decode())
        logs.actor_id.set(None)
        status, is_replaced = 500, False

        async def send_marked(message: Message) -> None:
            nonlocal status, is_replaced
            if is_replaced:
                return
            if message["type"] == "http.response.start":
                if message["status"] == 413 and (b"content-type", PLAIN) in message["headers"]:
                    # Starlette's limiter answers in plain text; its body message is dropped
                    await respond(TooLarge())(scope, receive, send_marked)
                    is_replaced = True
                    return
                status = message["status"]
                mine = [(b"x-request-id", request_id), *HEADERS]
                theirs = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in mine if header[0] not in theirs),
                ]
            await send(message)

        try:
            await self.app(scope, receive, send_marked)
        finally:
            took = time.perf_counter() - began
            route = getattr(scope.get("route"), "path_format", None) or "unmatched"
            self.meter.requests.labels(scope["method"], route, status).inc()
            self.meter.seconds.labels(route).observe(took)
            log.info(
                "request.answered",
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(took * 1000, 1),
            )
