"""Every SELECT that the tests compile joins what it names.

Of two tables that stand side by side each row meets each; and a condition that was to look out of a
subquery at the row around it, and brings that row's table along instead, is true of anybody.
"""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.sql.selectable import CTE, Alias, Join, Lateral, Subquery

_compose: Any = PGCompiler._compose_select_body


def watch() -> None:
    """From now on such a statement is an error of whoever compiles it, in this process."""

    def composed(
        self: Any, text: Any, select: Any, state: Any, columns: Any, froms: Any, *rest: Any
    ) -> Any:
        tables = [each for each in froms if _has_rows_of_its_own(each)]
        assert len(tables) < 2, f"side by side, unjoined: {', '.join(map(str, tables))}"
        return _compose(self, text, select, state, columns, froms, *rest)

    PGCompiler._compose_select_body = composed  # type: ignore[method-assign]


def _has_rows_of_its_own(each: Any) -> bool:
    """Not what is made of the row beside it: `unnest`, a lateral."""
    if isinstance(each, Alias):
        return _has_rows_of_its_own(each.element)
    return isinstance(each, Table | Join | Subquery | CTE) and not isinstance(each, Lateral)
