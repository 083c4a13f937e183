"""The one place that asks the table of rules: in WHERE (404), in the columns (403 and buttons)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, String, case, func
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.sql import visitors

from app.core.errors import Forbidden
from app.models.person import Role
from app.rules.names import Permission
from app.rules.table import RULES
from app.rules.words import SYSTEM

__all__ = ["Actor", "Permission", "grants", "may", "named_roles", "require"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking; `held`: organizations by role; `places`: home communities and all above them."""

    person_id: UUID | None
    held: Mapping[Role, tuple[UUID, ...]] = field(default_factory=dict)
    places: tuple[UUID, ...] = ()
    is_system: bool = False

    @classmethod
    def system(cls) -> "Actor":
        """The house itself: worker, commands."""
        return cls(person_id=None, is_system=True)

    def binds(self) -> dict[str, Any]:
        """A value for every bind that a rule may name."""
        held = {f"held_{role}": list(self.held.get(role, ())) for role in Role}
        return {
            "person": self.person_id,
            "places": list(self.places),
            "is_system": self.is_system,
        } | held


@cache  # built anew for each request, conditions were a fifth of what a step of staff costs
def may(permission: Permission) -> ColumnElement[bool]:
    """For WHERE: what the actor may not see is not found."""
    return SYSTEM | RULES[permission]


@cache
def grants(*permissions: Permission) -> ColumnElement[Any]:
    """For the columns: which of `permissions` the actor has on the row, as `grants`."""
    each = [case((may(permission), permission.value)) for permission in permissions]
    return func.array_remove(array[Any](each, type_=String()), None, type_=ARRAY(String())).label(
        "grants"
    )


def require(granted: Collection[str], permission: Permission) -> None:
    """Nothing, or Forbidden."""
    if permission not in granted:
        raise Forbidden


@cache
def named_roles(permission: Permission) -> frozenset[str]:
    """The roles that a rule names; for generated tests and the contract."""
    return frozenset(
        bind.key.removeprefix("held_")
        for bind in visitors.iterate(RULES[permission])
        if isinstance(bind, BindParameter) and bind.key.startswith("held_")
    )
