"""The guides say what is so: their links lead somewhere, their calls are in the contract, pictures stay small."""

import json
import re

from app import openapi
from app.core.migrations import TOP

DOCS = TOP / "docs"
TEXTS = {
    path: path.read_text(encoding="utf-8")
    for path in [*TOP.glob("*.md"), *DOCS.rglob("*.md"), *openapi.CONTRACT.parent.glob("*.md")]
}
CALL = re.compile(r"`(?:(GET|POST|PUT|PATCH|DELETE) )?(/(?!docs|metrics)[a-z][^`\s…]*)`")
MOST_BYTES = 1_500_000


def test_links_and_pictures_are_there() -> None:
    gone = [
        (path.name, link)
        for path, text in TEXTS.items()
        for link in re.findall(r"\]\(([^)#:]+)\)", text)
        if not (path.parent / link).exists()
    ]
    assert gone == []


def test_every_picture_is_shown_and_all_are_small() -> None:
    shown = set(re.findall(r"pictures/([\w-]+\.png)\)", "".join(TEXTS.values())))
    pictures = list((DOCS / "pictures").iterdir())
    assert {each.name for each in pictures} == shown
    assert sum(each.stat().st_size for each in pictures) < MOST_BYTES


def test_the_calls_that_guides_name_are_in_the_contract() -> None:
    paths = json.loads(openapi.CONTRACT.read_text(encoding="utf-8"))["paths"]
    named = {
        (method.lower(), path if path in paths else f"/api/v1{path}")
        for guide in ("miniprogram.md", "data-protection.md")
        for method, path in CALL.findall(TEXTS[DOCS / guide])
    }
    assert len(named) > 30
    assert [(m, p) for m, p in named if p not in paths or (m and m not in paths[p])] == []
