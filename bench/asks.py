"""Who asks: real tokens of people of the city, sessions of browsers."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from app.core import clock, ids
from app.main import tokens
from app.process import prepare
from bench import load
from bench.cases import MANY, Read
from bench.layouts import Sign
from bench.load import Ask
from bench.server import Server
from bench.standing import Standing, settings


def signer(url: str) -> Sign:
    """Signs access tokens as the servers do; this process may seal personal fields."""
    found = settings(url)
    prepare(found)
    return tokens(found).sign


def of(server: Standing, database: str, case: Read, sign: Sign) -> list[Ask]:
    """The requests of a read, by people in no order."""
    picked = f"SELECT * FROM ({case.asks}) AS asked (person, path, key) ORDER BY hashtext(person || path) LIMIT {MANY}"
    rows = server.ask(database, picked)
    if not rows:
        raise LookupError(f"{case.name}: nobody in the city has anything to ask for")
    if case.as_browser:
        return [Ask("GET", row["path"], _session(server, database, row["person"])) for row in rows]
    return [Ask("GET", row["path"], sign(row["person"])) for row in rows]


def keys_of(server: Standing, database: str, case: Read) -> list[Ask]:
    """The same for the ceiling: `/<key>`."""
    picked = f"SELECT '/' || key AS path FROM ({case.asks}) AS asked (person, path, key) ORDER BY hashtext(person || path) LIMIT {MANY}"
    return [Ask("GET", row["path"]) for row in server.ask(database, picked)]


def answer(server: Server, ask: Ask) -> bytes:
    """What the server says to one request."""
    headers = (
        {"Cookie": ask.token} if "=" in ask.token else {"Authorization": f"Bearer {ask.token}"}
    )
    request = Request(
        f"http://127.0.0.1:{server.port}{ask.path}", headers=headers, method=ask.method
    )
    if ask.body:
        request.data = ask.body.encode()
        request.add_header("Content-Type", "application/json")
    if ask.caller:
        request.add_header("X-Forwarded-For", ask.caller)
    with urlopen(request, timeout=60) as response:
        return bytes(response.read())


def listed(folder: Path, name: str, asks: Sequence[Ask]) -> Path:
    """A list for the load generator."""
    return load.write(folder / f"{name}.txt", asks)


def _session(server: Standing, database: str, person: Any) -> str:
    token, now = ids.code(20), clock.now()
    server.ask(
        database,
        "INSERT INTO console_sessions (id, person_id, token_hash, device, address, began_at, seen_at,"
        " expires_at) VALUES ($1, $2, $3, 'Windows 电脑', '203.0.113.7', $4, $4, $5)",
        ids.new_id(), person, ids.digest(token), now, now + timedelta(hours=12),
    )  # fmt: skip
    return f"console={token}"
