"""What the proof excludes never happens: whatever journey, whatever people do, in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from legato.model.instant import DAY, HOUR, MINUTE, Duration, Instant
from legato.model.plan import Plan
from legato.plan.load import load
from legato.simulate.lane import Sent
from legato.simulate.proof.moves import TWICE_WITHIN
from legato.simulate.proof.prove import prove
from legato.simulate.world import World
from legato.workspace import shipped_connectors
from tests.sim.shopkeeping import BASE, known_person, open_world, statement

BOUGHT = (
    'suppress: bought\nwhen: {did_same: Order Completed, on: "products[].sku", within: 14d}\n'
    "because: bought it\n"
)
NIGHT = 'quiet_hours: night\nfrom: "21:00"\nto: "08:00"\nchannels: [sms]\n'
SEND = "send: {{message: reminder, on: {channel}, expires: {expires}, about: sku{purpose}}}"


def a_send(channel: str, expires: str, purpose: str) -> str:
    return SEND.format(channel=channel, expires=expires, purpose=purpose)


sends = st.builds(
    a_send,
    st.sampled_from(["email", "sms"]),
    st.sampled_from(["20m", "2h"]),
    st.sampled_from(["", "", ", purpose: service"]),
)
waits = st.sampled_from(["wait: 5m", "wait: 30m", "wait: 3h"])
guards = st.builds(
    "when: {{trait: {{plan: free}}}}\n    then:\n      - {}".format, st.one_of(sends, waits)
)
races = st.builds(
    "wait_for:\n      - {{on: Cart Updated, then: [{}]}}\n      - {{after: 1h, then: [{}]}}".format,
    st.one_of(sends, waits).map(lambda step: f"{{{step}}}"),
    st.one_of(sends, waits).map(lambda step: f"{{{step}}}"),
)
steps = st.lists(st.one_of(sends, waits, guards, races), min_size=1, max_size=5)
deeds = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 4, 29, 31, 59, 61, 180, 700]),
        st.sampled_from(["enter", "update", "late update", "buy", "yes", "no", "free", "paid"]),
    ),
    max_size=9,
)

REMIND = a_send("email", "20m", ", purpose: service")
RACE = (
    f"wait_for:\n      - {{on: Cart Updated, then: [{{{REMIND}}}]}}"
    f"\n      - {{after: 1h, then: [{{{REMIND}}}]}}"
)


class Setting(NamedTuple):
    """A workspace with one journey, and what policies it has."""

    steps: Sequence[str]
    policies: Sequence[str]
    again: str

    def plan(self) -> Plan:
        lines = "\n".join(f"  - {step}" for step in self.steps)
        text = (
            "journey: j\nowner: growth\npurpose: marketing\n"
            f"enter: {{on: Checkout Started, key: cart, again: {self.again}}}\nsteps:\n{lines}\n"
        )
        texts = {**BASE, "j.yaml": text}
        texts.update({f"p{number}.yaml": policy for number, policy in enumerate(self.policies)})
        loaded = load(texts, shipped_connectors())
        assert loaded.plan is not None, [str(problem) for problem in loaded.problems]
        return loaded.plan


class Life(NamedTuple):
    """What was done, for a simpler reader than the engine."""

    consents: Sequence[tuple[Instant, bool]]
    purchases: Sequence[Instant]
    sent: Sequence[Sent]


def live(plan: Plan, begins_at: Duration, doings: Sequence[tuple[int, str]]) -> Life:
    world = open_world(plan)
    world.advance(begins_at)
    known_person(world, "ana", consents=False)
    consents, purchases = [(world.now, False)], list[Instant]()
    for minutes, deed in doings:
        world.advance(minutes * MINUTE)
        match deed:
            case "enter":
                world.track("ana", "Checkout Started", {"cart": "c", "sku": "x"})
            case "update" | "late update":
                _update(world, late=5 * MINUTE if deed == "late update" else 0)
            case "buy":
                purchases.append(world.now)
                world.track("ana", "Order Completed", {"products": [{"sku": "x"}]})
            case "yes" | "no":
                consents.append((world.now, deed == "yes"))
                world.feed(statement(world, "ana", "marketing", is_granted=deed == "yes"))
            case _:
                world.identify("ana", {"plan": deed})
    world.advance(2 * DAY)
    return Life(consents, purchases, [one for one in world.sent if one.delivery.journey == "j"])


def _update(world: World, *, late: Duration) -> None:
    event = world.event("ana", "track", {}, name="Cart Updated")
    at = max(event.occurred_at - late, world.scene.start)
    world.receive(msgspec.structs.replace(event, occurred_at=at))


def harm_of(life: Life, policies: Sequence[str]) -> set[str]:
    """Return the codes of what was done to Ana that must not be."""
    harm: set[str] = set()
    last: dict[str | None, Instant] = {}
    for one in life.sent:
        at, delivery = one.at, one.delivery
        if not [granted for said_at, granted in life.consents if said_at <= at][-1]:
            harm.add("V501")
        if BOUGHT in policies and any(bought_at <= at for bought_at in life.purchases):
            harm.add("V502")
        hour = at % DAY // HOUR
        if NIGHT in policies and delivery.channel == "sms" and (hour >= 21 or hour < 8):
            harm.add("V503")
        if at - last.get(delivery.enrollment_id, -DAY) < TWICE_WITHIN:
            harm.add("V508")
        last[delivery.enrollment_id] = at
    return harm


@settings(max_examples=40, deadline=None)
@given(
    setting=st.builds(
        Setting,
        steps,
        st.lists(st.sampled_from([BOUGHT, NIGHT]), unique=True),
        st.sampled_from(["once", "after exit", "any time"]),
    ),
    begins_at=st.sampled_from([0, 9 * HOUR, 13 * HOUR]),
    doings=deeds,
)
@example(  # the late event comes when the journey is over
    setting=Setting(
        [RACE],
        [],
        "once",
    ),
    begins_at=0,
    doings=[(62, "late update")],
)
def test_no_harm_is_done_that_the_proof_excludes(
    setting: Setting, begins_at: Duration, doings: Sequence[tuple[int, str]]
) -> None:
    plan = setting.plan()
    (proof,) = prove(plan)
    named = {violation.code for violation in proof.violations}

    life = live(plan, begins_at, [(0, "yes"), (0, "enter"), *doings])

    assert harm_of(life, setting.policies) - named == set()
