"""Whatever is hidden, nobody can compute it back: tried by brute force over every possible table."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from app.statistics.suppression import hidden_in_line, hidden_in_table, hidden_in_tree

LEAST = 3
COUNTS = st.integers(0, 4)


def solutions(people: Mapping[Any, int], hidden: set[Any], sums: list[set[Any]]) -> Iterator[Any]:
    """Every way to fill the hidden cells so that all shown sums come out."""
    unknown = sorted(hidden, key=str)
    for values in product(range(max(people.values(), default=0) + 2), repeat=len(unknown)):
        filled = {**people, **dict(zip(unknown, values, strict=True))}
        if all(sum(filled[k] for k in line) == sum(people[k] for k in line) for line in sums):
            yield filled


def told(people: Mapping[Any, int], hidden: set[Any], sums: list[set[Any]]) -> set[Any]:
    """The hidden cells that have the same value in every solution."""
    open_still = set(hidden)
    seen: dict[Any, int] = {}
    for filled in solutions(people, hidden, sums):
        open_still -= {k for k in open_still if seen.setdefault(k, filled[k]) != filled[k]}
        if not open_still:
            break
    return open_still


@given(st.lists(COUNTS, min_size=1, max_size=4), st.integers(2, 4))
def test_a_cell_of_a_line_is_never_computed_from_its_total(counts: list[int], least: int) -> None:
    people = dict(enumerate(counts))
    hidden = hidden_in_line(people, least)
    small = {k for k, count in people.items() if 0 < count < least}
    assert small <= hidden
    assert bool(hidden) is bool(small)
    if sum(counts) >= least:  # the total of fewer is not shown either
        assert not (told(people, hidden, [set(people)]) & small)


def test_a_line_hides_the_smallest_and_as_few_as_it_can() -> None:
    assert hidden_in_line({"a": 9, "b": 2, "c": 4, "d": 0}, LEAST) == {"b", "c", "d"}
    assert hidden_in_line({"a": 9, "b": 2, "c": 1, "d": 5}, LEAST) == {"b", "c"}
    assert hidden_in_line({"a": 9, "b": 0, "c": 4}, LEAST) == set()
    assert hidden_in_line({"a": 2, "b": 0}, LEAST) == {"a", "b"}


def test_a_table_without_a_second_way_is_hidden_whole() -> None:
    people = {("a", "x"): 1, ("a", "y"): 5, ("b", "x"): 0, ("b", "y"): 4}
    assert hidden_in_table(people, LEAST) == set(people)
    assert hidden_in_table({("a", "x"): 3, ("b", "x"): 0}, LEAST) == set()


TABLES = st.tuples(st.integers(2, 3), st.integers(2, 3)).flatmap(
    lambda size: st.lists(
        st.integers(0, 4), min_size=size[0] * size[1], max_size=size[0] * size[1]
    ).map(lambda counts: dict(zip(product(range(size[0]), "xyz"[: size[1]]), counts, strict=True)))
)


@settings(max_examples=30)
@given(TABLES)
def test_a_cell_of_a_table_is_never_computed_from_its_sums(
    people: dict[tuple[int, str], int],
) -> None:
    hidden = hidden_in_table(people, LEAST)
    small = {k for k, count in people.items() if 0 < count < LEAST}
    assert small <= hidden
    rows = [{k for k in people if k[0] == row} for row in range(3)]
    columns = [{k for k in people if k[1] == column} for column in "xyz"]
    # a sum of few people is not shown either
    sums = [line for line in (*rows, *columns) if sum(people[k] for k in line) >= LEAST]
    if len(hidden) <= 5:
        assert not (told(people, hidden, sums) & small)


def ids(count: int) -> list[UUID]:
    return [UUID(int=n + 1) for n in range(count)]


@settings(max_examples=30)
@given(st.lists(COUNTS, min_size=5, max_size=5), st.sampled_from([(2, 3), (1, 4), (3, 2)]))
def test_no_level_tells_what_another_hides(counts: list[int], shape: tuple[int, int]) -> None:
    """City, two subdistricts, five communities; whatever is shown of any level is known."""
    city, first, second, *leaves = ids(8)
    lineages = {
        leaf: [city, first if n < shape[0] else second, leaf] for n, leaf in enumerate(leaves)
    }
    people = dict(zip(leaves, counts, strict=True))
    hidden = hidden_in_tree(people, lineages, LEAST)
    sums = [
        {leaf for leaf in leaves if place in lineages[leaf]}
        for place in (city, first, second)
        if place not in hidden
    ]
    known = told(people, hidden & set(leaves), sums)
    assert not {leaf for leaf in known if 0 < people[leaf] < LEAST}
    for place in {first, second, city} & hidden:
        under = {leaf for leaf in leaves if place in lineages[leaf]}
        if 0 < sum(people[leaf] for leaf in under) < LEAST:
            found = solutions(people, hidden & set(leaves), sums)
            assert len({sum(filled[leaf] for leaf in under) for filled in found}) > 1
    assert {leaf for leaf in leaves if 0 < people[leaf] < LEAST} <= hidden
