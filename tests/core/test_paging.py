"""Cursors: signed with their list and its filters."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.core import paging
from app.core.errors import Invalid
from app.core.ids import new_id
from app.core.paging import Paging


@pytest.fixture(autouse=True)
def keys(app: FastAPI) -> FastAPI:
    return app


def rows(count: int) -> list[dict[str, Any]]:
    moment = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
    return [{"at": moment, "id": new_id(), "n": number} for number in range(count)]


def test_the_last_page_has_no_cursor() -> None:
    assert paging.cut(rows(2), Paging(2, None), "l", "at", "id").next_cursor is None


def test_a_cursor_carries_its_key_back() -> None:
    found = rows(3)
    cut = paging.cut(found, Paging(2, None), "l", "at", "id")
    key = paging.after(Paging(2, cut.next_cursor), "l", datetime, UUID)
    assert key == [found[1]["at"], found[1]["id"]]


@pytest.mark.parametrize("cursor", ["", "x", "x.y", "é.y", "." * 30])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        paging.after(Paging(2, cursor), "l", int)


def test_a_cursor_does_not_fit_another_list_or_other_filters() -> None:
    cursor = paging.cut(rows(3), Paging(1, None), paging.scope("l", {"a": 1}), "n").next_cursor
    assert paging.after(Paging(1, cursor), paging.scope("l", {"a": 1}), int) == [0]
    with pytest.raises(Invalid):
        paging.after(Paging(1, cursor), paging.scope("l", {"a": 2}), int)
