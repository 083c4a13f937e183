"""Every refusal is a problem document that names the field and echoes nothing."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from asyncpg.exceptions import (
    AdminShutdownError,
    CannotConnectNowError,
    ConnectionDoesNotExistError,
    DataError,
    InterfaceError,
    QueryCanceledError,
    TooManyConnectionsError,
    UndefinedTableError,
    UniqueViolationError,
)
from fastapi import FastAPI, HTTPException, UploadFile
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from structlog.testing import capture_logs

from app.core import errors
from app.core.schemas import In, Text, Whole
from app.http import problems
from app.http.late import LateRoute
from app.http.middleware import Edge, Meter
from app.models.organization import Organization
from tests.factories.organizations import make_community


class Thing(In):
    words: Annotated[str, Text(10)]
    number: Annotated[int, Whole(1, 3)] = 1


class Driver(Exception):
    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


def caused(error: Exception, **fields: Any) -> Exception:
    """As SQLAlchemy raises it: our error, from the adapter's, from the driver's."""
    adapter = Exception()
    adapter.__cause__ = Driver(**fields)
    error.__cause__ = adapter
    return error


def violated(name: str) -> Exception:
    """As the driver raises it on our own connections."""
    error = UniqueViolationError()
    error.__dict__["constraint_name"] = name
    return error


class Taken(errors.Conflict):
    code, title = "taken", "已被占用"


RAISED: dict[str, Exception] = {
    "gone": errors.NotFound(),
    "slow": errors.TooMany(retry_after=7),
    "http-404": HTTPException(404),
    "http-418": HTTPException(418),
    "stale": StaleDataError(),
    "known": caused(IntegrityError("s", None, Exception()), constraint_name="uq_known"),
    "unknown": caused(IntegrityError("s", None, Exception()), constraint_name="uq_other"),
    "lock": caused(DBAPIError("s", None, Exception()), sqlstate="55P03"),
    "away": DBAPIError("s", None, Exception(), connection_invalidated=True),
    "syntax": caused(DBAPIError("s", None, Exception()), sqlstate="42601"),
    "canceled": QueryCanceledError(),
    "starting": CannotConnectNowError(),
    "cut": ConnectionDoesNotExistError(),
    "crowded": TooManyConnectionsError(),
    "shut": AdminShutdownError(),
    "closed": InterfaceError("connection is closed"),
    "no socket": FileNotFoundError(),
    "refused": ConnectionRefusedError(),
    "ours": InterfaceError("another operation is in progress"),
    "bad value": DataError("invalid input for query argument $1: 13800138000"),
    "no table": UndefinedTableError(),
    "driver known": violated("uq_known"),
    "driver unknown": violated("uq_other"),
    "stranger": errors.Unauthorized(),
    "bug": RuntimeError("13800138000"),
}


@pytest.fixture
async def wire() -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    app.router.route_class = LateRoute
    problems.install(app, {"uq_known": Taken}, {"/things": "GET, POST"})

    @app.post("/things")
    async def make(body: Thing) -> dict[str, str]:
        return {"words": body.words}

    @app.post("/files")
    async def take(file: UploadFile) -> None:
        raise AssertionError

    @app.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise RAISED[name]

    @app.get("/timeout")
    async def time_out() -> None:
        raise DBAPIError("s", None, Exception()) from TimeoutError()

    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=6000)
    app.add_middleware(Edge, meter=Meter())
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/words", "missing"),
        ({"words": "x", "other": 1}, "/other", "extra_forbidden"),
        ({"words": "x", "number": False}, "/number", "int_type"),
        ({"words": "x", "number": 9}, "/number", "less_than_equal"),
        ({"words": "x" * 11}, "/words", "string_too_long"),
        ([], "", "model_attributes_type"),
    ],
)
async def test_a_refused_field_is_named(
    wire: AsyncClient, body: object, pointer: str, code: str
) -> None:
    answer = await wire.post("/things", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    found = answer.json()
    assert (found["errors"][0]["pointer"], found["errors"][0]["code"]) == (pointer, code)
    assert found["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"{", 422, "json_invalid"),
        (b'{"words": NaN}', 422, "string_type"),
        (b"", 422, "missing"),
        (b"[" * 100, 422, "json_invalid"),
        (b"\xff", 400, "bad_encoding"),
        (b"[" * 999, 400, "too_deep"),
        (b'{"number": ' + b"1" * 5000 + b"}", 400, "number_too_long"),
    ],
)
async def test_a_broken_body_is_a_problem_without_an_echo(
    wire: AsyncClient, body: bytes, status: int, reason: str
) -> None:
    answer = await wire.post("/things", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    (error,) = answer.json()["errors"][:1]
    assert (error["code"], bool(error["message"])) == (reason, True)
    assert "input" not in answer.text


async def test_a_broken_form_is_a_problem_with_a_reason(wire: AsyncClient) -> None:
    answer = await wire.post(
        "/files", content=b"xx", headers={"content-type": "multipart/form-data; boundary=a"}
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unreadable")


async def test_an_oversized_body_is_refused_with_and_without_a_length(wire: AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 3000

    said = await wire.post("/things", content=b"x" * 6001)
    hidden = await wire.post(
        "/things", content=chunks(), headers={"content-type": "application/json"}
    )
    assert [(a.status_code, a.json()["code"]) for a in (said, hidden)] == [(413, "too_large")] * 2


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("gone", 404, "not_found"),
        ("slow", 429, "too_many_requests"),
        ("http-404", 404, "not_found"),
        ("http-418", 400, "bad_request"),
        ("stale", 409, "stale_version"),
        ("known", 409, "taken"),
        ("unknown", 500, "internal"),
        ("lock", 503, "unavailable"),
        ("away", 503, "unavailable"),
        ("syntax", 500, "internal"),
        *(
            (name, 503, "unavailable")
            for name in (
                *("canceled", "starting", "cut", "crowded", "shut", "closed"),
                *("no socket", "refused"),
            )
        ),
        *((name, 500, "internal") for name in ("ours", "bad value", "no table")),
        ("driver known", 409, "taken"),
        ("driver unknown", 500, "internal"),
        ("stranger", 401, "unauthorized"),
        ("bug", 500, "internal"),
    ],
)
async def test_each_error_has_its_answer(
    wire: AsyncClient, name: str, status: int, code: str
) -> None:
    answer = await wire.get(f"/raise/{name}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "13800138000" not in answer.text


async def test_a_time_out_below_is_a_503_that_says_when_to_come_back(wire: AsyncClient) -> None:
    answer = await wire.get("/timeout")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_too_many_says_when_to_come_back(wire: AsyncClient) -> None:
    assert (await wire.get("/raise/slow")).headers["retry-after"] == "7"


async def test_an_unknown_path_and_a_wrong_method_are_problems(wire: AsyncClient) -> None:
    assert (await wire.get("/nowhere")).json()["code"] == "not_found"
    wrong = await wire.get("/things")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, POST"
    assert (await wire.put("/raise/bug")).headers["allow"] == "GET"


async def test_who_is_not_known_hears_how_to_be(wire: AsyncClient) -> None:
    assert (await wire.get("/raise/stranger")).headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ["starting", "closed", "no socket", "away"])
async def test_a_database_that_is_away_is_no_bug(wire: AsyncClient, name: str) -> None:
    with capture_logs() as logged:
        answer = await wire.get(f"/raise/{name}")
    assert answer.headers["retry-after"] == "2"
    assert [line["log_level"] for line in logged if line["event"] != "request.answered"] == [
        "warning"
    ]


async def test_a_real_violated_constraint_finds_its_error(
    session: AsyncSession, app: FastAPI
) -> None:
    community = await make_community(session)
    twin = Organization(
        parent_id=community.parent_id,
        lineage=community.lineage,
        kind=community.kind,
        name=community.name,
        opened_on=community.opened_on,
    )
    session.add(twin)
    with pytest.raises(IntegrityError) as caught:
        await session.flush()
    name = caught.value.__cause__.__cause__.constraint_name  # type: ignore[union-attr]
    assert name == "uq_organizations_name_under"
    await session.rollback()
    assert await session.scalar(select(Organization.id).where(Organization.id == twin.id)) is None


def test_declared_answers_of_one_status_are_joined() -> None:
    found = problems.answers(errors.Conflict, errors.Stale, errors.NotFound)
    assert found[409]["description"] == "`conflict`、`stale_version`"
