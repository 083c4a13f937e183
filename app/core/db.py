"""The declarative base, and what every table shares."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Enum, MetaData, String, Uuid, cast, func, literal
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.core import clock
from app.core.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ex": "ex_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """One metadata for all tables; constraint names follow one convention."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            create_constraint=False,
            length=40,
            values_callable=lambda kind: [item.value for item in kind],
        ),
    }


class Identified:
    """A UUIDv7 as the key."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


def made_id(moment: datetime) -> ColumnElement[UUID]:
    """A fresh UUIDv7 of `moment` for each row that PostgreSQL itself makes (INSERT … SELECT)."""
    begins = f"{int(moment.timestamp() * 1000):012x}7"
    chance = func.substr(func.replace(cast(func.gen_random_uuid(), String), "-", ""), 14)
    return cast(literal(begins, String()).concat(chance), Uuid())


class Timestamped:
    """Times are set here, not by the server, so that one clock rules tests and rows alike."""

    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    updated_at: Mapped[datetime] = mapped_column(
        default=lambda: clock.now(), onupdate=lambda: clock.now()
    )
