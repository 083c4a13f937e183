"""Organizations: territory, Party and employers in one tree; posts held in them; files imported."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    Uuid,
    column,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class Organization(Identified, Timestamped, Base):
    """One node with exactly one parent.

    `lineage`: root first, itself last; it answers "subtree of" (`&&`), "nearest ancestor wins"
    and distance. A building hangs under its grid and names its compound beside; a functional
    group hangs under its branch and names the grid it is embedded in.
    """

    __tablename__ = "organizations"
    __table_args__ = (
        Index("ix_organizations_lineage", "lineage", postgresql_using="gin"),
        Index("ix_organizations_parent_id_position", "parent_id", "kind", "position", "id"),
        Index(
            "uq_organizations_code",
            "kind",
            "code",
            unique=True,
            postgresql_where=text("code IS NOT NULL AND closed_on IS NULL"),
        ),
        Index(
            "uq_organizations_name_under",
            "parent_id",
            "kind",
            "name",
            "compound_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("closed_on IS NULL AND code IS NULL"),
        ),
        Index(
            "ix_organizations_counted",
            "kind",
            "id",
            postgresql_where=text("kind IN ('community', 'employer')"),
        ),
        Index(
            "ix_organizations_taking_part",
            "name",
            "id",
            postgresql_where=text("takes_part AND closed_on IS NULL"),
        ),
    )

    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    lineage: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    code: Mapped[str | None] = mapped_column(
        String(20), comment="of the statistics bureau or USCC; an attribute, never a key"
    )
    position: Mapped[int] = mapped_column(default=0, comment="order among its sisters")
    community_kind: Mapped[str | None] = mapped_column(String(20), comment="urban, village")
    takes_part: Mapped[bool] = mapped_column(default=False)
    compound_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    compound_type: Mapped[str | None] = mapped_column(String(20))
    grid_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    unit_kind: Mapped[str | None] = mapped_column(String(40), comment="of an employer")
    stated_headcount: Mapped[int | None] = mapped_column(comment="in-service members it states")
    paired_community_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    units: Mapped[int | None] = mapped_column(comment="entrances of a building")
    households: Mapped[int | None]
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class NamedOrganization(Base):
    """An organization as statements name it beside their own rows: the few columns they ask for.

    An alias copies every column that its table has, and there are some ninety of them.
    """

    __table__ = table(
        "organizations",
        column("id", Uuid()),
        column("parent_id", Uuid()),
        column("lineage", ARRAY(Uuid())),
        column("kind", String()),
        column("name", String()),
        column("code", String()),
        column("position", Integer()),
        column("compound_id", Uuid()),
        column("grid_id", Uuid()),
        column("paired_community_id", Uuid()),
        column("closed_on", Date()),
    )
    __mapper_args__ = {"primary_key": [__table__.c.id]}

    id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    lineage: Mapped[list[UUID]]
    kind: Mapped[str]
    name: Mapped[str]
    code: Mapped[str | None]
    position: Mapped[int]
    compound_id: Mapped[UUID | None]
    grid_id: Mapped[UUID | None]
    paired_community_id: Mapped[UUID | None]
    closed_on: Mapped[date | None]


class OrganizationCode(Identified, Base):
    """A code an organization carries or carried: codes are cancelled and merged."""

    __tablename__ = "organization_codes"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    code: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(100))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Appointment(Identified, Timestamped, Base):
    """A post held in an organization, apart from roles; what it grants stands in the dictionary.

    The appointee may not have signed in yet: the phone's hash ties the person later.
    """

    __tablename__ = "appointments"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    post: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Sealed("appointments.name"))
    phone: Mapped[str | None] = mapped_column(Sealed("appointments.phone"))
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    acting_for_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointments.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]


class PairingStatus(StrEnum):
    PROPOSED = "proposed"
    ACTIVE = "active"
    ENDED = "ended"


class OrganizationRegistration(Identified, Timestamped, Base):
    """An employer registered with a community (组织报到): proposed by one, confirmed by the other."""

    __tablename__ = "organization_registrations"
    __table_args__ = (
        Index(
            "uq_organization_registrations_living",
            "employer_id",
            "community_id",
            unique=True,
            postgresql_where=text("status <> 'ended'"),
        ),
        Index("ix_organization_registrations_community_id", "community_id", "id"),
        Index("ix_organization_registrations_employer_id", "employer_id", "id"),
    )

    employer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    proposed_by: Mapped[str] = mapped_column(String(20), comment="employer or community")
    status: Mapped[PairingStatus] = mapped_column(default=PairingStatus.PROPOSED)
    receipt_number: Mapped[str | None] = mapped_column(String(60))


class OrganizationRegistrationStep(History, Base):
    __tablename__ = "organization_registration_steps"

    organization_registration_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization_registrations.id"), index=True
    )


class ImportKind(StrEnum):
    DIVISIONS = "divisions"
    COMMUNITY = "community"
    EMPLOYERS = "employers"
    ROSTER = "roster"


class ImportStatus(StrEnum):
    PREVIEWED = "previewed"
    APPLIED = "applied"
    LAPSED = "lapsed"


class Import(Identified, Timestamped, Base):
    """A file that was previewed: applied as a whole against the state it was previewed on, or never.

    `plan` holds the rows to take as sealed JSON, for it may name people.
    """

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_imports_organization_id", "organization_id", "id"),
    )

    kind: Mapped[ImportKind]
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    uploaded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    file_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[ImportStatus] = mapped_column(default=ImportStatus.PREVIEWED)
    plan: Mapped[str | None] = mapped_column(Sealed("imports.plan"))
    state_digest: Mapped[str] = mapped_column(String(64), comment="of what it was compared with")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due_at: Mapped[datetime | None]


class ImportStep(History, Base):
    __tablename__ = "import_steps"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), index=True)


class ContentItem(Identified, Timestamped, Base):
    """One entry of the tenant's content (categories, skills, words, consents, forms, policies).

    `shipped` is the entry as the product brought it; `data` is what holds. They differ once a
    tenant has edited it, and then no load changes it.
    """

    __tablename__ = "content_items"
    __table_args__ = (Index("uq_content_items", "section", "code", unique=True),)

    section: Mapped[str] = mapped_column(String(60))
    code: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    data: Mapped[dict[str, Any]]
    shipped: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Policy(Identified, Base):
    """A threshold as an organization set it, from a local day on; the nearest ancestor wins."""

    __tablename__ = "policies"
    __table_args__ = (Index("ix_policies_key", "key", "organization_id", "effective_on", "id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    key: Mapped[str] = mapped_column(String(80))
    value: Mapped[dict[str, Any]] = mapped_column(comment='{"value": …}')
    effective_on: Mapped[date]
    basis: Mapped[str] = mapped_column(Text)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
