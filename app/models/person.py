"""People: whoever signs in; their consents, sessions, roles."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed


class Person(Identified, Timestamped, Base):
    """Before consent a person is an id and nothing else; name and phone come with consent."""

    __tablename__ = "people"

    name: Mapped[str | None] = mapped_column(Sealed("people.name"))
    phone: Mapped[str | None] = mapped_column(Sealed("people.phone"))
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    phone_verified_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class WechatAccount(Timestamped, Base):
    """An openid of one mini-program and whose it is."""

    __tablename__ = "wechat_accounts"

    appid: Mapped[str] = mapped_column(String(32), primary_key=True)
    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    unionid: Mapped[str | None] = mapped_column(String(64))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    last_login_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class Consent(Identified, Base):
    """One purpose agreed to, in the words of one version; withdrawn is a time, never a deletion."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_living",
            "person_id",
            "purpose",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_consents_person_id", "person_id", "purpose", "id"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    purpose: Mapped[str] = mapped_column(String(40))
    text_version: Mapped[str] = mapped_column(String(20))
    text_hash: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(40))
    given_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    withdrawn_at: Mapped[datetime | None]


class RefreshToken(Identified, Base):
    """An opaque token, stored hashed, good for one use; reuse revokes its family."""

    __tablename__ = "refresh_tokens"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    family_id: Mapped[UUID] = mapped_column(index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(80))
    issued_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Role(StrEnum):
    """What a person may do in an organization and all below it. Source: design.md §5.

    `resident` and `member` are not granted: they follow from a living binding or registration.
    """

    CITY_ADMIN = "city_admin"
    DISTRICT_ADMIN = "district_admin"
    SUBDISTRICT_ADMIN = "subdistrict_admin"
    COMMUNITY_SECRETARY = "community_secretary"
    COMMUNITY_CLERK = "community_clerk"
    GRID_WORKER = "grid_worker"
    GRID_HELPER = "grid_helper"
    BUILDING_HELPER = "building_helper"
    BRANCH_SECRETARY = "branch_secretary"
    BRANCH_DEPUTY = "branch_deputy"
    GROUP_LEADER = "group_leader"
    RESIDENT_REPRESENTATIVE = "resident_representative"
    EMPLOYER_SECRETARY = "employer_secretary"
    EMPLOYER_CLERK = "employer_clerk"
    MERCHANT = "merchant"
    AUDITOR = "auditor"
    CITY_DISCIPLINE_CONTACT = "city_discipline_contact"


class RoleGrant(Identified, Timestamped, Base):
    """One role of one person in one organization, from and to local days; both ends included."""

    __tablename__ = "role_grants"
    __table_args__ = (
        UniqueConstraint("person_id", "role", "organization_id", "valid_from"),
        Index("ix_role_grants_organization_id", "organization_id"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    role: Mapped[Role]
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointments.id"), index=True)
    granted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
