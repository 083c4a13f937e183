"""No program that was written for the released contract breaks unawares."""

import copy
import json
import re
from typing import Any

import pytest

from app import openapi
from tests.breaches import Comparison

CHANGES = openapi.CONTRACT.with_name("CHANGES.md")
MINI: dict[str, Any] = {
    "paths": {
        "/a": {
            "post": {
                "operationId": "a",
                "parameters": [
                    {"in": "query", "name": "q", "schema": {"type": "integer", "maximum": 9}},
                    {"in": "path", "name": "p", "required": True, "schema": {"type": "string"}},
                ],
                "requestBody": {"content": {"j": {"schema": {"$ref": "#/s/In"}}}},
                "responses": {"200": {"content": {"j": {"schema": {"$ref": "#/s/Out"}}}}},
            }
        }
    },
    "components": {
        "schemas": {
            "In": {
                "type": "object",
                "required": ["w"],
                "properties": {
                    "w": {"type": "string", "minLength": 1},
                    "e": {"type": "string", "enum": ["x", "y"]},
                    "n": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    "l": {"type": "array", "items": {"$ref": "#/s/In"}},
                },
            },
            "Out": {
                "type": "object",
                "required": ["w", "l"],
                "properties": {
                    "w": {"type": "string", "format": "date"},
                    "e": {"type": "string", "enum": ["x"]},
                    "l": {"type": "array", "items": {"$ref": "#/s/Out"}},
                },
            },
        }
    },
}

IN, OUT = "=In/properties", "=Out/properties"
STRING = {"type": "string"}


def changed(place: str, value: Any) -> dict[str, Any]:
    """The small contract with another value, or none, at the place."""
    made = copy.deepcopy(MINI)
    node: Any = made["paths"]
    if place.startswith("="):
        node, place = made["components"]["schemas"], place[1:]
    *way, last = [each.replace("~", "/") for each in place.split("/")]
    for each in way:
        node = node[int(each) if isinstance(node, list) else each]
    if value is None:
        del node[int(last) if isinstance(node, list) else last]
    else:
        node[last] = value
    return made


@pytest.mark.parametrize(
    ("place", "value", "breach"),
    [
        ("~a", None, "is gone"),
        ("~a/post", None, "is gone"),
        ("~a/post/operationId", "b", "is called b"),
        ("~a/post/security", [{"key": []}], "asks for a login"),
        ("~a/post/parameters/0", None, "query q is gone"),
        ("~a/post/parameters/0/required", True, "query q is required"),
        ("~a/post/parameters/0/schema/maximum", 5, "query q has maximum 5"),
        ("~a/post/parameters/0/schema/maximum", 10, ""),
        ("~a/post/requestBody", None, "body as j is gone"),
        ("~a/post/requestBody/required", True, "body is required"),
        ("~a/post/responses/200", None, "200 is gone"),
        ("~a/post/responses/200/content/j", None, "200 as j is gone"),
        ("=In/required", ["w", "e"], "body/e is required"),
        (f"{IN}/w", None, "body/w is gone"),
        (f"{IN}/w/type", "integer", "body/w is integer"),
        (f"{IN}/w/minLength", 2, "body/w has minLength 2"),
        (f"{IN}/w/minLength", None, ""),
        (f"{IN}/w/pattern", "^a$", "body/w has another pattern"),
        (f"{IN}/w/format", "date", "body/w is date"),
        (f"{IN}/w/enum", ["x"], "body/w takes some words only"),
        (f"{IN}/e/enum", ["x"], "body/e does not take y"),
        (f"{IN}/e/enum", ["x", "y", "z"], ""),
        (f"{IN}/n", {"type": "integer"}, "body/n is integer"),
        (f"{IN}/l/items", STRING, "body/l[] is string"),
        (f"{IN}/new", STRING, ""),
        ("=Out/required", ["w"], "200/l may be missing"),
        (f"{OUT}/w", None, "200/w is gone"),
        (
            f"{OUT}/w",
            {"anyOf": [STRING | {"format": "date"}, {"type": "null"}]},
            "200/w may be null",
        ),
        (f"{OUT}/w/format", None, "200/w is no date"),
        (f"{OUT}/e/enum", None, "200/e may say any word"),
        (f"{OUT}/e/enum", ["x", "y"], ""),
        (f"{OUT}/l/items", STRING, "200/l[] may be string"),
        (f"{OUT}/new", STRING, ""),
    ],
)
def test_what_would_break_a_program_is_found(place: str, value: Any, breach: str) -> None:
    found = Comparison(MINI, changed(place, value)).breaches()
    assert found == ([f"POST /a {breach}"] if breach else [])


def test_every_breach_since_the_last_release_is_told() -> None:
    released, now = (
        json.loads(path.read_text(encoding="utf-8"))
        for path in (openapi.RELEASED, openapi.CONTRACT)
    )
    next_ones = CHANGES.read_text(encoding="utf-8").partition("## Next\n")[2].partition("\n## ")[0]
    told = re.findall(r"^- `([^`]+)`", next_ones, re.MULTILINE)
    assert sorted(told) == sorted(Comparison(released, now).breaches()), f"see {CHANGES.name}"
