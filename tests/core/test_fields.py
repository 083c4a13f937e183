"""Sealed fields: encrypted, bound to their column, found by a keyed hash."""

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.fields import FieldKeys
from tests.factories.people import make_person

OLD, NEW = b"o" * 32, b"n" * 32
PEPPER = b"pepper"


def test_a_sealed_text_opens_again_and_never_looks_the_same() -> None:
    keys = FieldKeys({"a": OLD}, "a", PEPPER)
    first, second = keys.seal("13800138000", "t.c"), keys.seal("13800138000", "t.c")
    assert first != second
    assert keys.open(first, "t.c") == keys.open(second, "t.c") == "13800138000"


def test_after_a_key_change_old_values_open_and_new_ones_carry_the_new_key() -> None:
    sealed = FieldKeys({"a": OLD}, "a", PEPPER).seal("x", "t.c")
    changed = FieldKeys({"b": NEW, "a": OLD}, "b", PEPPER)
    assert changed.open(sealed, "t.c") == "x"
    assert changed.seal("x", "t.c")[1:2] == b"b"


def test_a_value_moved_to_another_column_does_not_open() -> None:
    keys = FieldKeys({"a": OLD}, "a", PEPPER)
    with pytest.raises(InvalidTag):
        keys.open(keys.seal("x", "people.name"), "people.phone")


def test_equal_texts_share_a_hash_that_another_pepper_does_not_give() -> None:
    one, other = FieldKeys({"a": OLD}, "a", PEPPER), FieldKeys({"a": OLD}, "a", b"salt")
    assert one.find_by("x") == one.find_by("x") != other.find_by("x")


async def test_the_database_holds_no_phone_in_clear(session: AsyncSession) -> None:
    person = await make_person(session, phone="13800138000", name=None)
    raw = await session.scalar(text("SELECT phone FROM people WHERE id = :id"), {"id": person.id})
    assert raw is not None
    assert b"13800138000" not in raw
    await session.refresh(person)
    assert (person.phone, person.name) == ("13800138000", None)
