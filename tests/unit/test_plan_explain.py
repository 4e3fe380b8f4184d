"""Journeys and segments told in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from legato.model.plan import Plan
from legato.plan.explain import journey_text, segment_text
from legato.plan.load import load

GOLDEN = Path(__file__).parent.parent / "golden" / "plan"


def plan() -> Plan:
    loaded = load({"workspace.yaml": (GOLDEN / "workspace.yaml").read_text()}, {})
    assert loaded.plan is not None
    return loaded.plan


def test_a_journey_is_told_as_the_golden_text_says() -> None:
    told = journey_text(plan().journeys["cart_rescue"])

    assert told == (GOLDEN / "cart_rescue.txt").read_text()


def test_every_step_of_a_journey_has_its_line() -> None:
    journey = plan().journeys["cart_rescue"]

    lines = journey_text(journey).splitlines()

    assert all(any(line.startswith(f"[{step}] ") for line in lines) for step in journey.steps)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nightly", "Begins on schedule"),
        ("by_hand", "Begins when it is called; once only."),
        ("for_vips", "Begins when someone enters the segment vip; again once they have left."),
    ],
)
def test_each_way_in_is_told(name: str, words: str) -> None:
    assert words in journey_text(plan().journeys[name])


def test_a_segment_is_told_with_its_rule_and_its_destinations() -> None:
    told = segment_text(plan().segments["vip"])

    assert "Spends much (vip), kept by growth" in told
    assert "is over 500" in told
    assert "Kept in step with ads." in told
