"""Every fault that is planted into the example shop is found, and the shop as it is has none."""

from __future__ import annotations

import pytest

from legato.simulate.proof.prove import prove
from legato.simulate.proof.violation import Violation
from legato.workspace import check_files, read_workspace
from tests.unit.mutants import MUTANTS, SHOP, Mutant


def violations(files: dict[str, str]) -> list[Violation]:
    loaded = check_files(files)
    assert loaded.plan is not None, [str(problem) for problem in loaded.problems]
    proofs = prove(loaded.plan, loaded.properties, loaded.waivers)
    return [violation for proof in proofs for violation in proof.standing]


def test_the_shop_is_proved_as_it_is() -> None:
    assert violations(read_workspace(SHOP)) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.fault)
def test_a_planted_fault_is_found(mutant: Mutant) -> None:
    found = violations(dict(mutant.files()))

    codes = [violation.code for violation in found]
    assert mutant.code in codes, codes


def test_the_guide_lists_every_fault_and_what_it_is_found_by() -> None:
    page = (SHOP.parents[1] / "docs" / "guide" / "rehearsal-mutants.md").read_text()

    rows = [
        f"| {each.fault} | `{each.file}` | [{each.code}](../codes/{each.code}.md) |"
        for each in MUTANTS
    ]
    assert len(rows) == 54
    assert [row for row in rows if row not in page] == []
