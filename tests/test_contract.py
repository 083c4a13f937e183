"""The contract in the repository is the one this code serves."""

import json
import re
from functools import cache
from typing import Any

from app import openapi
from app.http import problems


@cache
def text() -> str:
    """Written once: it takes seconds."""
    return openapi.text()


def contract() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text())
    return found


def test_the_written_contract_is_this_codes() -> None:
    written = openapi.CONTRACT.read_text(encoding="utf-8")
    assert written == text(), "run `python -m app openapi` and read the difference"


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
