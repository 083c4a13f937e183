"""A room's router: what holds for every door of the house is said here, once.

The application takes the routes of its rooms flat, without FastAPI's nested inclusion, which holds a
request against one router after the other.
"""

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from app.core.errors import Invalid, TooMany
from app.http import problems, strict
from app.http.late import LateRoute


class Room(APIRouter):
    """An `APIRouter` with the house's strictness, its common refusals and its names."""

    def __init__(self, *, route_class: type[APIRoute] = LateRoute, **options: Any) -> None:
        super().__init__(
            dependencies=[Depends(strict.only_what_is_taken)],
            responses=problems.answers(Invalid, TooMany),
            generate_unique_id_function=_name,
            route_class=route_class,
            **options,
        )


def _name(route: APIRoute) -> str:
    return route.name
