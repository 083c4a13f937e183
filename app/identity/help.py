"""How to go on without a login: whom to ask, how to register, where privacy is minded.

Source: practice.md R32. The words are the tenant's content (`help.topics`).
"""

from typing import Any

from sqlalchemy import select

from app.core.prepared import Prepared, Reader
from app.identity import consents
from app.models.organization import ContentItem

TOPICS = "help.topics"

WORDS = Prepared(
    select(ContentItem.section, ContentItem.code, ContentItem.data)
    .where((ContentItem.section == TOPICS) | (ContentItem.section == consents.TENANT))
    .order_by(ContentItem.position, ContentItem.code)
)


async def show(reader: Reader) -> dict[str, Any]:
    """Every topic that is switched on, with the tenant's own names filled in."""
    rows = await WORDS.rows(reader, {})
    tenant = {
        row["code"]: row["data"]["value"] for row in rows if row["section"] == consents.TENANT
    }
    return {
        "topics": [
            {
                "code": row["code"],
                "name": row["data"]["name"],
                "text": consents.filled(row["data"]["text"], tenant),
            }
            for row in rows
            if row["section"] == TOPICS and row["data"].get("enabled") is not False
        ]
    }
