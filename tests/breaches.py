"""What of a new contract would break a program written for the old one, a line a breach.

After oasdiff's checks of level ERR. Stricter, for unknown fields and parameters are refused here: one
that is no longer taken is a breach. Laxer: an answer may say a new word of an enum, as clients are told.
"""

from collections.abc import Iterator
from typing import Any

Shape = dict[str, Any]
# What bounds a value of a request from below and above; the other way round is no breach.
LEAST = ("minLength", "minimum", "minItems", "exclusiveMinimum")
MOST = ("maxLength", "maximum", "maxItems", "exclusiveMaximum")


class Comparison:
    """Two contracts, read from the old one to the new one."""

    def __init__(self, old: Shape, new: Shape) -> None:
        self.old, self.new = old, new
        self.open: set[tuple[str, str, bool]] = set()  # pairs of shapes under comparison, by side

    def breaches(self) -> list[str]:
        """All of them, in the order of the old contract."""
        return [
            f"{method.upper()} {path} {breach}"
            for path, operations in self.old["paths"].items()
            for method, was in operations.items()
            for breach in self._operation(was, self.new["paths"].get(path, {}).get(method))
        ]

    def _operation(self, was: Shape, now: Shape | None) -> Iterator[str]:
        if now is None:
            yield "is gone"
            return
        if was["operationId"] != now["operationId"]:
            yield f"is called {now['operationId']}"
        if now.get("security") and not was.get("security"):
            yield "asks for a login"
        yield from self._parameters(was, now)
        yield from self._asked(was.get("requestBody"), now.get("requestBody"))
        for status, answer in was["responses"].items():
            if status < "400":
                yield from self._answered(status, answer, now["responses"].get(status))

    def _parameters(self, was: Shape, now: Shape) -> Iterator[str]:
        old = {(each["in"], each["name"]): each for each in was.get("parameters", ())}
        new = {(each["in"], each["name"]): each for each in now.get("parameters", ())}
        for key, each in new.items():
            if each.get("required") and not old.get(key, {}).get("required"):
                yield f"{key[0]} {key[1]} is required"
        for key, each in old.items():
            if key not in new:
                yield f"{key[0]} {key[1]} is gone"
            else:
                yield from self._narrower(each["schema"], new[key]["schema"], " ".join(key))

    def _asked(self, was: Shape | None, now: Shape | None) -> Iterator[str]:
        if now and now.get("required") and not (was and was.get("required")):
            yield "body is required"
        for kind, each in (was or {}).get("content", {}).items():
            if kind not in (now or {}).get("content", {}):
                yield f"body as {kind} is gone"
            elif now:
                yield from self._narrower(each["schema"], now["content"][kind]["schema"], "body")

    def _answered(self, status: str, was: Shape, now: Shape | None) -> Iterator[str]:
        if now is None:
            yield f"{status} is gone"
            return
        for kind, each in was.get("content", {}).items():
            if kind not in now.get("content", {}):
                yield f"{status} as {kind} is gone"
            else:
                yield from self._wider(each["schema"], now["content"][kind]["schema"], status)

    def _narrower(self, was: Shape, now: Shape, at: str) -> Iterator[str]:
        """A request that was taken and is not any more."""
        for one in self._choices(self.old, was):
            found = [list(self._asks_more(one, each, at)) for each in self._choices(self.new, now)]
            yield from min(found, key=len)

    def _wider(self, was: Shape, now: Shape, at: str) -> Iterator[str]:
        """An answer that nobody had to expect."""
        for one in self._choices(self.new, now):
            found = [list(self._says_less(each, one, at)) for each in self._choices(self.old, was)]
            yield from min(found, key=len)

    def _asks_more(self, was: Shape, now: Shape, at: str) -> Iterator[str]:
        if self._is_open(was, now, is_asked=True):
            return
        if now.get("type") not in (None, was.get("type")):
            yield f"{at} is {now['type']}"
            return
        if now.get("format") not in (None, was.get("format")):
            yield f"{at} is {now['format']}"
        if now.get("pattern") not in (None, was.get("pattern")):
            yield f"{at} has another pattern"
        words: list[Any] = was.get("enum") or []
        if gone := set(words).difference(now.get("enum") or words):
            yield f"{at} does not take {', '.join(sorted(map(str, gone)))}"
        if "enum" in now and "enum" not in was:
            yield f"{at} takes some words only"
        for bound in LEAST + MOST:
            sign = 1 if bound in LEAST else -1
            if bound in now and (bound not in was or sign * (now[bound] - was[bound]) > 0):
                yield f"{at} has {bound} {now[bound]}"
        if "items" in was and "items" in now:
            yield from self._narrower(was["items"], now["items"], f"{at}[]")
        old, new = was.get("properties", {}), now.get("properties", {})
        for name in now.get("required", ()):
            if name not in was.get("required", ()):
                yield f"{at}/{name} is required"
        for name, each in old.items():
            if name in new:
                yield from self._narrower(each, new[name], f"{at}/{name}")
            else:
                yield f"{at}/{name} is gone"

    def _says_less(self, was: Shape, now: Shape, at: str) -> Iterator[str]:
        if self._is_open(was, now, is_asked=False):
            return
        if was.get("type") not in (None, now.get("type")):
            yield f"{at} may be {now.get('type', 'anything')}"
            return
        if was.get("format") not in (None, now.get("format")):
            yield f"{at} is no {was['format']}"
        if "enum" in was and "enum" not in now:
            yield f"{at} may say any word"
        if "items" in was and "items" in now:
            yield from self._wider(was["items"], now["items"], f"{at}[]")
        old, new = was.get("properties", {}), now.get("properties", {})
        for name, each in old.items():
            if name not in new:
                yield f"{at}/{name} is gone"
                continue
            if name in was.get("required", ()) and name not in now.get("required", ()):
                yield f"{at}/{name} may be missing"
            yield from self._wider(each, new[name], f"{at}/{name}")

    def _is_open(self, was: Shape, now: Shape, *, is_asked: bool) -> bool:
        """The pair is being compared further up, or was: one place of a breach is enough."""
        names = (was.get("name"), now.get("name"))
        if names[0] is None or names[1] is None:
            return False
        pair = (str(names[0]), str(names[1]), is_asked)
        if pair in self.open:
            return True
        self.open.add(pair)
        return False

    def _choices(self, contract: Shape, shape: Shape) -> list[Shape]:
        """What the value may be: the alternatives, each without a reference, with its name."""
        if "$ref" in shape:
            name = shape["$ref"].rpartition("/")[2]
            found = contract["components"]["schemas"][name]
            return [{**each, "name": name} for each in self._choices(contract, found)]
        if "anyOf" in shape:
            return [one for each in shape["anyOf"] for one in self._choices(contract, each)]
        return [shape]
