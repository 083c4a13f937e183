"""Writes the contract: `openapi/openapi.json`, as the application itself describes it, and what of it
was released."""

import json
from pathlib import Path
from typing import Any

from app.core.migrations import TOP
from app.main import create_app
from app.settings import Environment, Settings

CONTRACT = TOP / "openapi" / "openapi.json"
RELEASED = CONTRACT.with_name("released.json")
# What no program depends on, and no comparison looks at.
SAID = {"title", "description", "summary", "tags", "examples", "x-permission"}


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


def release(path: Path = RELEASED) -> None:
    """The file holds what of this code's contract programs depend on, a line an operation and a shape."""
    contract = json.loads(text())
    for operations in contract["paths"].values():
        for operation in operations.values():
            answers = operation["responses"]
            operation["responses"] = {key: answers[key] for key in answers if key < "400"}
    paths = _lines({key: _bare(each) for key, each in contract["paths"].items()})
    shapes = _lines(_bare(contract["components"]["schemas"]))
    path.write_text(
        f'{{"paths": {{\n{paths}\n}},\n"components": {{"schemas": {{\n{shapes}\n}}}}}}\n',
        encoding="utf-8",
    )


def _bare(part: Any, *, is_named: bool = True) -> Any:
    """Without words for people; in `properties` and the like every key is a name, and stays."""
    if isinstance(part, list):
        return [_bare(each, is_named=False) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _bare(each, is_named=not is_named and key in ("properties", "content", "responses"))
        for key, each in part.items()
        if is_named or key not in SAID
    }


def _lines(part: dict[str, Any]) -> str:
    return ",\n".join(
        f"{json.dumps(key)}: {json.dumps(each, ensure_ascii=False, separators=(',', ':'))}"
        for key, each in part.items()
    )
