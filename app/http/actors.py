"""Who is asking: the access token, and the roles behind it from the database, cached for seconds."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from jose import JWTError, jwt
from sqlalchemy import Uuid, bindparam, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.types import Date, String

from app.core import clock
from app.core.errors import Unauthorized
from app.core.prepared import Prepared, Reader
from app.models.member import Registration, Resident
from app.models.organization import Organization
from app.models.person import Person, Role, RoleGrant
from app.permissions import Actor

ALGORITHM = "HS256"
CACHED_SECONDS = 10.0
MOST_CACHED = 2_000  # a kilobyte each; more people than ask one process in ten seconds


class TokenExpired(Unauthorized):
    """The access token is past its time: refresh it."""

    code, title = "token_expired", "登录已过期"


class Tokens:
    """Signs and reads access tokens; `kid` names the key, so keys can be changed without a gap."""

    def __init__(self, keys: Mapping[str, bytes], minutes: int) -> None:
        self._keys, self._minutes = keys, minutes
        self._current = next(iter(keys))
        self._verified = lru_cache(MOST_CACHED)(self._verify)

    @property
    def lifetime_seconds(self) -> int:
        """How long a token that is signed now is good for."""
        return self._minutes * 60

    def sign(self, person_id: UUID) -> str:
        """An access token of this person."""
        now = clock.now()
        claims = {
            "sub": str(person_id),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=self._minutes)).timestamp()),
            "use": "access",
        }
        key = self._keys[self._current]
        return jwt.encode(claims, key, ALGORITHM, headers={"kid": self._current})

    def read(self, token: str) -> UUID:
        """The person of a token; its signature is verified once in each process.

        Raises:
            TokenExpired: it was good once.
            Unauthorized: forged, of another kind, or signed with a key that is no longer ours.
        """
        person_id, expires = self._verified(token)
        if expires <= clock.now().timestamp():
            raise TokenExpired
        return person_id

    def _verify(self, token: str) -> tuple[UUID, float]:
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(token, key, algorithms=[ALGORITHM], options={"verify_exp": False})
            if claims["use"] != "access":
                raise Unauthorized
            return UUID(claims["sub"]), float(claims["exp"])
        except (JWTError, KeyError, TypeError, ValueError, AttributeError):
            raise Unauthorized from None


def _statement() -> Any:
    person, today = bindparam("person", type_=Uuid()), bindparam("today", type_=Date())
    roles = select(
        RoleGrant.role.cast(String).label("role"),
        RoleGrant.organization_id.label("organization_id"),
    ).where(
        RoleGrant.person_id == person,
        RoleGrant.valid_from <= today,
        func.coalesce(RoleGrant.valid_to, today) >= today,
    )
    homes = select(
        literal("place").label("role"), func.unnest(Organization.lineage).label("organization_id")
    ).where(
        Organization.id.in_(
            union_all(
                select(Registration.community_id).where(
                    Registration.person_id == person, Registration.status == "active"
                ),
                select(Resident.community_id).where(
                    Resident.person_id == person, Resident.ended_at.is_(None)
                ),
            )
        )
    )
    living = select(literal("person").label("role"), Person.id.label("organization_id")).where(
        Person.id == person, Person.closed_at.is_(None)
    )
    held = union_all(roles, homes, living).subquery()
    return select(
        held.c.role.label("role"),
        func.array_agg(
            aggregate_order_by(held.c.organization_id, held.c.organization_id),
            type_=ARRAY(Uuid()),
        ).label("organizations"),
    ).group_by(held.c.role)


ACTOR = Prepared(_statement())


class Actors:
    """Reads actors, and remembers each for a few seconds: who reads may read so long what a role
    showed that was revoked; who writes is read anew (`deps.get_actor`).
    """

    def __init__(self, seconds: float = CACHED_SECONDS) -> None:
        self._seconds = seconds
        self._known: OrderedDict[UUID, tuple[float, Actor]] = OrderedDict()

    async def find(self, reader: Reader, person_id: UUID) -> Actor:
        """The person as an actor, in one statement.

        Raises:
            Unauthorized: there is no such person, or the account was closed.
        """
        known = self.recall(person_id)
        if known is not None:
            return known
        actor = await read_actor(reader, person_id, clock.today())
        self._known[person_id] = (time.monotonic() + self._seconds, actor)
        self._known.move_to_end(person_id)
        if len(self._known) > MOST_CACHED:
            self._known.popitem(last=False)
        return actor

    def recall(self, person_id: UUID) -> Actor | None:
        """The person as remembered, or None."""
        known = self._known.get(person_id)
        return known[1] if known is not None and known[0] > time.monotonic() else None

    def forget(self, person_id: UUID) -> None:
        """The next request of this person reads its roles anew."""
        self._known.pop(person_id, None)


async def read_actor(reader: Reader, person_id: UUID, today: date) -> Actor:
    """The person with roles and places as they are on the local day `today`."""
    rows = await ACTOR.rows(reader, {"person": person_id, "today": today})
    found = {row["role"]: tuple(row["organizations"]) for row in rows}
    if "person" not in found:
        raise Unauthorized
    held = {Role(role): ids for role, ids in found.items() if role not in ("person", "place")}
    return Actor(person_id, held, found.get("place", ()))
