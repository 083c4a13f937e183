"""The guard over what statements name: see `tests/joined.py`."""

import pytest
from sqlalchemy import exists, func, select

from app.core.prepared import Prepared
from app.models.need import Need, NeedStep
from app.models.order import Order


def test_two_tables_side_by_side_are_an_error() -> None:
    with pytest.raises(AssertionError, match="side by side, unjoined: needs, need_steps"):
        _ = Prepared(select(Need.id).where(Need.id == NeedStep.need_id)).sql


def test_so_is_the_outer_rows_table_brought_along() -> None:
    """A subquery two levels down, left to itself, asks for any row of it."""
    inner = exists().where(NeedStep.need_id == Need.id)
    counted = select(func.count()).where(inner).scalar_subquery()
    with pytest.raises(AssertionError, match="side by side"):
        _ = Prepared(select(Need.id).where(counted > 0)).sql


def test_what_is_made_of_the_row_stands_beside_it() -> None:
    each = func.unnest(Order.skills).column_valued("skill")
    assert "unnest" in Prepared(select(Order.id, each)).sql
