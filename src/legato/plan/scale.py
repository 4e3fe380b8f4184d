"""Time-lapse: a plan whose durations are shorter by one factor, for demonstrations.

At speed 600 an hour of the plan passes in six seconds. Everything that a definition measures in
time is divided: waits, limits, times to live, windows, cooldowns, caps. What cannot be divided is
dropped or replaced, and nothing of it is hidden:

- The wall clock on a person's street does not run faster: quiet hours and rules on local time are
  dropped, a wait until an hour of the day becomes half a day, a calendar window (`since: today`)
  becomes a sliding one of that length.
- The network does not run faster either: timeouts, retries and rates stay as they are, and the
  allowed lateness never falls below what a batch needs to arrive.

At speed 1 the plan is handed back as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, assert_never

from msgspec.structs import replace

from legato.model.definitions.journey import (
    Audience,
    Branch,
    Call,
    Entry,
    Exit,
    Freshness,
    GoTo,
    Journey,
    JourneyStep,
    Leave,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitCase,
    WaitFor,
    WaitUntil,
)
from legato.model.ids import digest
from legato.model.instant import DAY, SECOND, Duration
from legato.model.noun import to_bytes
from legato.model.plan import Plan, Policies
from legato.model.rule import (
    ALWAYS,
    AllOf,
    AnyOf,
    EventMatch,
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    LocalTime,
    Not,
    PropertyIs,
    Rule,
    Slot,
    TraitAge,
    TraitIs,
    Window,
)

LATENESS_MIN: Duration = 5 * SECOND
"""SDKs gather events for some seconds: less would call ordinary batches late."""
CALENDAR: Mapping[str, Duration] = {
    "day": DAY,
    "week": 7 * DAY,
    "month": 30 * DAY,
    "year": 365 * DAY,
}
NEVER = AnyOf(rules=())

_Value = TypeVar("_Value")


def scale_plan(plan: Plan, speed: int) -> Plan:
    """Return the plan in which time runs `speed` times as fast."""
    assert speed >= 1, "a plan can be sped up, not slowed down"
    if speed == 1:
        return plan
    scale = _Scale(speed)
    return replace(
        plan,
        lateness=max(scale.duration(plan.lateness), LATENESS_MIN),
        computed=_each(plan.computed, lambda it: replace(it, slot=scale.slot(it.slot))),
        segments=_each(plan.segments, lambda it: replace(it, rule=scale.rule(it.rule))),
        journeys=_each(plan.journeys, scale.journey),
        retired=tuple(scale.journey(it) for it in plan.retired),
        policies=scale.policies(plan.policies),
    )


def scale_rule(rule: Rule, speed: int) -> Rule:
    """Return one rule as a plan has it in which time runs `speed` times as fast."""
    return rule if speed == 1 else _Scale(speed).rule(rule)


def _each(values: Mapping[str, _Value], change: Callable[[_Value], _Value]) -> Mapping[str, _Value]:
    return {name: change(value) for name, value in values.items()}


class _Scale:
    """One speed, applied to every kind of definition."""

    def __init__(self, speed: int) -> None:
        self._speed = speed

    def duration(self, length: Duration) -> Duration:
        """Shorten; what lasted at all lasts at least a microsecond, for 0 often means none."""
        return max(length // self._speed, 1) if length else 0

    def policies(self, policies: Policies) -> Policies:
        return replace(
            policies,
            caps=tuple(replace(it, window=self.duration(it.window)) for it in policies.caps),
            quiet_hours=(),
            state_rules=tuple(replace(it, when=self.rule(it.when)) for it in policies.state_rules),
            double_opt_in=tuple(
                replace(it, within=self.duration(it.within), expires=self.duration(it.expires))
                for it in policies.double_opt_in
            ),
        )

    def journey(self, journey: Journey) -> Journey:
        changed = replace(
            journey,
            entry=self._entry(journey.entry),
            exits=tuple(self._exit(it) for it in journey.exits),
            steps={name: self._step(it) for name, it in journey.steps.items()},
            version="",
        )
        return replace(changed, version=digest(to_bytes(changed))[: len(journey.version) or None])

    def _entry(self, entry: Entry) -> Entry:
        return replace(entry, when=self._maybe(entry.when), cooldown=self.duration(entry.cooldown))

    def _exit(self, exit_: Exit) -> Exit:
        return replace(exit_, when=self._maybe(exit_.when))

    def _step(self, step: JourneyStep) -> JourneyStep:
        match step:
            case Wait():
                return replace(step, duration=self.duration(step.duration))
            case WaitUntil():
                half = self.duration(DAY // 2)
                return Wait(step_id=step.step_id, next=step.next, duration=half)
            case WaitFor():
                return replace(step, cases=tuple(self._case(it) for it in step.cases))
            case Branch():
                limits = tuple(self._freshness(it) for it in step.fresh_for)
                return replace(step, when=self.rule(step.when), fresh_for=limits)
            case Send():
                fall_back = self.duration(step.fall_back) if step.fall_back else 0
                return replace(step, expires=self.duration(step.expires), fall_back=fall_back)
            case Call():
                answers = tuple((self.rule(rule), then) for rule, then in step.answers)
                return replace(step, answers=answers)
            case Split() | SetTrait() | Audience() | GoTo() | Leave():
                return step
            case _:
                assert_never(step)

    def _freshness(self, limit: Freshness) -> Freshness:
        segments = {name: self.duration(each) for name, each in limit.segments.items()}
        return replace(limit, otherwise=self.duration(limit.otherwise), segments=segments)

    def _case(self, case: WaitCase) -> WaitCase:
        after = None if case.after is None else self.duration(case.after)
        return replace(case, when=self._maybe(case.when), after=after)

    def _maybe(self, rule: Rule | None) -> Rule | None:
        return None if rule is None else self.rule(rule)

    def rule(self, rule: Rule, dropped: Rule = ALWAYS) -> Rule:
        """Scale a rule. `dropped` stands for what is left out: true, or false under a `not`."""
        match rule:
            case LocalTime():
                return dropped
            case TraitAge():
                return replace(rule, duration=self.duration(rule.duration))
            case HistoryIs() | HistoryHas():
                return replace(rule, slot=self.slot(rule.slot))
            case AllOf() | AnyOf():
                return replace(rule, rules=tuple(self.rule(it, dropped) for it in rule.rules))
            case Not():
                return replace(rule, rule=self.rule(rule.rule, _opposite(dropped)))
            case PropertyIs() | TraitIs() | InSegment() | InJourney():
                return rule
            case _:
                assert_never(rule)

    def slot(self, slot: Slot) -> Slot:
        return replace(
            slot,
            match=self._match(slot.match),
            then=None if slot.then is None else self._match(slot.then),
            window=self._window(slot.window),
            within=self.duration(slot.within),
        )

    def _match(self, match: EventMatch) -> EventMatch:
        return replace(match, where=self._maybe(match.where))

    def _window(self, window: Window) -> Window:
        match window.kind:
            case "ever":
                return window
            case "sliding":
                return replace(window, size=self.duration(window.size))
            case "calendar":
                return Window(kind="sliding", size=self.duration(CALENDAR[window.unit]))
            case _:
                assert_never(window.kind)


def _opposite(rule: Rule) -> Rule:
    return NEVER if rule == ALWAYS else ALWAYS
