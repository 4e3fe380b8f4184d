"""Nothing is found in journeys that are as they should be; and a long one is proved whole."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from legato.plan.load import Loaded
from legato.simulate.proof.prove import prove
from legato.workspace import check_files, read_workspace
from tests.unit.test_proof import journey, proofs

TEMPLATES = Path(__file__).parents[2] / "examples" / "templates"
NAMES = sorted(path.stem for path in (TEMPLATES / "journeys").glob("*.yaml"))


@cache
def loaded() -> Loaded:
    return check_files(read_workspace(TEMPLATES))


def test_there_are_twenty_templates_in_one_workspace() -> None:
    found = loaded()

    assert found.problems == ()
    assert found.plan is not None
    assert list(found.plan.journeys) == NAMES
    assert len(NAMES) == 20


@pytest.mark.parametrize("name", NAMES)
def test_a_template_gives_no_false_alarm(name: str) -> None:
    found = loaded()
    assert found.plan is not None

    (proof,) = prove(found.plan, found.properties, only=[name])

    assert proof.violations == ()


def long_journey(count: int) -> str:
    """Return a journey of so many steps: waits, guards, races and messages in turn."""
    steps: list[str] = []
    while len(steps) * 4 < count:
        steps.append(
            "when: {trait: {plan: [free, gold]}}\n    then:\n"
            "      - send: {message: reminder, on: [email, sms], expires: 1h}\n"
            "      - wait_for:\n          - {on: Cart Updated}\n          - {after: 2h}\n"
            "      - wait: 3h"
        )
    return journey(*steps)


def test_a_journey_of_two_hundred_steps_is_proved_whole() -> None:
    (proof,) = proofs(long_journey(200))

    assert proof.violations == ()
    assert proof.state_count > 200
