"""One seed, one world: its people and its faults, lived through and audited."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from legato.model.event import CustomerEvent, JourneySwitched, decode_event
from legato.model.ids import PersonId
from legato.model.instant import DAY, HOUR, Duration
from legato.model.plan import Plan
from legato.model.state import decode_state
from legato.plan.diff import retire
from legato.ports.log import Log
from legato.simulate.auditor import Evidence, Violation, audit
from legato.simulate.dice import Dice
from legato.simulate.faults import Faults, arrivals, draw_faults, provider_of
from legato.simulate.lane import Scene
from legato.simulate.workload import Crowd, start_of, workload
from legato.simulate.world import World, WorldStore

AFTERWARDS: Duration = DAY
"""How long a world goes on after the last thing anybody did: long enough for waits to end."""
STORY_MAX = 1_000_000
ANSWERS = (b'{"status": "gold"}', b'{"status": "tin"}')


class Trial(msgspec.Struct, kw_only=True):
    """What came of a seed."""

    seed: int
    faults: Faults
    violations: list[Violation]
    decision_digest: str
    record_count: int
    sent_count: int


def try_seed(seed: int, plans: Sequence[Plan], crowd: Crowd, log: Log, store: WorldStore) -> Trial:
    """Let a seed's world happen, and have it audited."""
    world, plan, faults = _live(seed, plans, crowd, log, store)
    return Trial(
        seed=seed,
        faults=faults,
        violations=audit(_evidence(world, plan, crowd, (log, store))),
        decision_digest=world.decision_digest(),
        record_count=log.last_position(),
        sent_count=len(world.sent),
    )


def live_seed(
    seed: int, plans: Sequence[Plan], crowd: Crowd, log: Log, store: WorldStore
) -> Evidence:
    """Let a seed's world happen, and return what an auditor is shown."""
    world, plan, _ = _live(seed, plans, crowd, log, store)
    return _evidence(world, plan, crowd, (log, store))


def _live(
    seed: int, plans: Sequence[Plan], crowd: Crowd, log: Log, store: WorldStore
) -> tuple[World, Plan, Faults]:
    dice = Dice(seed)
    faults = draw_faults(dice)
    plan = dice.pick(plans, "plan")
    start = start_of(dice)
    answer = dice.pick(ANSWERS, "answer")
    providers = {name: provider_of(faults, dice, name, answer) for name in plan.destinations}
    world = World(plan, log, store, Scene(seed=seed, start=start, providers=providers))
    events = workload(dice, crowd, start)
    last_at = start
    for at, event in arrivals(faults, dice, events, lateness=plan.lateness):
        world.at(at, partial(_feed, world, event))
        last_at = max(last_at, at)
    end = last_at + AFTERWARDS
    _operate(world, dice, faults, (plan, plans), end - start)
    world.run_until(end)
    return world, plan, faults


def _feed(world: World, event: CustomerEvent) -> None:
    world.feed(event)


def _operate(
    world: World,
    dice: Dice,
    faults: Faults,
    plans: tuple[Plan, Sequence[Plan]],
    span: Duration,
) -> None:
    """Arrange what operators do, and what becomes of the process."""
    for number in range(faults.crash_count):
        world.at(world.now + round(dice.throw("crash", number) * span), world.crash)
    plan, others = plans
    if faults.has_change_of_plan:
        new = msgspec.structs.replace(dice.pick(others, "new plan"), policies=plan.policies)
        at = world.now + round(dice.throw("new plan at") * span)
        world.at(at, partial(_change_plan, world, retire(plan, new, ())))
    if faults.has_pause:
        journey = dice.pick(sorted(plan.journeys), "paused")
        at = world.now + round(dice.throw("pause at") * span)
        world.at(at, partial(_switch, world, journey, is_paused=True))
        until = at + dice.between(1, 12, "pause for") * HOUR
        world.at(until, partial(_switch, world, journey, is_paused=False))


def _change_plan(world: World, plan: Plan) -> None:
    world.activate(plan)
    world.touch_everybody()


def _switch(world: World, journey: str, *, is_paused: bool) -> None:
    world.feed(JourneySwitched(received_at=world.now, journey=journey, is_paused=is_paused))
    world.touch_everybody()


def _evidence(world: World, plan: Plan, crowd: Crowd, kept: tuple[Log, WorldStore]) -> Evidence:
    log, store = kept
    switches = store.head().switches
    return Evidence(
        seed=world.scene.seed,
        plan=plan,
        people=[f"p{number}" for number in range(crowd.people)],
        records=[(at, decode_event(data)) for at, data in log.read(0, STORY_MAX)],
        sent=world.sent,
        repeated=world.repeated,
        stories=store.tail(0, STORY_MAX),
        states=[decode_state(data) for _, data in store.people(PersonId(""), STORY_MAX)],
        paused=[name for name, is_paused in switches.items() if is_paused],
        now=world.now,
    )
