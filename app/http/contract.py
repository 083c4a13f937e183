"""The contract as the application describes itself: FastAPI's, and what it does not say by itself.

Making it takes seconds, and makes every route and shape ready. So `python -m app openapi` makes it, and
a process serves the file; a test holds one against the other.
"""

from pathlib import Path
from typing import Any

from fastapi import FastAPI

from app.http.examples import Examples
from app.http.problems import MEDIA_TYPE
from app.labels import HISTORIES, IN_DICTIONARIES, LABELS

FILE = Path(__file__).parents[2] / "openapi" / "openapi.json"


class Described(FastAPI):
    """An application whose contract a linter accepts: an example of every body, words of every enum."""

    def openapi(self) -> dict[str, Any]:
        """The contract, of the code as it is."""
        contract = super().openapi()
        contract["servers"] = [{"url": "/"}]
        for operations in contract["paths"].values():
            for operation in operations.values():
                operation.setdefault("security", [])  # said, not forgotten: open to everybody
                _say_problems(operation)
        _say_words(contract["components"]["schemas"])
        Examples(contract).put_into(contract)
        return contract


def _say_problems(operation: dict[str, Any]) -> None:
    """A refusal has the type of a problem document, and no other."""
    for status, answer in operation["responses"].items():
        if status >= "400":
            (said,) = filter(None, answer["content"].values())
            answer["content"] = {MEDIA_TYPE: said}


def _say_words(shapes: dict[str, Any]) -> None:
    """What people read for each value of an enum, or the section of the dictionaries that says it."""
    for name, shape in shapes.items():
        if "enum" not in shape:
            continue
        if section := IN_DICTIONARIES.get(name):
            shape["x-dictionary"] = section
        else:
            shape["x-labels"] = LABELS[name]
    for name, words in HISTORIES.items():
        shapes[name]["properties"]["action"]["x-labels"] = words
