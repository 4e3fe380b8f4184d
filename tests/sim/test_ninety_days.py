"""A journey of ninety days, ten thousand people: the whole of it in seconds, twice the same."""

from __future__ import annotations

import time

from legato.model.event import CustomerEvent
from legato.model.instant import DAY
from legato.model.note import Left
from legato.model.plan import Plan
from legato.simulate.dice import Dice
from legato.simulate.world import World
from tests.sim.shopkeeping import compile_plan, known_person, open_world

PEOPLE = 10_000
CPU_SECONDS_MOST = 30
LONG = """
journey: long
title: Ninety days
owner: growth
purpose: marketing
enter: {on: Signed Up, again: once}
leave:
  - {on: Order Completed, as: goal}
steps:
  - wait: 7d
  - send: {message: reminder, on: email, expires: 2d}
  - wait_for:
      - {on: Product Viewed, go_to: interested}
      - {after: 30d}
  - when: {did: Product Viewed, within: 60d}
    then: [{send: {message: reminder, on: email, expires: 2d}}]
  - {wait: 3d, label: interested}
  - wait_until: {time: "09:00", weekdays: [mon]}
  - send: {message: receipt, on: email, expires: 2d, purpose: service}
  - wait: 40d
"""


def live(plan: Plan, people: int) -> World:
    """Let people sign up within a week, and some of them look, and buy, in the ninety days."""
    world = open_world(plan)
    dice = Dice(58)
    for number in range(people):
        who = f"p{number}"
        known_person(world, who)
        for name, chance in (("Signed Up", 1.0), ("Product Viewed", 0.3), ("Order Completed", 0.1)):
            days = 7 if name == "Signed Up" else 90
            if dice.is_hit(chance, who, name):
                at = world.now + round(dice.throw(who, name, "at") * days * DAY)
                world.at(at, lambda who=who, name=name: world.feed(_event(world, who, name)))
    world.advance(100 * DAY)
    return world


def _event(world: World, who: str, name: str) -> CustomerEvent:
    return world.event(who, "track", {}, name=name)


def test_ten_thousand_people_live_through_ninety_days_in_seconds() -> None:
    plan = compile_plan(LONG)
    began = time.process_time()

    world = live(plan, PEOPLE)

    spent = time.process_time() - began
    left = [note for _, _, note in world.notes if isinstance(note, Left)]
    assert len(left) == PEOPLE
    assert len(world.sent) > PEOPLE
    assert spent < CPU_SECONDS_MOST, f"{spent:.1f} s of one core"


def test_the_same_ninety_days_are_decided_the_same() -> None:
    plan = compile_plan(LONG)

    digests = [live(plan, 500).decision_digest() for _ in range(2)]

    assert digests[0] == digests[1]
