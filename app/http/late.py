"""A route that FastAPI makes ready when it is first needed: by a request, or by the contract.

Made ready at once, six hundred routes take every process three seconds to start and 25 MB, of which it
uses a part: fields with a validator and a serializer each, for every parameter, body and refusal.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from threading import RLock
from typing import Annotated, Any, get_origin

from fastapi import Body
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.routing import compile_path, get_name

from app.core.schemas import In

# FastAPI asks of every annotation whether Pydantic's first version made it, and would load that, a
# megabyte, to find out that it did not. What is None here cannot be imported.
sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]

_turn = RLock()
# The field of each shape that `responses=` names: one for all routes.
_refusals: dict[Any, Any] = {}
# What a router hands on of a route that says nothing of it, and holds anyway.
_UNSAID = {name: each.default for name, each in inspect.signature(APIRoute).parameters.items()}


class LateRoute(APIRoute):
    """Until it is needed, no more than what the router looks at; then as FastAPI's.

    Who has nothing to say to a POST need not send an empty object.
    """

    _options: dict[str, Any] | None = None

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.path, self.endpoint = path, endpoint
        self.name = options.get("name") or get_name(endpoint)
        self.methods = {method.upper() for method in options.get("methods") or ("GET",)}
        self.include_in_schema = options.get("include_in_schema", True)
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self._options = {name: said for name, said in options.items() if said != _UNSAID.get(name)}

    def __getattr__(self, name: str) -> Any:
        """Whatever else FastAPI gives to a route, with all of it."""
        with _turn:
            if self._options is not None:
                options, self._options = self._options, None
                self._make_ready(options)
        return object.__getattribute__(self, name)

    def _make_ready(self, options: dict[str, Any]) -> None:
        if "POST" in (self.methods or ()) and _let_out(self.endpoint):
            said = options.get("openapi_extra") or {}
            options["openapi_extra"] = said | {"requestBody": {"required": False}}
        _build(options.get("response_model"), *_shapes(self.endpoint))
        responses = options.get("responses") or {}
        new = {
            status: answer
            for status, answer in responses.items()
            if answer.get("model") not in _refusals
        }
        super().__init__(self.path, self.endpoint, **options | {"responses": new})
        _refusals.update(
            {responses[at]["model"]: field for at, field in self.response_fields.items()}
        )
        self.responses = responses
        self.response_fields = {
            status: _refusals[answer["model"]]
            for status, answer in responses.items()
            if "model" in answer
        }


def _shapes(endpoint: Callable[..., Any]) -> Iterator[Any]:
    for each in inspect.signature(endpoint).parameters.values():
        yield (
            each.annotation.__origin__
            if get_origin(each.annotation) is Annotated
            else each.annotation
        )


def _build(*shapes: Any) -> None:
    """These are built, and their adapters are not put off: FastAPI silences what they would warn of."""
    for shape in shapes:
        if inspect.isclass(shape) and issubclass(shape, BaseModel):
            shape.model_rebuild()
            shape.model_config["defer_build"] = False


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
