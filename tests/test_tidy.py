"""House rules no linter knows. Each failure says where, what and how to fix."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.e2e.looks import PAGES, declared

SOURCE = Path(__file__).parent.parent / "src" / "legato"
MODULE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
PACKAGE_MODULES_MAX = 15
PURE = ("model", "expr", "core", "connectors", "plan")
# Both break replay: str hashes differ per process, and so does set order.
UNSTABLE_CALLS = {"hash": "ids.digest", "set": "dict.fromkeys, or sorted(...)", "id": "a real id"}

MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = sorted({path.parent for path in MODULES})


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_module_is_tidy(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    where = path.relative_to(SOURCE)
    problems: list[str] = []
    if text.count("\n") > MODULE_LINES_MAX:
        problems.append(f"{where}: over {MODULE_LINES_MAX} lines; split it by noun")
    if text.strip() and not ast.get_docstring(tree):
        problems.append(f"{where}:1: no module docstring; say in one line what it is for")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                problems.append(
                    f"{where}:{node.lineno}: {node.name} has {length} lines; keep the "
                    "branches, move the straight-line work into helpers"
                )
        if where.parts[0] in PURE and isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in UNSTABLE_CALLS:
                problems.append(
                    f"{where}:{node.lineno}: {name}() is unstable across "
                    f"processes; use {UNSTABLE_CALLS[name]}"
                )
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", PACKAGES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_package_is_tidy(path: Path) -> None:
    count = sum(module.name != "__init__.py" for module in path.glob("*.py"))
    where = path.relative_to(SOURCE.parent)
    assert count <= PACKAGE_MODULES_MAX, (
        f"{where}: {count} modules, over {PACKAGE_MODULES_MAX}; move those that belong to one "
        f"noun into a subpackage: `git mv`, and name the new place in every import"
    )


def test_every_page_of_the_studio_is_looked_at() -> None:
    declares = declared()
    unseen = sorted(declares ^ set(PAGES))
    assert declares
    assert not unseen, (
        f"web/src/screens: {unseen} stand in a screen.ts or in tests/e2e/looks.py, not in both; "
        "say there how a page is looked at, so that test_every_page.py walks it"
    )
