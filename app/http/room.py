"""A room's router: what holds for every door of the house is said here, once.

The application takes the routes of its rooms flat, without FastAPI's nested inclusion, which holds a
request against one router after the other.
"""

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Body, Depends
from fastapi.routing import APIRoute
from pydantic import ValidationError

from app.core.errors import Invalid, TooMany
from app.core.schemas import In
from app.http import problems, strict


class Room(APIRouter):
    """An `APIRouter` with the house's strictness, its common refusals and its names."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            dependencies=[Depends(strict.only_what_is_taken)],
            responses=problems.answers(Invalid, TooMany),
            generate_unique_id_function=_name,
            **options,
        )

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """As FastAPI's; who has nothing to say to a POST need not send an empty object."""
        if "POST" in (options.get("methods") or ()) and _let_out(endpoint):
            said = options.get("openapi_extra") or {}
            options["openapi_extra"] = said | {"requestBody": {"required": False}}
        super().add_api_route(path, endpoint, **options)


def _name(route: APIRoute) -> str:
    return route.name


def _let_out(endpoint: Callable[..., Any]) -> bool:
    """A body of which every field may be left out may be left out itself, and is `{}` then.

    Whether the endpoint takes such a one.
    """
    signature = inspect.signature(endpoint)
    shapes = {
        name: each.annotation
        for name, each in signature.parameters.items()
        if _takes_nothing(each.annotation)
    }
    if not shapes:
        return False
    given = [  # by name, for one with a default may stand before one without
        each.replace(kind=each.KEYWORD_ONLY, default=Body(default_factory=shapes[name]))
        if name in shapes
        else each.replace(kind=each.KEYWORD_ONLY)
        for name, each in signature.parameters.items()
    ]
    vars(endpoint)["__signature__"] = signature.replace(parameters=given)  # what FastAPI reads
    return True


def _takes_nothing(shape: Any) -> bool:
    if not (inspect.isclass(shape) and issubclass(shape, In)):
        return False
    try:
        shape()
    except ValidationError:
        return False
    return True
