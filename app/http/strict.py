"""What a route does not take is refused, not passed over: unknown parameters, what no text of the
house can hold, another content type.

One dependency of the whole application. Only the API is so strict: a public link, a probe or the
platform's push may carry what others have added.
"""

from typing import NamedTuple
from weakref import WeakKeyDictionary

from fastapi import Request, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.core.errors import FieldError, Invalid, UnsupportedMedia

API = "/api/"
JSON, FORM = "application/json", "multipart/form-data"


class Taken(NamedTuple):
    """The parameters a route reads from the query, and the content type of its body, if it has one."""

    parameters: frozenset[str]
    media: str | None


_known: WeakKeyDictionary[object, Taken] = WeakKeyDictionary()


async def only_what_is_taken(request: Request) -> None:
    """Nothing came that the route would not look at.

    Raises:
        Invalid: a parameter of the query that the route does not know, or a NUL in one.
        UnsupportedMedia: a body, and not in the form that the route reads.
    """
    if not request.url.path.startswith(API):
        return
    endpoint = request.scope["endpoint"]
    taken = _known.get(endpoint) or _known.setdefault(endpoint, _of(request.scope["route"]))
    unknown = [name for name in request.query_params if name not in taken.parameters]
    if unknown:
        raise Invalid(
            errors=tuple(
                FieldError(f"/{name[:80]}", "extra_forbidden", "不认识的参数") for name in unknown
            )
        )
    unstorable = [name for name, value in request.query_params.multi_items() if "\x00" in value]
    if unstorable:
        raise Invalid.field(f"/{unstorable[0]}", "bad_character", "含有不能保存的字符")
    if taken.media and _has_body(request) and not _is(request, taken.media):
        raise UnsupportedMedia(f"请以 {taken.media} 提交")


def _of(route: APIRoute) -> Taken:
    media = None
    if route.body_field is not None:
        media = FORM if isinstance(route.body_field.field_info, params.Form) else JSON
    return Taken(frozenset(_parameters(route.dependant)), media)


def _parameters(dependant: Dependant) -> set[str]:
    """Those of the route and of all that it depends on."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*map(_parameters, dependant.dependencies))


def _has_body(request: Request) -> bool:
    length = request.headers.get("content-length", "0")
    return length != "0" or "transfer-encoding" in request.headers


def _is(request: Request, media: str) -> bool:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return given == media
