"""The edge, in pure ASGI: request id, security headers, timing, log line, metrics; the body limit."""

import re
import time
from collections.abc import Mapping
from functools import cache
from secrets import token_hex

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import logs
from app.core.errors import TooLarge
from app.core.replica import Answered
from app.http.problems import respond

log = logs.get("app.request")

PLAIN = b"text/plain; charset=utf-8"
GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}


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
        self.report_reads = Counter(
            "report_reads",
            "Statements of reports and statistics, by who answered: replica, or the primary because "
            "the replica lagged or was down",
            ["answered_by"],
            registry=self.registry,
        )
        self._of = cache(
            lambda method, route, status: (
                self.requests.labels(method, route, status),
                self.seconds.labels(route),
            )
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One more answer; the labels are looked up once for each combination."""
        answers, times = self._of(method, route, status)
        answers.inc()
        times.observe(seconds)

    def count_report_read(self, answered: Answered) -> None:
        """One more statement that a replica might answer."""
        self.report_reads.labels(answered).inc()


class BodyLimit(RequestBodyLimitMiddleware):
    """Starlette's limit, for requests that have a body: without either header there is none."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what announces no body. Source: RFC 9112 §6.3."""
        if scope["type"] != "http" or BODY_HEADERS.isdisjoint(name for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Edge:
    """Wraps the whole application; nothing inside it needs to know."""

    def __init__(
        self, app: ASGIApp, meter: Meter, policies: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        """`policies`: more headers for every answer below a path."""
        self.app, self.meter = app, meter
        self.policies = {
            path: HEADERS | {name.encode(): value.encode() for name, value in headers.items()}
            for path, headers in (policies or {}).items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        given = dict(scope["headers"])
        if scope["method"] == "POST" and given.get(b"x-http-method-override") == b"PATCH":
            scope["method"] = "PATCH"  # a mini-program's wx.request cannot say it
        request_id = given.get(b"x-request-id", b"")
        if not GIVEN_ID.fullmatch(request_id):
            request_id = token_hex(16).encode()
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
                mine = {b"x-request-id": request_id, **self._policy(scope["path"])}
                for name, _ in message["headers"]:
                    mine.pop(name.lower(), None)
                message["headers"] = [*message["headers"], *mine.items()]
            await send(message)

        try:
            await self.app(scope, receive, send_marked)
        finally:
            took = time.perf_counter() - began
            route = getattr(scope.get("route"), "path_format", None) or "unmatched"
            self.meter.count(scope["method"], route, status, took)
            log.info(
                "request.answered",
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(took * 1000, 1),
            )

    def _policy(self, path: str) -> dict[bytes, bytes]:
        for below, headers in self.policies.items():
            if path.startswith(below):
                return headers
        return HEADERS
