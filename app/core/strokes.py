"""The order of names in the field: by the strokes of each character, fewest first (按姓氏笔画)."""

from strokes import strokes


def name_key(name: str) -> tuple[tuple[int, str], ...]:
    """A sort key; characters with as many strokes stand by code point."""
    return tuple((int(strokes(character)), character) for character in name)
