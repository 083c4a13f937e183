"""Days, weeks and months as they were frozen."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement

from app.models.statistic import RollUp
from app.rules.names import Permission
from app.rules.words import LEVELS, SECRETARY, STAFF, over

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of RollUp
    P.ROLL_UP_READ: over(RollUp.organization_id, *STAFF, *LEVELS),
    P.ROLL_UP_SEND: over(RollUp.organization_id, *SECRETARY),
}
