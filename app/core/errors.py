"""Errors that a client can cause: each has its status, its stable code and its Chinese words."""

from typing import ClassVar, NamedTuple


class FieldError(NamedTuple):
    """One refused field: a JSON pointer into the payload, a stable code, and what to do about it."""

    pointer: str
    code: str
    message: str


class AppError(Exception):
    """The root: everything that becomes a problem document.

    `detail` is for people, in Chinese; it never holds what the client sent.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "系统出错，请稍后再试"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(self.code)
        self.detail, self.errors, self.retry_after = detail, errors, retry_after


class BadRequest(AppError):
    """The request as such is broken: no JSON, a cursor of another list."""

    status, code, title = 400, "bad_request", "请求格式不正确"


class Unauthorized(AppError):
    status, code, title = 401, "unauthorized", "请先登录"


class Forbidden(AppError):
    status, code, title = 403, "forbidden", "没有权限进行此操作"


class NotFound(AppError):
    status, code, title = 404, "not_found", "没有找到"


class MethodNotAllowed(AppError):
    status, code, title = 405, "method_not_allowed", "不支持这种请求方式"


class Conflict(AppError):
    status, code, title = 409, "conflict", "与现有数据冲突"


class Stale(Conflict):
    """The row was edited by somebody else since it was read."""

    code, title = "stale_version", "内容已被他人修改，请刷新后再试"


class TooLarge(AppError):
    status, code, title = 413, "too_large", "内容过大"


class UnsupportedMedia(AppError):
    status, code, title = 415, "unsupported_media_type", "不支持的文件或内容类型"


class Invalid(AppError):
    """The payload is understood and refused; `errors` names every field."""

    status, code, title = 422, "invalid", "填写内容有误"

    @classmethod
    def field(cls, pointer: str, code: str, message: str) -> "Invalid":
        """One refused field."""
        return cls(message, errors=(FieldError(pointer, code, message),))


class KeyReused(AppError):
    status, code, title = 422, "idempotency_key_reused", "同一请求编号用于不同内容"


class TooMany(AppError):
    """A limit of attempts; always says in how many seconds to come back."""

    status, code, title = 429, "too_many_requests", "操作过于频繁，请稍后再试"


class Unavailable(AppError):
    """A service that we lean on is away; nothing was changed."""

    status, code, title = 503, "unavailable", "服务暂时不可用，请稍后再试"
