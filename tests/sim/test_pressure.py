"""Fifty journeys fire at one instant, again and again: nobody gets more than the cap says.

`LEGATO_DECISIONS` says how many decisions are made.
"""

from __future__ import annotations

import os
from collections import Counter

from legato.model.instant import DAY, HOUR, MINUTE, Instant
from legato.model.note import Decided
from legato.simulate.dice import Dice
from legato.simulate.world import START
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world

JOURNEYS = 50
VISITS = 12
DECISIONS = int(os.environ.get("LEGATO_DECISIONS", "120000"))
PEOPLE = DECISIONS // JOURNEYS // VISITS
CAP, WINDOW = 3, 7 * DAY
CHANNELS = ("email", "sms", "{cheapest_of: [sms, email]}")
POLICY = "\n---\ncap: week\nat_most: 3\nwithin: 7d\n"
JOURNEY = """
journey: j{number}
title: One of fifty
owner: growth
purpose: marketing
enter: {{on: Product Viewed, again: any time}}
steps:
  - send: {{message: reminder, on: {channel}, expires: 1h}}
"""


def most_within(window: int, instants: list[Instant]) -> int:
    """Return the most of these in any window that is open at its end."""
    ordered = sorted(instants)
    return max(sum(1 for other in ordered if at <= other < at + window) for at in ordered)


def test_a_cap_holds_in_every_window_for_everybody_under_fifty_journeys() -> None:
    journeys = [
        JOURNEY.format(number=number, channel=CHANNELS[number % len(CHANNELS)])
        for number in range(JOURNEYS)
    ]
    world = open_world(compile_plan(*journeys, policies=BASE["policies.yaml"] + POLICY))
    dice = Dice(44)
    for number in range(PEOPLE):
        who = f"p{number}"
        known_person(world, who)
        for visit in range(VISITS):
            # By twos around a midnight: 23:55 and 00:05 lie in one window.
            day = visit // 2 * 3 + dice.between(0, 2, who, "day", visit // 2)
            at = START + day * DAY + 14 * HOUR
            at += dice.between(-10, 10, who, "minute", visit) * MINUTE
            world.at(at, lambda who=who: world.feed(world.event(who, "track", {}, name=VIEWED)))
    world.advance(30 * DAY)

    decisions = Counter(note.verdict for _, _, note in world.notes if isinstance(note, Decided))
    sent: dict[str, list[Instant]] = {}
    for one in world.sent:
        sent.setdefault(one.delivery.person_id, []).append(one.at)
    most = Counter(most_within(WINDOW, instants) for instants in sent.values())
    print(f"{decisions.total()} decisions, {len(world.sent)} sent, most in a window: {dict(most)}")  # noqa: T201 - the figures of the run, shown with -s
    assert decisions.total() == PEOPLE * VISITS * JOURNEYS
    assert len(sent) == PEOPLE
    assert max(most) == CAP


VIEWED = "Product Viewed"
