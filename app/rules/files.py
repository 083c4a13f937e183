"""Photos."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement

from app.models.file import File
from app.rules.names import Permission
from app.rules.words import PERSON, STAFF, over

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of File
    P.FILE_OWN: File.owner_id == PERSON,
    P.FILE_DECIDE: over(File.community_id, *STAFF),
}
