"""People with a phone and what they have agreed to; who runs the mini-program can sign in."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.city import words
from app.city.chance import Chance, openid, phone
from app.city.rows import Rows
from app.core import fields
from app.identity.consents import ONLINE, Text
from app.models.person import Consent, Person, WechatAccount

# The first digits of a phone by what its owner is.
STAFF, MEMBER, RESIDENT = 36, 38, 59


class Somebody(NamedTuple):
    """A person as others name him."""

    id: UUID
    name: str
    phone: str


class People:
    """Whoever has an account."""

    def __init__(self, rows: Rows, chance: Chance, texts: Mapping[str, Text], appid: str) -> None:
        self._rows, self._chance, self._texts, self._appid = rows, chance, texts, appid
        self._count = 0

    def stranger(self, kind: int) -> tuple[str, str]:
        """Name and phone of somebody who may have no account."""
        self._count += 1
        return words.person(self._chance), phone(kind, self._count)

    def enter(
        self, kind: int, at: datetime, purposes: Iterable[str], known: tuple[str, str] | None = None
    ) -> Somebody:
        """Somebody has an account with a verified phone since then, and agrees to `purposes`."""
        name, number = known or self.stranger(kind)
        made = self._chance.id(at)
        self._rows.add(
            Person,
            id=made,
            name=name,
            phone=number,
            phone_hash=fields.find_by(number),
            phone_verified_at=at,
            created_at=at,
        )
        self._rows.add(
            WechatAccount,
            appid=self._appid,
            openid=openid(self._appid, number),
            person_id=made,
            last_login_at=at,
            created_at=at,
        )
        for purpose in purposes:
            text = self._texts[purpose]
            self._rows.add(
                Consent,
                id=self._chance.id(at),
                person_id=made,
                purpose=purpose,
                text_version=text.version,
                text_hash=text.hash,
                channel=ONLINE,
                given_at=at,
            )
        return Somebody(made, name, number)
