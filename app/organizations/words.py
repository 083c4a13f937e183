"""The tenant's words for organizations: kinds, compound types, posts, sheets of import files."""

from sqlalchemy import String, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.core.prepared import Prepared, Reader
from app.core.sheets import forms as sheets
from app.core.sheets.forms import Form
from app.models.organization import ContentItem

KINDS = (
    "organization_kinds.territory",
    "organization_kinds.community_side",
    "organization_kinds.employer_side",
    "organization_kinds.partners",
)
COMPOUND_TYPES = "compound_types"
POSTS = "appointments"


FORMS = select(ContentItem.data).where(
    ContentItem.section == "imports", ContentItem.code == bindparam("file", type_=String())
)
READ_FORMS = Prepared(FORMS)
READ_NAMES = Prepared(
    select(ContentItem.section, ContentItem.code, ContentItem.data)
    .where(ContentItem.section == any_(bindparam("sections", type_=ARRAY(String()))))
    .order_by(ContentItem.section, ContentItem.position)
)


async def names(session: AsyncSession, *sections: str) -> dict[str, str]:
    """Chinese names by code, of what is switched on in these sections; one statement."""
    rows = await session.execute(
        select(ContentItem.code, ContentItem.data)
        .where(ContentItem.section.in_(sections))
        .order_by(ContentItem.section, ContentItem.position)
    )
    return {code: data["name"] for code, data in rows if data.get("enabled") is not False}


async def forms(session: AsyncSession, file: str) -> tuple[Form, ...]:
    """The sheets of one kind of import file with their columns, as the tenant names them."""
    data = (await session.execute(FORMS, {"file": file})).scalar_one()
    return sheets.forms(data["value"])


async def read_names(reader: Reader, *sections: str) -> list[dict[str, str]]:
    """As `names`, before a transaction begins; of each section apart, in the order asked."""
    rows = await READ_NAMES.rows(reader, {"sections": list(sections)})
    return [
        {
            row["code"]: row["data"]["name"]
            for row in rows
            if row["section"] == section and row["data"].get("enabled") is not False
        }
        for section in sections
    ]


async def read_forms(reader: Reader, file: str) -> tuple[Form, ...]:
    """As `forms`, before a transaction begins."""
    row = await READ_FORMS.one(reader, {"file": file})
    return sheets.forms(() if row is None else row["data"]["value"])


async def require(session: AsyncSession, section: str, code: str, *, pointer: str) -> None:
    """Raises Invalid at `pointer` if `code` is not one of the section."""
    if code not in await names(session, section):
        raise Invalid.field(pointer, "unknown_code", "不在可选范围内")
