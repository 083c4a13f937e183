"""Writes the contract: `openapi/openapi.json`, as the application itself describes it."""

import json
from pathlib import Path

from app.core.migrations import TOP
from app.main import create_app
from app.settings import Environment, Settings

CONTRACT = TOP / "openapi" / "openapi.json"


def text() -> str:
    """The contract, the same on every machine: keys in the app's order, two spaces."""
    settings = Settings(
        environment=Environment.TEST, database_url="postgresql+asyncpg://nowhere/none"
    )
    return json.dumps(create_app(settings).openapi(), ensure_ascii=False, indent=2) + "\n"


def write(path: Path = CONTRACT) -> None:
    """The file holds the contract of this code."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text(), encoding="utf-8")
