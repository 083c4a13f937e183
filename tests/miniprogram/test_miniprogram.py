"""The mini-program's client: what fits the contract compiles, and nothing else.

Its example is played in `tests/test_story.py`, against the house that stands there.
"""

import json
import re

from tests.miniprogram import hands


def test_all_of_it_compiles_strictly_but_for_the_planted_mistakes() -> None:
    hands.make_ready()
    said = hands.node(hands.TSC, "--project", "test", "--pretty", "false").stdout
    lines = (hands.FOLDER / "test" / "mistakes.ts").read_text().splitlines()
    planted = [f"test/mistakes.ts({n}," for n, line in enumerate(lines, 1) if "MISTAKE" in line]
    found = re.findall(r"^\S+\(\d+,", said, re.MULTILINE)
    assert len(planted) == 6
    assert found == planted, said


def test_it_bears_what_phones_bear() -> None:
    done = hands.node("--test", "test/client.test.ts")
    assert done.returncode == 0, done.stdout


def test_its_lock_holds_no_addresses_of_downloads() -> None:
    packages = json.loads((hands.FOLDER / "package-lock.json").read_text())["packages"]
    assert [name for name, each in packages.items() if "resolved" in each] == []
