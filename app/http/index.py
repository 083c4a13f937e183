"""Finds a route by the form of its path, in place of trying some six hundred one after the other.

A path whose parameters are all ids, as most are, has one form: `/api/v1/orders/*`. The index stands in
front of the routes as one of them; what it does not know is found by trying. See `bench/`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAME = re.compile(r"\{(\w+)\}")


class Index(BaseRoute):
    """The routes of an application by the form of their paths."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        """`routes` in their order: of two with one form the first that takes the method is found."""
        self._routes: dict[str, list[Route]] = defaultdict(list)
        for route in (each for each in routes if isinstance(each, Route)):
            self._routes[NAME.sub("*", route.path_format)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The scope of the route that takes this path and method, or nothing."""
        if scope["type"] == "http":
            for route in self._routes.get(ID.sub("*", scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, {**found, "route": route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The route that was found answers."""
        await scope["route"].handle(scope, receive, send)
