"""Errors as problem documents (RFC 9457): one body for every answer over 399.

`code` is for programs and never changes; `title` and `detail` are for people. What was refused is
never echoed.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from asyncpg import InterfaceError, InternalClientError, PostgresError
from asyncpg.exceptions import IntegrityConstraintViolationError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

from app.core import errors, logs
from app.core.errors import AppError, FieldError

log = logs.get(__name__)

MEDIA_TYPE = "application/problem+json"

# What a person reads when Pydantic refuses a field, by Pydantic's error type.
MESSAGES: Mapping[str, str] = {
    "missing": "必填",
    "extra_forbidden": "不认识的字段",
    "string_type": "应为文字",
    "string_too_short": "内容过短",
    "string_too_long": "内容过长",
    "string_pattern_mismatch": "格式不正确",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "int_parsing": "应为整数",
    "bool_type": "应为是或否",
    "bool_parsing": "应为是或否",
    "enum": "不在可选范围内",
    "literal_error": "不在可选范围内",
    "greater_than_equal": "数值过小",
    "less_than_equal": "数值过大",
    "timezone_aware": "时间须带时区",
    "text_required": "应为文字形式",
    "bad_character": "含有不能保存的字符",
    "uuid_parsing": "编号格式不正确",
    "uuid_type": "编号格式不正确",
    "date_from_datetime_parsing": "日期格式不正确",
    "date_parsing": "日期格式不正确",
    "datetime_from_date_parsing": "时间格式不正确",
    "datetime_parsing": "时间格式不正确",
    "json_invalid": "不是有效的 JSON",
    "too_long": "项目过多",
    "too_short": "项目过少",
    "model_attributes_type": "应为对象",
    "dict_type": "应为对象",
    "list_type": "应为列表",
}
UNKNOWN = "格式不正确"
NO_VALUE = "none_required"  # of what may be left out: that there was a value is not what is wrong
# Why a body could not even be read, by what the reader stumbled over.
UNREADABLE: Mapping[type[Exception], tuple[str, str]] = {
    UnicodeDecodeError: ("bad_encoding", "文字编码不是 UTF-8"),
    RecursionError: ("too_deep", "层次过深"),
    ValueError: ("number_too_long", "数字过长"),
}
# No connection, no room, told to stop, a deadlock, a lock that was waited for too long.
AT_ONCE_AWAY = (PoolTimeout, TimeoutError, OSError, InternalClientError)
AWAY = ("08", "53", "57", "40", "55P03")


class FieldProblem(BaseModel):
    """One refused field."""

    pointer: Annotated[str, Field(description="JSON pointer into the payload, or the parameter.")]
    code: str
    message: Annotated[str, Field(description="Chinese, to be shown beside the field.")]


class Problem(BaseModel):
    """Why a request was refused; nothing was changed by it."""

    type: Annotated[str, Field(examples=["/problems/not_found"])]
    title: Annotated[str, Field(description="Chinese, short.", examples=["没有找到"])]
    status: int
    detail: Annotated[str, Field(description="Chinese, may be empty.")]
    code: Annotated[str, Field(description="Stable, for programs.", examples=["not_found"])]
    errors: list[FieldProblem]
    request_id: str | None


def answers(*kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may raise `kinds`; 422 and 429 go without saying."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = by_status.setdefault(kind.status, {"model": Problem, "description": ""})
        entry["description"] = "、".join(filter(None, (entry["description"], f"`{kind.code}`")))
    for entry in by_status.values():
        entry["content"] = {MEDIA_TYPE: {}}
    return by_status


def install(
    app: FastAPI,
    constraints: Mapping[str, type[AppError]],
    methods: Mapping[str, str] | None = None,
) -> None:
    """Every error of `app` becomes a problem.

    `constraints` maps a violated constraint to an error, `methods` a path to what it takes.
    """

    async def on_integrity(request: Request, error: Exception) -> JSONResponse:
        driver = getattr(error.__cause__, "__cause__", None) or error
        kind = constraints.get(getattr(driver, "constraint_name", None) or "")
        return respond(kind()) if kind else await on_bug(request, error)

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        """What Starlette and FastAPI raise themselves."""
        assert isinstance(error, HTTPException)  # noqa: S101 - narrows the type
        answer = respond(_as_ours(error))
        answer.headers.update(error.headers or {})
        if "Allow" in answer.headers:
            path = getattr(request.scope.get("route"), "path_format", "")
            answer.headers["Allow"] = (methods or {}).get(path, answer.headers["Allow"])
        return answer

    app.add_exception_handler(AppError, on_app_error)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(IntegrityError, on_integrity)
    app.add_exception_handler(IntegrityConstraintViolationError, on_integrity)
    app.add_exception_handler(StaleDataError, on_stale)
    for kind in (DBAPIError, PostgresError, InterfaceError, *AT_ONCE_AWAY):
        app.add_exception_handler(kind, on_database)
    app.add_exception_handler(Exception, on_bug)


def methods_of(routes: Iterable[BaseRoute]) -> dict[str, str]:
    """What each path takes, over all its routes, as `Allow` says it."""
    found: dict[str, set[str]] = {}
    for route in (each for each in routes if isinstance(each, Route)):
        found.setdefault(route.path_format, set()).update(route.methods or ())
    return {path: ", ".join(sorted(each)) for path, each in found.items()}


def respond(error: AppError) -> JSONResponse:
    """The answer that says `error`."""
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "errors": [entry._asdict() for entry in error.errors],
        "request_id": logs.request_id.get(),
    }
    return JSONResponse(body, error.status, headers, MEDIA_TYPE)


async def on_app_error(_: Request, error: Exception) -> JSONResponse:
    """Our own errors carry all that is said."""
    assert isinstance(error, AppError)  # noqa: S101 - narrows the type
    return respond(error)


async def on_validation(_: Request, error: Exception) -> JSONResponse:
    """Refused shapes: where, and why in Chinese; never the input."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the type
    refused: dict[str, FieldError] = {}
    for found in error.errors():
        place, code = pointer(_in_payload(found, error.body)), found["type"]
        if code == NO_VALUE:
            continue
        refused.setdefault(place, FieldError(place, code, MESSAGES.get(code, UNKNOWN)))
    return respond(errors.Invalid(errors=tuple(refused.values())))


