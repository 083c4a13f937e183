"""The order of names in the field: by the strokes of each character, fewest first (按姓氏笔画)."""

from functools import cache
from importlib import import_module


def name_key(name: str) -> tuple[tuple[int, str], ...]:
    """A sort key; characters with as many strokes stand by code point."""
    counts = _counts()
    return tuple((_of(counts, character), character) for character in name)


def _of(counts: bytes, character: str) -> int:
    place = ord(character)
    return counts[place] if place < len(counts) else 0


@cache
def _counts() -> bytes:
    """Strokes by code point, a byte each."""
    # Loaded for the first list of names, and emptied: its dict takes a process 13 MB.
    given = import_module("strokes.strokes").data
    counts = bytearray(ord(max(given)) + 1)
    for character, count in given.items():
        counts[ord(character)] = count
    given.clear()
    return bytes(counts)
