"""The house rules that no linter knows."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from fastapi.routing import APIRoute

from app.doors import ROUTERS
from app.policies import shipped
from bench import server

TOP = Path(__file__).parent.parent
APP = TOP / "app"


def modules() -> Iterator[Path]:
    """Every module of the house; the simulator is a program of its own."""
    for path in sorted(APP.rglob("*.py")):
        if "simulator" not in path.parts:
            yield path


@cache
def tree(path: Path) -> ast.Module:
    """The module as Python reads it."""
    return ast.parse(path.read_text(encoding="utf-8"))


def nodes(pattern: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node, with the module's path, of each module in whose text the pattern is found.

    There are half a million in all, which take five seconds to walk.
    """
    for path in modules():
        if re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE):
            for node in ast.walk(tree(path)):
                yield str(path.relative_to(APP)), node


def test_only_a_lifecycle_sets_a_status() -> None:
    places = {
        path
        for path, node in nodes(r"\.status = ")
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and target.attr == "status"
        and ast.unparse(target) != "self.status"
    }
    assert places == {"lifecycle.py"}


def test_nobody_commits_but_the_edge() -> None:
    assert not [
        path
        for path, node in nodes(r"\bcommit\b")
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]


def test_an_alias_is_made_at_the_top_not_with_each_call() -> None:
    """It copies every column of its table: a third of a megabyte of garbage for each of three once."""
    made = {
        path
        for path, function in nodes(r"\baliased\b")
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "aliased"
    }
    assert made == {"deadlines.py"}  # which modules call while they are imported


# Libraries that most processes never use, each 1 to 15 MB: the one reason to import in a function.
RARE = {"icalendar", "obstore", "segno", "strokes", "xlsxwriter"}
# What only other processes load: those that migrate, read photos or sheets, set paper.
OTHERS = {"PIL", "alembic", "holidays", "mako", "python_calamine", "typst", "yaml"}
STARTED = """
import sys, app.main
print(*sys.modules)
routes = [route for router in app.main.ROUTERS for route in router.routes]
print(*(type(route).__name__ for route in routes if "dependant" in vars(route)))
"""


def test_imports_stand_at_the_top() -> None:
    inner = [
        f"{path}:{inside.lineno}"
        for path, node in nodes(r"^ +(from \S+ import|import \S)")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inside in ast.walk(node)
        if isinstance(inside, ast.Import | ast.ImportFrom) and not _packages(inside) <= RARE
    ]
    assert inner == []
    assert not [path for path, _ in nodes(r"\bTYPE_CHECKING\b")]


