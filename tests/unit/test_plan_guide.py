"""The examples of the guide are one workspace, and it compiles."""

from __future__ import annotations

import re
from pathlib import Path

from legato.plan.conditions.operators import OPERATORS
from legato.plan.load import KINDS, load
from legato.plan.rules.journeys.steps import WORDS

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guide" / "definitions.md"


def test_every_example_of_the_guide_compiles() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)

    loaded = load({f"{number:02d}.yaml": text for number, text in enumerate(blocks)}, {})

    assert [str(problem) for problem in loaded.problems] == []


def test_the_guide_shows_every_kind_of_document_step_and_test() -> None:
    text = GUIDE.read_text()

    assert [kind for kind in KINDS if not re.search(rf"^{kind}:", text, flags=re.MULTILINE)] == []
    assert [word for word in WORDS if f"`{word}" not in text] == []
    assert [word for word in OPERATORS if f"`{word}" not in text] == []
