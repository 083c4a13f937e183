"""What a route does not take is refused at its door, before anything is looked up."""

from collections.abc import AsyncIterator, Callable

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.person import Person
from tests.factories.orders import make_order, make_seat

NOWHERE = "0192f000-0000-7000-8000-000000000000"
LOGIN = "/api/v1/sessions"
Headers = Callable[[Person], dict[str, str]]
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/api/v1/help?topic=x", "/topic"),
        (f"/api/v1/organizations/{NOWHERE}?limit=3", "/limit"),
        ("/api/v1/me?Limit=3", "/Limit"),
    ],
)
async def test_an_unknown_parameter_is_named(client: AsyncClient, path: str, pointer: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_parameter_that_no_text_can_hold_is_named(client: AsyncClient) -> None:
    path = f"/api/v1/organizations?parent_id={NOWHERE}&kind=a%00b"
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0] == {
        "pointer": "/kind",
        "code": "bad_character",
        "message": "含有不能保存的字符",
    }


async def test_parameters_of_a_route_and_of_what_it_depends_on_are_known(
    client: AsyncClient,
) -> None:
    query = "limit=1&cursor=abc&status=active&receipt_number=x"
    answer = await client.get(f"/api/v1/organizations/{NOWHERE}/registrations?{query}")
    assert answer.status_code == 401


async def test_who_has_nothing_to_say_sends_no_body(
    client: AsyncClient, session: AsyncSession, sign_in: Headers
) -> None:
    """No body is an empty object; `null` is none, and what is wanted is still wanted."""
    seat = await make_seat(session, await make_order(session))
    head = sign_in(await session.get_one(Person, seat.person_id))
    path = f"/api/v1/seats/{seat.id}"
    null = await client.post(f"{path}/release", content=b"null", headers=head | JSON)
    assert (null.status_code, null.json()["code"]) == (422, "invalid")
    assert (await client.post(f"{path}/release", headers=head)).json()["status"] == "released"
    marked = await client.post(f"{path}/mark", headers=head)
    assert (marked.status_code, marked.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("path", ["/health/live?x=1", "/v/ZAAAAAAAAAAAAAAAAA?from=chat"])
async def test_outside_the_api_others_may_add_what_they_like(
    client: AsyncClient, path: str
) -> None:
    assert (await client.get(path)).status_code in (200, 404)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "multipart/form-data"])
async def test_a_body_of_another_kind_is_refused(client: AsyncClient, kind: str) -> None:
    answer = await client.post(LOGIN, content=b"{}", headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_a_file_sent_as_json_is_refused(client: AsyncClient) -> None:
    answer = await client.post("/api/v1/imports/divisions", json={})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_may_say_its_charset(client: AsyncClient, kind: str) -> None:
    answer = await client.post(LOGIN, content=b"{}", headers={"content-type": kind})
    assert answer.json()["errors"][0]["code"] == "missing"


async def test_a_body_in_pieces_has_a_kind_too(client: AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{}"

    assert (await client.post(LOGIN, content=pieces())).status_code == 415


async def test_no_body_at_all_is_a_missing_one(client: AsyncClient) -> None:
    answer = await client.post(LOGIN)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "missing")
