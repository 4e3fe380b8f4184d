"""The proof and the engine agree: what the one tells, the other does; what it excludes, never."""

from __future__ import annotations

import pytest

from legato.app.rehearse.worlds import open_world
from legato.model.plan import Plan
from legato.plan.load import Loaded
from legato.plan.scenarios.read import read_scenarios
from legato.simulate.proof.prove import prove
from legato.simulate.proof.script import exported
from legato.simulate.scenario.judge import judge
from legato.simulate.scenario.run import live
from legato.workspace import check_files
from tests.unit.mutants import MUTANTS, Mutant

TOLD = [mutant for mutant in MUTANTS if mutant.code in ("V501", "V502", "V503", "V508", "V510")]
OFFERS = [mutant for mutant in MUTANTS if mutant.code == "V512"]


def stories(loaded: Loaded) -> list[str]:
    """Return every counter-example that can be lived through, as a scenario."""
    assert loaded.plan is not None
    proofs = prove(loaded.plan, loaded.properties, loaded.waivers)
    found = [each for proof in proofs for each in proof.standing]
    return [text for each in found if (text := exported(loaded.plan, each, loaded.properties))]


def is_shown(plan: Plan, text: str) -> bool:
    """Return whether the engine does what the story says must not be."""
    read = read_scenarios({"scenarios/story.yaml": text}, plan)
    assert not read.problems, (text, [str(problem) for problem in read.problems])
    (scenario,) = read.scenarios
    return bool(judge(live(scenario, plan, open_world)))


@pytest.mark.parametrize("mutant", [*TOLD[::3], *OFFERS[::3]], ids=lambda mutant: mutant.fault)
def test_the_engine_does_what_a_counter_example_tells(mutant: Mutant) -> None:
    loaded = check_files(mutant.files())
    assert loaded.plan is not None

    told = stories(loaded)

    assert [text for text in told if not is_shown(loaded.plan, text)] == []
