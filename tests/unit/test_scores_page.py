"""The page of scores says what the lock files say."""

from __future__ import annotations

from pathlib import Path

from legato.cli.connect.verify import shipped_page

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "connectors-scores.md"


def test_the_page_of_scores_is_in_step_with_the_lock_files() -> None:
    assert PAGE.read_text(encoding="utf-8") == shipped_page(), (
        "legato connectors verify --markdown > docs/guide/connectors-scores.md"
    )
