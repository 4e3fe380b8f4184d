"""Work on a workspace grows as the number of its journeys does, not as the square of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import pytest

from legato.app.rehearse.scenarios import coverage_of
from legato.plan.load import Loaded, load
from legato.simulate.proof.prove import prove
from legato.workspace import shipped_connectors
from tests.sim.shopkeeping import BASE

PROMISES = """
property: three_a_week
owner: growth
at_most: 3
within: 7d
sends: promotional
---
property: one_or_the_other
owner: growth
never: {both: [reminder, elsewhere]}
"""
LETTER = """
template: elsewhere
purpose: marketing
email: {subject: Hello, body: Hello}
"""


def journeys(count: int) -> Mapping[str, str]:
    """Write journeys that differ in their names and their guards; some send another letter."""
    return {
        f"journeys/{number}.yaml": f"""
journey: j{number}
owner: growth
purpose: marketing
enter: {{on: Checkout Started, when: {{value: {{over: {number}}}}}}}
steps:
  - wait: 30m
  - send: {{message: {"reminder" if number % 2 else "elsewhere"}, on: email, expires: 6h}}
"""
        for number in range(count)
    }


def loaded_with(count: int) -> Loaded:
    texts = {**BASE, "promises.yaml": PROMISES, "letter.yaml": LETTER, **journeys(count)}
    loaded = load(texts, shipped_connectors())
    assert loaded.plan is not None, "\n".join(str(problem) for problem in loaded.problems)
    return loaded


def calls_in(work: Callable[[], object]) -> int:
    """Count the calls of functions, which no machine's speed changes."""
    count = 0

    def see(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def proving(loaded: Loaded) -> object:
    assert loaded.plan is not None
    return prove(loaded.plan, loaded.properties)


def covering(loaded: Loaded) -> object:
    assert loaded.plan is not None
    return coverage_of(loaded.plan, [])


@pytest.mark.parametrize("work", [proving, covering])
def test_twice_the_journeys_take_twice_the_work(work: Callable[[Loaded], object]) -> None:
    few, many = loaded_with(40), loaded_with(80)
    work(few)  # what is made once is made

    least, most = (calls_in(lambda loaded=loaded: work(loaded)) for loaded in (few, many))

    assert least > 0
    assert most < 2.5 * least
