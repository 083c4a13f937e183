"""People who served, each once, in any run of months: without looking at people when it is read.

Whoever served in an organization in a month is counted there under how many months ago he had served
there before (`bucket`; 0: never). Then who served in some months together, each once, are those of
each month who had not served since the first of them: a sum of few counters for every period there
is. A level's people are those of the communities below it.
"""

# ruff: noqa: S608 - constants of this module and of its callers make its SQL, nothing else

ROW = "member_id, community_id, employer_id, month"
_AGO = "age(month, before)"
# Of a counter `once`: whether the person had not served in the organization since the bind `since`.
IS_FIRST = (
    "({of}.bucket = 0 OR ({of}.month - make_interval(months => {of}.bucket::int))::date < :since)"
)


def once(rows: str, places: str = "counted_leaves") -> str:
    """Each organization and month in which somebody served, with `bucket`; of `ROW`s of members."""
    return f"""
        SELECT organization_id, month, coalesce(
            extract(year FROM {_AGO}) * 12 + extract(month FROM {_AGO}), 0)::int AS bucket
        FROM (
            SELECT organization_id, month, lag(month) OVER (
                PARTITION BY organization_id, member_id ORDER BY month) AS before
            FROM (
                SELECT DISTINCT one.id AS organization_id, done.member_id, done.month
                FROM {rows} AS done JOIN {places} AS place ON place.organization_id = done.community_id
                CROSS JOIN LATERAL unnest(place.above || done.community_id || done.employer_id)
                    AS one (id)
            ) AS served
        ) AS following"""


def counted(*signed: tuple[str, int]) -> str:
    """The counters of several `once`s together, each with its sign; what comes to nothing has none."""
    rows = " UNION ALL ".join(
        f"SELECT *, {sign} AS sign FROM ({of}) AS each" for of, sign in signed
    )
    return f"""
        SELECT organization_id, 'once' AS figure, month, '' AS kind, '' AS category, bucket,
               sum(sign) AS number
        FROM ({rows}) AS signed GROUP BY organization_id, month, bucket HAVING sum(sign) <> 0"""
