"""The counters of an organization as they are stored: what was gathered, and what is yet to be."""

# ruff: noqa: S608 - constants of this module and of its callers make its SQL, nothing else

COLUMNS = "organization_id, figure, month, kind, category, bucket, number"


def counters(unit: str, where: str) -> str:
    """A table expression: rows of one counter may be several, and their sum is the counter."""
    return " UNION ALL ".join(
        f"SELECT {COLUMNS} FROM {table} AS counter"
        f" WHERE counter.organization_id = {unit} AND {where}"
        for table in ("organization_months", "counter_changes")
    )


def summed(where: str) -> str:
    """Every counter of which this holds, a row each; what comes to nothing has none."""
    keys = COLUMNS.removesuffix(", number")
    return f"""
        SELECT {keys}, sum(number)::bigint AS number
        FROM (SELECT {COLUMNS} FROM organization_months
              UNION ALL SELECT {COLUMNS} FROM counter_changes) AS counter
        WHERE {where} GROUP BY {keys} HAVING sum(number) <> 0"""