def _in_payload(found: Mapping[str, Any], body: Any) -> tuple[int | str, ...]:
    """Where in the payload: without the names of the forms, one of which a value might have had."""
    place: tuple[int | str, ...] = found["loc"]
    if place[0] != "body" or body is None:
        return place
    inside, kept = body, list(place[:1])
    for at, part in enumerate(place[1:], 1):
        is_there = (
            part in inside
            if isinstance(inside, Mapping)
            else isinstance(inside, list) and isinstance(part, int)
        )
        is_missing = found["type"] == "missing" and at == len(place) - 1
        if is_there or is_missing:
            kept.append(part)
            inside = inside[part] if is_there else None
    return tuple(kept)


def pointer(place: tuple[int | str, ...]) -> str:
    """A JSON pointer, without the part that only says "body" or "query"."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place[1:])


def _as_ours(error: HTTPException) -> AppError:
    kinds = {
        404: errors.NotFound,
        405: errors.MethodNotAllowed,
        413: errors.TooLarge,
        415: errors.UnsupportedMedia,
    }
    if error.status_code in kinds:
        return kinds[error.status_code]()
    if error.status_code != 400:
        return errors.BadRequest()
    code, message = next(
        (said for kind, said in UNREADABLE.items() if isinstance(error.__cause__, kind)),
        ("unreadable", "内容无法读取"),
    )
    return errors.BadRequest(message, errors=(FieldError("", code, message),))


async def on_stale(_: Request, __: Exception) -> JSONResponse:
    """An edit on a version that is no longer the last one."""
    return respond(errors.Stale())


async def on_database(request: Request, error: Exception) -> JSONResponse:
    """The database is away, or a statement waited too long: try again. Else a bug."""
    if not _is_away(error):
        return await on_bug(request, error)
    log.warning("database.unavailable", error=type(error).__name__)
    return respond(errors.Unavailable(retry_after=2))


def _is_away(error: BaseException | None) -> bool:
    """Whether the error, or one behind it, says that the database is gone, full or too slow."""
    while error is not None:
        code = getattr(error, "sqlstate", None) or ""
        if (
            isinstance(error, AT_ONCE_AWAY)
            or getattr(error, "connection_invalidated", False)
            or (isinstance(error, InterfaceError) and "clos" in str(error))
            or code.startswith(AWAY)
        ):
            return True
        error = error.__cause__
    return False


async def on_bug(_: Request, error: Exception) -> JSONResponse:
    """Ours; the log has the places, the client learns nothing."""
    log.error("request.failed", exc_info=error)
    return respond(AppError())
