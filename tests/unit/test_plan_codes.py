"""Every code that a Problem can carry has its page, and every page its code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(path for path in (ROOT / "docs" / "codes").glob("*.md"))
LEGATO = ROOT / "src" / "legato"
SOURCES = sorted([*(LEGATO / "plan").rglob("*.py"), *(LEGATO / "simulate" / "proof").rglob("*.py")])
PLANTING = ("test_plan_mistakes.py", "test_scenario_mistakes.py", "mutants.py", "test_proof.py")
CODES = sorted(
    {code for path in SOURCES for code in re.findall(r'"([A-Z]\d{3})"', path.read_text())}
)


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_a_page(code: str) -> None:
    assert f"{code}.md" in [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_a_code_an_example_and_a_fix(page: Path) -> None:
    text = page.read_text()

    assert page.stem in CODES
    assert text.startswith(f"# {page.stem}: ")
    assert text.count("```yaml") == 2
    assert "How to fix: " in text


def test_every_code_is_planted_by_a_test() -> None:
    planted = "".join((Path(__file__).parent / name).read_text() for name in PLANTING)

    assert [code for code in CODES if f'"{code}"' not in planted] == []
