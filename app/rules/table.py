"""Who may do what: one table, one SQL condition over binds for each permission; a file a room.

A condition is built when the module loads and never written a second time in Python. Three words
make nearly every rule: the person stands in a column, a role is held on an organization or above
it (`over`), the place is one of the person's own or above them (`at_home`).
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement

from app.rules import (
    appraisals,
    emergency,
    evaluations,
    files,
    members,
    needs,
    orders,
    organizations,
    posts,
    records,
    reports,
    statistics,
    wishes,
)
from app.rules.names import Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    **organizations.RULES,
    **members.RULES,
    **files.RULES,
    **needs.RULES,
    **orders.RULES,
    **emergency.RULES,
    **posts.RULES,
    **wishes.RULES,
    **records.RULES,
    **statistics.RULES,
    **evaluations.RULES,
    **reports.RULES,
    **appraisals.RULES,
}
