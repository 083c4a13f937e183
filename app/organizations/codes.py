"""Codes that others gave to organizations."""

import re

# Source: GB 32100-2015; domain.md §5.5.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_form = re.compile(f"[{ALPHABET}]{{18}}")


def is_uscc(code: str) -> bool:
    """Whether `code` is a unified social credit code with the right check character."""
    if not _form.fullmatch(code):
        return False
    weighed = sum(ALPHABET.index(letter) * pow(3, place, 31) for place, letter in enumerate(code[:17]))
    return ALPHABET.index(code[17]) == -weighed % 31
