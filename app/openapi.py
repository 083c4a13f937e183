"""Writes the contract: `openapi/openapi.json`, as the application itself describes it, what of it was
released, and the words of its enums for the mini-program."""

import json
from pathlib import Path
from typing import Any

from app.http.contract import FILE
from app.labels import HISTORIES, LABELS
from app.main import create_app
from app.settings import Environment, Settings

CONTRACT = FILE
RELEASED = CONTRACT.with_name("released.json")
# Beside the contract.
WORDS = Path("miniprogram") / "labels.ts"
# What no program depends on, and no comparison looks at.
SAID = {
    *("title", "description", "summary", "tags", "examples"),
    *("x-permission", "x-labels", "x-dictionary"),
}
LOOKUP = """\
/** What people read for the enums of the contract. `python -m app openapi` writes this file. */

import type { components } from "./schema";

type Shapes = components["schemas"];
type Words<Name extends keyof Shapes> = Shapes[Name] extends string ? Record<Shapes[Name], string> : never;

/** The words of a value; "其他" of one that the server has learnt after this file was written. */
export function label<Name extends keyof typeof LABELS>(kind: Name, value: Shapes[Name]): string {
  const words: Record<string, string> = LABELS[kind];
  return words[value] ?? "其他";
}

/** The words of a line of a history, by its shape: `labelOfStep("NeedStepLine", step.action)`. */
export function labelOfStep(shape: keyof typeof HISTORIES, action: string): string {
  const words: Record<string, string> = HISTORIES[shape];
  return words[action] ?? "其他";
}

/** All of them, to fill a list to choose from. */
export const LABELS = %s satisfies { [Name in keyof Shapes]?: Words<Name> };

const HISTORIES = %s satisfies { [Name in keyof Shapes]?: Record<string, string> };
"""


def text() -> str:
    """The contract, the same on every machine: keys in the app's order, two spaces."""
    settings = Settings(
        environment=Environment.TEST, database_url="postgresql+asyncpg://nowhere/none"
    )
    return json.dumps(create_app(settings).openapi(), ensure_ascii=False, indent=2) + "\n"


def words() -> str:
    """The labels in TypeScript: a typed lookup, and a line a value."""
    tables = (json.dumps(each, ensure_ascii=False, indent=2) for each in (LABELS, HISTORIES))
    return LOOKUP % tuple(tables)


def write(path: Path = CONTRACT) -> None:
    """The file holds the contract of this code, and the one beside it the words of its enums."""
    labels = path.parent / WORDS
    labels.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(), encoding="utf-8")
    labels.write_text(words(), encoding="utf-8")


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
