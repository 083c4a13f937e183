"""The contract in the repository is the one this code serves."""

import json
import re
from functools import cache
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from app import labels, openapi
from app.appraisals.lifecycle import CHANGED, PLANNED, REMINDED, CycleAction
from app.doors import ROUTERS
from app.http import problems
from app.http.examples import JSON
from app.members.lifecycle import RegistrationAction, TransferAction
from app.needs.lifecycle import FOLLOWED_UP, SUBMITTED, NeedAction
from app.policies import shipped
from tests.miniprogram import hands

ROUTES = [
    route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.include_in_schema
]


@cache
def text() -> str:
    """Written once: it takes seconds."""
    return openapi.text()


@cache
def contract() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text())
    return found


def test_the_written_contract_is_this_codes() -> None:
    written = openapi.CONTRACT.read_text(encoding="utf-8")
    assert written == text(), "run `python -m app openapi` and read the difference"


def test_the_mini_programs_words_are_this_codes() -> None:
    written = (openapi.CONTRACT.parent / openapi.WORDS).read_text(encoding="utf-8")
    assert written == openapi.words(), "run `python -m app openapi` and read the difference"


def enums() -> dict[str, dict[str, Any]]:
    shapes: dict[str, dict[str, Any]] = contract()["components"]["schemas"]
    return {name: shape for name, shape in shapes.items() if "enum" in shape}


def test_every_value_of_every_enum_has_its_words_or_a_section_that_names_it() -> None:
    named = {name for name, shape in enums().items() if "x-dictionary" in shape}
    for name in enums().keys() - named:
        shape = enums()[name]
        assert sorted(shape["x-labels"]) == sorted(shape["enum"]), name
        assert all(re.search("[\u4e00-\u9fff]", word) for word in shape["x-labels"].values()), name
    assert enums().keys() - named == labels.LABELS.keys(), "no words of what nobody is answered"
    assert named == labels.IN_DICTIONARIES.keys()


def test_two_values_of_an_enum_are_not_said_alike() -> None:
    for name, words in labels.LABELS.items():
        assert len(set(words.values())) == len(words), name


HISTORIES = {
    "HistoryOut": {*RegistrationAction, *TransferAction, "submit", "enter", "remind", "ask"},
    "NeedStepLine": {*NeedAction, SUBMITTED, FOLLOWED_UP},
    "CycleStepOut": {*CycleAction, PLANNED, CHANGED, REMINDED},
}


def test_whatever_may_be_done_has_its_words_in_a_history() -> None:
    shapes = contract()["components"]["schemas"]
    said = {name: shapes[name]["properties"]["action"]["x-labels"].keys() for name in HISTORIES}
    assert said == HISTORIES
    assert labels.HISTORIES.keys() == HISTORIES.keys()


@pytest.mark.parametrize(("name", "section"), sorted(labels.IN_DICTIONARIES.items()))
def test_a_section_of_the_content_names_every_value_of_its_enum(name: str, section: str) -> None:
    codes = {each.code for each in shipped.read() if each.section == section and each.data["name"]}
    assert codes >= set(enums()[name]["enum"])


def test_every_refusal_is_declared_as_a_problem() -> None:
    for path, operations in contract()["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert problems.MEDIA_TYPE in answer["content"], (path, method, status)


def test_a_post_of_which_every_field_may_be_left_out_wants_no_body() -> None:
    shapes = contract()["components"]["schemas"]
    for path, operations in contract()["paths"].items():
        body = operations.get("post", {}).get("requestBody")
        if body is not None and "application/json" in body["content"]:
            shape = shapes[body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
            assert body["required"] is bool(shape.get("required")), path


def test_every_operation_under_the_api_belongs_to_a_room() -> None:
    for path, operations in contract()["paths"].items():
        for operation in operations.values():
            assert operation["tags"], path


def test_every_operation_is_said_in_chinese_and_in_english() -> None:
    for path, operations in contract()["paths"].items():
        for operation in operations.values():
            assert re.search("[\u4e00-\u9fff]", operation["summary"]), path
            assert re.match("[A-Z`]", operation["description"]), path


def test_every_shape_has_a_name_of_its_own() -> None:
    """Two shapes of one name would be told apart by the paths of their modules."""
    assert [name for name in contract()["components"]["schemas"] if "__" in name] == []


def test_every_body_in_json_has_an_example_that_its_shape_takes() -> None:
    """What Redocly's linter holds against the schema is held here against Pydantic's own checks."""
    made = contract()["components"]["examples"]
    seen = 0
    for route in ROUTES:
        operation = contract()["paths"][route.path_format][min(route.methods or ()).lower()]
        asked = operation.get("requestBody", {}).get("content", {}).get(JSON)
        if asked is not None and route.body_field is not None:
            _take(route.body_field.field_info.annotation, made, asked["examples"]["one"])
            seen += 1
        for status, answer in operation["responses"].items():
            if status < "300" and JSON in answer.get("content", {}):
                one = answer["content"][JSON]["examples"]["one"]
                _take(route.response_model, made, one)
                seen += 1
    assert seen > 400


def _take(kind: Any, made: dict[str, Any], one: dict[str, str]) -> None:
    example = made[one["$ref"].rpartition("/")[2]]["value"]
    TypeAdapter(kind).validate_json(json.dumps(example))


def test_redocly_finds_nothing_to_mend() -> None:
    hands.make_ready()
    said = hands.node("test/lint.mjs")
    assert said.returncode == 0, said.stdout
