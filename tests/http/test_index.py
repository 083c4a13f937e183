"""A route is found by the form of its path, and is the one that trying all of them finds."""

import re
from uuid import uuid4

from fastapi import FastAPI
from starlette.routing import Match, Route
from starlette.types import Scope

from app.http.index import Index


def asked(method: str, path: str) -> Scope:
    return {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}


def index(house: FastAPI) -> Index:
    (found,) = (route for route in house.router.routes if isinstance(route, Index))
    return found


def test_every_route_that_the_index_finds_is_the_one_that_trying_finds(house: FastAPI) -> None:
    routes = [route for route in house.router.routes if isinstance(route, Route)]
    found = 0
    for route in (each for each in routes if each.name != "openapi"):  # FastAPI's own, before ours
        path = re.sub(r"\{\w+\}", lambda _: str(uuid4()), route.path_format)
        for method in route.methods or ():
            scope = asked(method, path)
            match, mine = index(house).matches(scope)
            tried = next(each for each in routes if each.matches(scope)[0] is Match.FULL)
            assert (match, mine["route"]) == (Match.FULL, tried)
            assert mine["path_params"] == tried.matches(scope)[1]["path_params"]
            found += 1
    assert found > 500


def test_what_it_does_not_know_is_left_to_the_routes(house: FastAPI) -> None:
    for scope in (
        asked("GET", "/api/v1/nothing/here"),
        asked("PUT", "/api/v1/me/home"),
        asked("GET", "/api/v1/orders/mine"),
        {"type": "lifespan"},
    ):
        assert index(house).matches(scope) == (Match.NONE, {})
