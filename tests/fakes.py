"""Bodies made from the contract: the least that an operation takes, with ids of rows that exist."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import new_id

# Where the shape says less than the field means.
BY_NAME: dict[str, Any] = {
    "phone": "13812345678",
    "name": "王建国",
    "reason": "情况有变",
    "reason_code": "other",
    "key": "orders.release_cutoff_hours",
    "period_from": (clock.today() - timedelta(days=30)).isoformat(),
    "period_to": clock.today().isoformat(),
    "year": clock.today().year,
    "starts_at": (clock.now() + timedelta(days=3)).isoformat(),
    "ends_at": (clock.now() + timedelta(days=3, hours=1)).isoformat(),
}


class Faker:
    """Fills shapes of one contract; `ids` are the rows' ids by the name that points to them."""

    def __init__(self, contract: dict[str, Any], ids: dict[str, UUID]) -> None:
        self.shapes = contract["components"]["schemas"]
        self.ids = ids

    def path(self, template: str, operation: dict[str, Any]) -> str:
        """The path with an id, or the first choice of an enum, in each place."""
        shapes = {
            each["name"]: each["schema"]
            for each in operation.get("parameters", ())
            if each["in"] == "path"
        }
        return "/".join(self.part(part, shapes) for part in template.split("/"))

    def part(self, part: str, shapes: dict[str, Any]) -> str:
        """One part of a path."""
        if not part.startswith("{"):
            return part
        name = part.strip("{}")
        shape = shapes[name]
        if "$ref" in shape or "enum" in shape or "const" in shape:
            return str(self.fake(shape, name))
        words = {
            "key": "orders.release_cutoff_hours",
            "section": "skills",
            "purpose": "registration_core",
            "code": "ZAAAAAAAAAAAAAAAAA",
        }
        return str(words.get(name) or self.ids.get(name) or new_id())

    def body(self, operation: dict[str, Any]) -> dict[str, Any]:
        """`json=`, or `files=` and `data=`, for httpx; nothing where no body is taken."""
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            return {"json": self.fake(content["application/json"]["schema"], "")}
        if "multipart/form-data" in content:
            filled = self.fake(content["multipart/form-data"]["schema"], "")
            filled.pop("file", None)
            data = {name: str(value).lower() for name, value in filled.items()}
            return {"files": {"file": ("a.csv", "姓名,手机号\n".encode())}, "data": data}
        return {}

    def query(self, operation: dict[str, Any]) -> dict[str, str]:
        """The required parameters."""
        return {
            each["name"]: str(self.fake(each["schema"], each["name"]))
            for each in operation.get("parameters", ())
            if each["in"] == "query" and each.get("required")
        }

    def fake(self, shape: dict[str, Any], name: str) -> Any:
        """A value of the shape."""
        if "$ref" in shape:
            return self.fake(self.shapes[shape["$ref"].rpartition("/")[2]], name)
        if name in BY_NAME:
            return BY_NAME[name]
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in shape:
                return self.fake(shape[choice][0], name)
        if "const" in shape:
            return shape["const"]
        if "enum" in shape:
            return shape["enum"][0]
        return getattr(self, "_" + shape.get("type", "object"))(shape, name)

    def _object(self, shape: dict[str, Any], _: str) -> Any:
        inner = shape.get("properties", {})
        return {name: self.fake(inner[name], name) for name in shape.get("required", ())}

    def _array(self, shape: dict[str, Any], name: str) -> Any:
        return [self.fake(shape["items"], name.removesuffix("s"))] * shape.get("minItems", 0)

    def _string(self, shape: dict[str, Any], name: str) -> Any:
        kinds = {
            "uuid": str(self.ids.get(name) or new_id()),
            "date": clock.today().isoformat(),
            "date-time": clock.now().isoformat(),
            "binary": "",
        }
        if shape.get("format") in kinds:
            return kinds[shape["format"]]
        return (shape.get("examples") or ["x" * max(shape.get("minLength", 1), 6)])[0]

    def _integer(self, shape: dict[str, Any], _: str) -> Any:
        return int(shape.get("minimum", 1))

    def _number(self, shape: dict[str, Any], _: str) -> Any:
        return shape.get("minimum", 1)

    def _boolean(self, _: dict[str, Any], __: str) -> Any:
        return True