def _packages(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = (
        [node.module or ""] if isinstance(node, ast.ImportFrom) else [n.name for n in node.names]
    )
    return {name.partition(".")[0] for name in names}


def test_a_web_process_starts_without_what_it_rarely_needs() -> None:
    """A process of its own, for the one of the tests has loaded and made ready all of it."""
    loaded, ready = subprocess.run(
        [sys.executable, "-c", STARTED], cwd=TOP, capture_output=True, check=True, text=True
    ).stdout.splitlines()
    assert {name.partition(".")[0] for name in loaded.split()} & (RARE | OTHERS) == set()
    assert [
        name for name in loaded.split() if name.startswith(("app.wiring", "pydantic.v1."))
    ] == []
    assert set(ready.split()) == {"HotRoute"}


def test_the_bench_measures_what_the_image_runs() -> None:
    image = (TOP / "Dockerfile").read_text(encoding="utf-8")
    said = f"MALLOC_MMAP_THRESHOLD_={server.AS_IMAGE['MALLOC_MMAP_THRESHOLD_']}"
    assert said in image and "PYTHONOPTIMIZE=2" in image and server.PRODUCT[0] == "-OO"


def test_everything_public_says_what_it_is() -> None:
    silent = [
        f"{path.relative_to(APP)}:{getattr(node, 'name', 'module')}"
        for path in modules()
        for node in documented(tree(path))
        if not ast.get_docstring(node) and path.name != "__init__.py" and not _needs_none(node)
    ]
    assert silent == []


Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def documented(node: Documented) -> Iterator[Documented]:
    """The node and what stands in it for others to use; not what a function keeps to itself."""
    yield node
    if isinstance(node, ast.Module | ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, Documented) and not inner.name.startswith("_"):
                yield from documented(inner)


def _needs_none(node: ast.AST) -> bool:
    """An error kind or a table of history says all by its base; an override by what it overrides."""
    if isinstance(node, ast.ClassDef):
        bases = {ast.unparse(base) for base in node.bases}
        return bool(bases & {"AppError", "History", "StrEnum"})
    return isinstance(node, ast.FunctionDef) and node.name.startswith("process_")


LOOSE = {"int", "bool", "str", "datetime", "date"}


def loose(annotation: ast.AST) -> Iterator[str]:
    """Bare scalars of a type; `Annotated[str, Text(…)]` and `Annotated[int, Whole(…)]` are strict."""
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Annotated":
        kind, *how = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
        if not any(ast.unparse(each).startswith(("Text(", "Whole(")) for each in how):
            yield from loose(kind)
    elif isinstance(annotation, ast.Name):
        yield from {annotation.id} & LOOSE
    else:
        for inner in ast.iter_child_nodes(annotation):
            yield from loose(inner)


def test_a_shape_that_comes_in_uses_only_strict_scalars() -> None:
    found = [
        f"{path}:{node.name}.{ast.unparse(field.target)}"
        for path, node in nodes(r"In[,)]")
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith("In") for base in node.bases)
        for field in node.body
        if isinstance(field, ast.AnnAssign) and [*loose(field.annotation)]
    ]
    assert found == []


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "helpers", "common", "constants", "base", "manager", "exceptions"}
    assert not [path for path in modules() if path.stem in drawers]


def test_a_package_says_nothing_itself() -> None:
    full = [
        str(path.relative_to(APP))
        for path in APP.rglob("__init__.py")
        if path.read_text(encoding="utf-8").strip()
    ]
    assert full == ["models/__init__.py"]


def routes() -> list[APIRoute]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def test_no_path_is_answered_by_an_earlier_route() -> None:
    """`/orders/{id}/{action}` before `/orders/{id}/seats` would swallow it."""
    seen: list[APIRoute] = []
    shadowed = []
    for route in routes():
        example = re.sub(r"\{[^}]+\}", "0192f000-0000-7000-8000-000000000000", route.path)
        for earlier in seen:
            shared = (earlier.methods or set()) & (route.methods or set())
            if shared and earlier.path_regex.match(example):
                shadowed.append(f"{route.path} by {earlier.path}")
        seen.append(route)
    assert shadowed == []


def test_every_operation_has_a_chinese_summary_and_an_english_description() -> None:
    poor = [
        route.path
        for route in routes()
        if route.include_in_schema
        and not (re.search(r"[\u4e00-\u9fff]", route.summary or "") and route.description)
    ]
    assert poor == []


def test_names_of_operations_are_unique() -> None:
    names = [route.name for route in routes() if route.include_in_schema]
    assert sorted({name for name in names if names.count(name) > 1}) == []


NEVER = [
    entry["word"]
    for entry in yaml.load(shipped.FILE.read_text(encoding="utf-8"), shipped.Loader)["wording"][
        "never"
    ]
]


@pytest.mark.parametrize("word", NEVER)
def test_a_word_that_frightens_is_on_no_screen(word: str) -> None:
    """Source: practice.md H. The content file itself names the words in order to forbid them."""
    places = [
        str(path.relative_to(TOP))
        for folder in (APP, TOP / "openapi")
        for path in folder.rglob("*")
        if path.suffix in {".py", ".html", ".json", ".js"}
        and word in path.read_text(encoding="utf-8")
    ]
    assert places == []
