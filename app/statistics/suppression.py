"""Which cells are hidden so that no few people can be told apart, nor computed back from the rest.

Between organizations a cell of 1 to `least` - 1 people is hidden. Where one is hidden, the zeros of
its line are hidden with it, and the smallest others until it cannot be computed from the line's
total: two or more that are not zero, of `least` people together. Below a hidden organization
everything is hidden. Source: practice.md R6.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import product
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)


def hidden_in_line(people: Mapping[Key, int], least: int) -> set[Key]:
    """The cells of one line, whose total is shown, that are hidden."""
    if not any(0 < count < least for count in people.values()):
        return set()
    hidden = {key for key, count in people.items() if count < least}
    others = sorted(set(people) - hidden, key=lambda key: (people[key], str(key)))
    while others and not _is_safe([people[key] for key in hidden], least):
        hidden.add(others.pop(0))
    return hidden if _is_safe([people[key] for key in hidden], least) else set(people)


def _is_safe(hidden: Sequence[int], least: int) -> bool:
    return sum(count > 0 for count in hidden) >= 2 and sum(hidden) >= least


def hidden_in_tree(
    people: Mapping[Key, int], lineages: Mapping[Key, Sequence[Key]], least: int
) -> set[Key]:
    """The organizations whose count is hidden; `people` by leaf, `lineages` of the leaves.

    A count stands on every level, and each level's is the sum of those below it.
    """
    return Tree(lineages).hidden(people, least)


class Tree(Generic[Key]):
    """What stands below what, made once for the counts of many months."""

    def __init__(self, lineages: Mapping[Key, Sequence[Key]]) -> None:
        self._lineages = lineages
        self._below: defaultdict[Key | None, set[Key]] = defaultdict(set)
        for lineage in lineages.values():
            for above, one in zip([None, *lineage], lineage, strict=False):
                self._below[above].add(one)

    def hidden(self, people: Mapping[Key, int], least: int) -> set[Key]:
        """As `hidden_in_tree`; where nobody is and nothing is hidden it looks no further."""
        counts: defaultdict[Key, int] = defaultdict(int)
        for leaf, count in people.items():
            for one in self._lineages.get(leaf, ()):
                counts[one] += count
        hidden: set[Key] = set()
        waiting: list[Key | None] = [None]
        while waiting:
            place = waiting.pop()
            line = {one: counts.get(one, 0) for one in self._below[place]}
            if place in hidden:
                hidden.update(line)
            elif place is None:
                hidden.update(one for one, count in line.items() if 0 < count < least)
            else:
                hidden |= hidden_in_line(line, least)
            waiting += [
                one
                for one, count in line.items()
                if one in self._below and (count or one in hidden)
            ]
        return hidden


def hidden_in_table(
    people: Mapping[tuple[Row, Column], int], least: int
) -> set[tuple[Row, Column]]:
    """The cells of a table that are hidden, where the sums of all rows and columns are shown.

    What is hidden can be computed back if, and only if, it is the only way between its row and its
    column: so each hidden cell gets a second way, over the three cells that hide the fewest people.
    Where there is none, the whole table is hidden.
    """
    hidden = {cell for cell, count in people.items() if 0 < count < least}
    if not hidden:
        return set()
    rows, columns = {row for row, _ in people}, {column for _, column in people}
    while (cell := _only_way(hidden)) is not None:
        row, column = cell
        ways = [
            [(row, other), (another, column), (another, other)]
            for another, other in product(rows - {row}, columns - {column})
        ]
        open_ways = [way for way in ways if all(people.get(each, 0) for each in way)]
        if not open_ways:
            return set(people)
        costs = [(sum(people[each] for each in {*way} - hidden), str(way)) for way in open_ways]
        hidden.update(open_ways[costs.index(min(costs))])
    return hidden | {cell for cell, count in people.items() if count < least}


def _only_way(hidden: set[tuple[Row, Column]]) -> tuple[Row, Column] | None:
    """A hidden cell on no circle of hidden cells: a bridge of the graph of rows and columns."""
    near: defaultdict[Any, list[tuple[Any, tuple[Row, Column]]]] = defaultdict(list)
    for cell in sorted(hidden, key=str):
        near["row", cell[0]].append((("column", cell[1]), cell))
        near["column", cell[1]].append((("row", cell[0]), cell))
    entered: dict[Any, int] = {}
    lowest: dict[Any, int] = {}
    for start in near:
        if start in entered:
            continue
        entered[start] = lowest[start] = len(entered)
        path: list[Any] = [(start, None, iter(near[start]))]
        while path:
            place, by, ways = path[-1]
            following, over = next(ways, (None, None))
            if following is None:
                path.pop()
                if path:
                    before = path[-1][0]
                    lowest[before] = min(lowest[before], lowest[place])
                    if lowest[place] > entered[before]:
                        found: tuple[Row, Column] = by
                        return found
            elif following not in entered:
                entered[following] = lowest[following] = len(entered)
                path.append((following, over, iter(near[following])))
            elif over != by:
                lowest[place] = min(lowest[place], entered[following])
    return None
