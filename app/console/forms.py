"""Forms: what was typed goes to a service in the shape of the API, and what is refused comes back
beside its field, with everything that was typed.

A field is named as in the shape; inside another shape as in its JSON pointer (`place/building_id`,
`posts/0/duty`). Of a list of shapes the rows in which nothing was typed are left out, and a field with
the list's own name says that it is there.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from app.console.page import Refused, go, problem_of
from app.console.visit import Visit
from app.core.errors import Forbidden
from app.core.schemas import In

Shape = TypeVar("Shape", bound=In)

WHOLE = re.compile(r"-?[0-9]{1,9}")
ROW = re.compile(r"([a-z_]+)/([0-9]{1,3})/([a-z_]+)")
LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
ZONE = "+08:00"
FINAL = (401, 404)
MOST_FIELDS = 1_000


class Nothing(In):
    """A button without fields."""


@dataclass(slots=True)
class Form:
    """A form as it stands: which of the page's, what was typed by field, what is wrong with it, the
    code of the answer over HTTP, what came of it."""

    key: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    said: str = ""
    code: int = 200
    result: Any = None

    @property
    def is_refused(self) -> bool:
        """Nothing was changed; the form is to be shown again."""
        return self.code != 200

    def id(self, name: str) -> str:
        """Of a field; two forms of one page differ in their `key`."""
        return "-".join(filter(None, ("field", self.key, name.replace("/", "-"))))

    def value(self, name: str, otherwise: Any = "") -> str:
        """What was typed in a field, or else what it begins with."""
        if name in self.values:
            return self.values[name][-1]
        return "" if otherwise is None else str(otherwise)

    def chosen(self, name: str, otherwise: Any = ()) -> list[str]:
        """What was ticked in a field of many."""
        if self.values:
            return self.values.get(name, [])
        return [str(each) for each in otherwise]

    def rows(self, name: str) -> int:
        """How many rows of a list of shapes were typed."""
        return _count(self.values, name)

    def error(self, name: str) -> str:
        """What is wrong with a field."""
        return self.errors.get(name, "")


async def submit(
    visit: Visit,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
    *,
    key: str = "",
) -> Form:
    """What the request's form holds was given to `use` in a transaction of its own.

    Its answer is `result`. Refused, the form says why, and nothing was changed.

    Raises:
        Refused: there is no form to come back to: not there, not allowed, ours.
    """
    data = _closed_up(await visit.request.form(max_fields=MOST_FIELDS))
    form = Form(key, {name: [_text(each) for each in data.getlist(name)] for name in data})
    try:
        body = _read(shape, data)
        async with visit.sessions.begin() as session:
            form.result = await use(session, body)
    except Exception as error:  # noqa: BLE001 - said by the same handlers as in the API
        problem = await problem_of(visit.request, error)
        is_final = problem["status"] in FINAL or problem["status"] >= 500
        if is_final or problem["code"] == Forbidden.code:
            raise Refused(problem) from None
        _note(form, problem)
    return form


async def step(
    visit: Visit,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
    again: Callable[[Form], Awaitable[Response]],
    to: str,
    said: str,
    *,
    key: str = "",
) -> Response:
    """As `submit`; refused, the page `again`, done, on to the page `to`, which says `said`.

    Raises:
        Refused: there is no form to come back to: not there, not allowed, ours.
    """
    form = await submit(visit, shape, use, key=key)
    return await again(form) if form.is_refused else go(to, said)


def _closed_up(data: FormData) -> FormData:
    """The rows of lists are numbered anew, from 0 on, without those in which nothing was typed."""
    typed: dict[str, set[int]] = {}
    for name in data:
        if (row := ROW.fullmatch(name)) and _filled(data, name):
            typed.setdefault(row[1], set()).add(int(row[2]))
    places = {
        (name, number): place
        for name, numbers in typed.items()
        for place, number in enumerate(sorted(numbers))
    }
    kept: list[tuple[str, Any]] = []
    for name, given in data.multi_items():
        row = ROW.fullmatch(name)
        if row is None:
            kept.append((name, given))
        elif (place := places.get((row[1], int(row[2])))) is not None:
            kept.append((f"{row[1]}/{place}/{row[3]}", given))
    return FormData(kept)


def _read(shape: type[Shape], data: FormData) -> Shape:
    schema = shape.model_json_schema()
    given = _object(schema, schema.get("$defs", {}), data, "")
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        found = [each | {"loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(found, body=given) from None


def _object(
    schema: dict[str, Any], shapes: dict[str, Any], data: FormData, before: str
) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, inner in schema["properties"].items():
        kind = _kind(inner, shapes)
        full = before + name
        if kind.get("properties"):
            if any(each.startswith(full + "/") for each in data):
                given[name] = _object(kind, shapes, data, full + "/")
        elif kind.get("type") == "array":
            item = _kind(kind["items"], shapes)
            if full in data and item.get("properties"):
                given[name] = [
                    _object(item, shapes, data, f"{full}/{row}/")
                    for row in range(_count(data, full))
                ]
            elif full in data:
                given[name] = [_plain(each, item) for each in _filled(data, full)]
        elif filled := _filled(data, full):
            given[name] = _plain(filled[-1], kind)
    return given


def _count(names: Iterable[str], name: str) -> int:
    """How many rows of a list the names of fields speak of; these are closed up."""
    rows = (ROW.fullmatch(each) for each in names)
    return len({row[2] for row in rows if row is not None and row[1] == name})


def _kind(schema: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    """What a field may hold beside null."""
    if "anyOf" in schema:
        first = next(each for each in schema["anyOf"] if each.get("type") != "null")
        return _kind(first, shapes)
    if "$ref" in schema:
        found: dict[str, Any] = shapes[schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _filled(data: FormData, name: str) -> list[str]:
    """What was typed: an empty field is left out."""
    return [text for each in data.getlist(name) if (text := _text(each)) != ""]


def _text(value: Any) -> str:
    """Line ends as everywhere else; a file is no text."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _plain(text: str, kind: dict[str, Any]) -> Any:
    """As JSON would say it; what cannot be read stays as it is and is refused by the shape."""
    if kind.get("type") == "integer" and WHOLE.fullmatch(text):
        return int(text)
    if kind.get("type") == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind.get("format") == "date-time" and LOCAL.fullmatch(text):
        return text + ZONE
    return text


def _note(form: Form, problem: dict[str, Any]) -> None:
    form.code = problem["status"]
    for each in problem["errors"]:
        name = each["pointer"].removeprefix("/")
        form.errors.setdefault(re.sub(r"/[0-9]+$", "", name), each["message"])
    form.said = problem["title"] if form.errors else problem["detail"] or problem["title"]
