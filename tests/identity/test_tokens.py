"""Access tokens: only ours, only fresh, only of living people."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from httpx import AsyncClient
from jose import jwt
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.http.actors import Tokens
from app.main import tokens
from app.models.person import Person
from tests.conftest import make_settings
from tests.factories.people import make_person

OLD, NEW = (
    SecretStr("the-secret-of-last-year-0123456789"),
    SecretStr("the-secret-of-this-year-0123456789"),
)


async def status_of(client: AsyncClient, token: str) -> tuple[int, str]:
    answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("code", "")


REFUSED = (401, "unauthorized")


def claims_of(person: Person, **more: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    return {"sub": str(person.id), "iat": now, "exp": now + 600, "use": "access"} | more


def key_of(app: FastAPI) -> tuple[str, bytes]:
    keys: dict[str, bytes] = app.state.settings.token_keys()
    return next(iter(keys.items()))


def part(fields: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


async def test_our_own_token_is_read(
    client: AsyncClient, session: AsyncSession, sign_in: Callable[[Person], dict[str, str]]
) -> None:
    person = await make_person(session)
    answer = await client.get("/api/v1/me", headers=sign_in(person))
    assert answer.status_code == 200
    assert answer.json()["id"] == str(person.id)


async def test_without_a_token_or_with_another_scheme_nobody_is_signed_in(
    client: AsyncClient,
) -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer "}):
        assert (await client.get("/api/v1/me", headers=headers)).status_code == 401


async def test_the_previous_key_still_verifies_and_no_longer_signs(
    app: FastAPI, client: AsyncClient, session: AsyncSession
) -> None:
    person = await make_person(session)
    before = tokens(make_settings("", secret_key=OLD))
    app.state.tokens = tokens(make_settings("", secret_key=NEW, previous_secret_key=OLD))
    assert (await status_of(client, before.sign(person.id)))[0] == 200
    header = jwt.get_unverified_header(app.state.tokens.sign(person.id))
    assert header["kid"] != jwt.get_unverified_header(before.sign(person.id))["kid"]
    app.state.tokens = tokens(make_settings("", secret_key=NEW))
    assert await status_of(client, before.sign(person.id)) == REFUSED


async def test_a_token_without_a_signature_is_refused(
    app: FastAPI, client: AsyncClient, session: AsyncSession
) -> None:
    person = await make_person(session)
    kid, _ = key_of(app)
    for algorithm in ("none", "None", "HS256"):
        head = {"alg": algorithm, "typ": "JWT", "kid": kid}
        assert await status_of(client, f"{part(head)}.{part(claims_of(person))}.") == REFUSED


async def test_another_algorithm_than_ours_is_refused_even_with_our_key(
    app: FastAPI, client: AsyncClient, session: AsyncSession
) -> None:
    person = await make_person(session)
    kid, key = key_of(app)
    for algorithm in ("HS384", "HS512"):
        token = jwt.encode(claims_of(person), key, algorithm, headers={"kid": kid})
        assert await status_of(client, token) == REFUSED


async def test_rs_and_hs_are_not_confused(
    app: FastAPI, client: AsyncClient, session: AsyncSession
) -> None:
    """A token that says RS256 is refused, and so is one signed by HMAC with a public key."""
    person = await make_person(session)
    kid, _ = key_of(app)
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = pair.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = pair.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = jwt.encode(claims_of(person), private.decode(), "RS256", headers={"kid": kid})
    assert await status_of(client, signed) == REFUSED
    body = f"{part({'alg': 'HS256', 'kid': kid})}.{part(claims_of(person))}"
    mac = hmac.new(public, body.encode(), hashlib.sha256).digest()
    confused = f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    assert await status_of(client, confused) == REFUSED


async def test_a_foreign_or_missing_kid_is_refused(
    app: FastAPI, client: AsyncClient, session: AsyncSession
) -> None:
    person = await make_person(session)
    _, key = key_of(app)
    for headers in ({"kid": "deadbeef"}, {}, {"kid": ["a"]}, {"kid": None}):
        token = jwt.encode(claims_of(person), key, "HS256", headers=headers)
        assert await status_of(client, token) == REFUSED


async def test_a_token_signed_with_a_key_of_somebody_else_is_refused(
    app: FastAPI, client: AsyncClient, session: AsyncSession
) -> None:
    person = await make_person(session)
    kid, _ = key_of(app)
    token = jwt.encode(claims_of(person), b"x" * 32, "HS256", headers={"kid": kid})
    assert await status_of(client, token) == REFUSED


async def test_an_expired_token_says_that_it_is_expired(
    client: AsyncClient,
    session: AsyncSession,
    sign_in: Callable[[Person], dict[str, str]],
    move_clock: Callable[[timedelta], None],
) -> None:
    person = await make_person(session)
    headers = sign_in(person)
    move_clock(timedelta(minutes=31))
    answer = await client.get("/api/v1/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


async def test_a_tampered_token_is_refused(
    app: FastAPI, client: AsyncClient, session: AsyncSession
) -> None:
    person, other = await make_person(session), await make_person(session)
    head, body, mac = app.state.tokens.sign(person.id).split(".")
    swapped = f"{head}.{part(claims_of(other))}.{mac}"
    flipped = f"{head}.{body}.{'A' if mac[0] != 'A' else 'B'}{mac[1:]}"
    for token in (swapped, flipped, f"{head}.{body}", "x", "a.b.c"):
        assert await status_of(client, token) == REFUSED


@pytest.mark.parametrize(
    "claims",
    [{"use": "refresh"}, {"sub": "nobody"}, {"sub": None}, {"use": None}, {"exp": None}],
)
async def test_a_token_for_another_use_is_refused(
    app: FastAPI, client: AsyncClient, session: AsyncSession, claims: dict[str, Any]
) -> None:
    person = await make_person(session)
    kid, key = key_of(app)
    said = {k: v for k, v in claims_of(person, **claims).items() if v is not None}
    token = jwt.encode(said, key, "HS256", headers={"kid": kid})
    assert await status_of(client, token) == REFUSED


async def test_a_refresh_token_opens_no_door(client: AsyncClient) -> None:
    assert await status_of(client, "A" * 43) == REFUSED


async def test_a_token_of_nobody_or_of_a_closed_person_is_refused(
    app: FastAPI, client: AsyncClient, session: AsyncSession
) -> None:
    signer: Tokens = app.state.tokens
    assert await status_of(client, signer.sign(new_id())) == REFUSED
    closed = await make_person(session, closed_at=clock.now())
    assert await status_of(client, signer.sign(closed.id)) == REFUSED
