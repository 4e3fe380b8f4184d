"""A plan made ready to run: indexed by event, its rules compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import jsonschema_rs

from legato.core.admission.adjust import Adjuster, adjusters
from legato.core.course import Course
from legato.core.identifiers import Identifiers
from legato.core.privacy.filled import Filled
from legato.core.privacy.forbidden import Forbidden
from legato.core.privacy.outlet import Outlets
from legato.core.privacy.views import Views
from legato.core.retirement.limits import limits_of, retired_entries
from legato.core.rollouts.versions import Rolling, rolling
from legato.expr import depends
from legato.expr.facts import Facts
from legato.expr.python import compile_match, compile_rule
from legato.expr.wall import is_zone
from legato.model.definitions.journey import Journey
from legato.model.definitions.offer import OfferEnd
from legato.model.definitions.source import OptOuts
from legato.model.ids import PersonId
from legato.model.instant import Duration
from legato.model.plan import (
    Backfill,
    EventType,
    Plan,
    QuietHours,
    SegmentType,
    TraitType,
    plan_digest,
)
from legato.model.rule import (
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    Rule,
    Slot,
    TraitAge,
    TraitIs,
)
from legato.model.state import State

Check: TypeAlias = Callable[[Facts], bool]
Match: TypeAlias = Callable[[Mapping[str, Any]], bool]

ZONE_TRAIT = "timezone"
"""Where SDKs put the person's tz name: `context.timezone` is written to this trait."""
ZONE_CHANGED = f"trait:{ZONE_TRAIT}"
"""What Moment.changed calls it."""


COUNTRY_TRAIT = "country"
"""Two letters, as ISO 3166 has them: where somebody without a zone may be."""

AFFECTED_MAX = 4_096
"""Combinations of changes remembered with the segments they affect: a few for each event."""


class SlotFold(NamedTuple):
    """One slot and what it asks of one event. A tuple: every event runs through several."""

    slot: Slot
    slot_id: str
    match: Match | None
    """None: the event is another than the slot's."""
    then_match: Match | None


class Teller(NamedTuple):
    """What a destination can be told of consent."""

    channels: tuple[str, ...]
    """Those that it serves; none: it is told of all."""
    may_reopen: bool
    """It can be told that an opt-out was taken back."""


def _slot_fold(slot: Slot, name: str) -> SlotFold:
    then = slot.then
    return SlotFold(
        slot=slot,
        slot_id=slot.slot_id,
        match=compile_match(slot.match.where) if slot.match.event == name else None,
        then_match=compile_match(then.where) if then and then.event == name else None,
    )


class SegmentCheck:
    """One segment, its compiled rule, and what can change its answer."""

    __slots__ = (
        "check",
        "inputs",
        "is_timed",
        "leaves",
        "may_open",
        "name",
        "segment",
        "thresholds",
    )

    def __init__(self, segment: SegmentType, computed: Mapping[str, Slot]) -> None:
        self.segment = segment
        self.name = segment.name
        self.check: Check = compile_rule(segment.rule)
        self.leaves = tuple(depends.leaves(segment.rule))
        self.inputs = inputs_of(segment.rule, computed)
        sliding = [name for name, slot in computed.items() if slot.window.kind != "ever"]
        self.is_timed = depends.uses_time(segment.rule, sliding)
        self.thresholds = thresholds_of(segment.rule, sliding)
        self.may_open = self._may_open(computed)
        """Somebody of whom nothing is known may be in it."""

    def _may_open(self, computed: Mapping[str, Slot]) -> bool:
        if not all(_is_known_of_nobody(leaf, computed) for leaf in self.leaves):
            return True
        nobody = State(person_id=PersonId(""), first_seen=0, last_seen=0)
        return self.check(Facts(nobody, 0, "UTC", computed=computed))


def _is_known_of_nobody(leaf: Rule, computed: Mapping[str, Slot]) -> bool:
    """Return whether a leaf, of somebody of whom nothing is known, says the same at any time."""
    match leaf:
        case HistoryIs() | HistoryHas() | TraitIs() | InSegment() | InJourney():
            return True
        case TraitAge():
            return leaf.name not in computed  # a measurement may be an instant without any event
        case _:
            return False


def inputs_of(rule: Rule, computed: Mapping[str, Slot]) -> tuple[str, ...]:
    """Name what a rule's answer depends on, as stages name what they changed."""
    return (
        *(slot.slot_id for slot in slots_of(rule, computed)),
        *(f"trait:{name}" for name in trait_names(rule)),
        *(f"segment:{name}" for name in depends.segments(rule)),
        *(f"journey:{name}" for name in depends.journeys(rule)),
    )


def trait_names(rule: Rule) -> tuple[str, ...]:
    """Name the traits that a rule reads, and those that a path leads into."""
    names = depends.traits(rule)
    heads = (name.partition(".")[0].removesuffix("[]") for name in names)
    return tuple(dict.fromkeys((*names, *heads)))


def slots_of(rule: Rule, computed: Mapping[str, Slot]) -> tuple[Slot, ...]:
    """Return the measurements a rule reads, those of computed traits included."""
    named = [computed[name] for name in depends.traits(rule) if name in computed]
    return (*depends.slots(rule), *named)


Threshold: TypeAlias = tuple[str, Duration, int]
"""(slot, window, n): the answer may change when a sliding count falls from n to n - 1, or, with
ANY, whenever an entry leaves the window."""
ANY = 0


def thresholds_of(rule: Rule, sliding: Sequence[str]) -> tuple[Threshold, ...] | None:
    """Return when time can change a rule, where it works through sliding windows alone."""
    found: list[Threshold] = []
    for leaf in depends.leaves(rule):
        if not depends.uses_time(leaf, sliding):
            continue
        if not isinstance(leaf, HistoryIs) or leaf.slot.window.kind != "sliding":
            return None
        if leaf.slot.function == "sequence":
            return None
        slot_id, size, value = leaf.slot.slot_id, leaf.slot.window.size, leaf.test.value
        steps = _STEPS.get(leaf.test.operator) if leaf.slot.function == "count" else None
        if steps is None or not isinstance(value, int) or value < 0:
            found.append((slot_id, size, ANY))
        else:
            found += [(slot_id, size, value + step) for step in steps if value + step]
    return tuple(found)


_STEPS: Mapping[str, tuple[int, ...]] = {
    "at_least": (0,),
    "under": (0,),
    "over": (1,),
    "at_most": (1,),
    "is": (0, 1),
    "is_not": (0, 1),
}
"""At which counts, from the value compared with, a test's answer changes."""


class Program:
    """Built once an activated plan and shared by every step. Only `paused` ever changes."""

    def __init__(self, plan: Plan, backfill: Backfill | None = None) -> None:
        self.plan = plan
        self.digest = plan_digest(plan)
        self.backfill = backfill
        """What is measured beside, for a plan to come."""
        self.measured = "" if backfill is None else backfill.id
        """What is written to people who are first seen now."""
        self.paused: dict[str, bool] = {}
        """Journeys that an operator has paused."""
        self.views = Views(plan)
        """What a purpose sees of a person through an exit."""
        self.filled = Filled(plan)
        """What texts are filled with, and what of that may leave."""
        self.forbidden = Forbidden(plan)
        """What journeys may no longer do with what they read."""
        self.identifiers = Identifiers(plan.identity.kinds)
        self.computed: dict[str, Slot] = {
            name: computed.slot for name, computed in plan.computed.items()
        }
        self.schemas = validators(plan.events)
        self.lenient: dict[str, bool] = {
            name: True
            for name, event in plan.events.items()
            if "warn" in (event.on_violation, *event.on_violation_from.values())
        }
        """Events that are admitted, from some source at least, whatever their shape."""
        self.adjusters: dict[str, Adjuster] = adjusters(plan, self.schemas)
        """Name under which events arrive -> what is done to them first; most need nothing."""
        self.sender: dict[str, str] = _sender(plan)
        """What templates print of it."""
        self.state_rules: dict[str, Check] = {
            rule.name: compile_rule(rule.when) for rule in plan.policies.state_rules
        }
        self.erasers: tuple[str, ...] = destinations_with(plan, "erase")
        """Destinations that can be told that a person was erased."""
        self.tellers: dict[str, Teller] = _tellers(plan)
        """Destinations that can be told of an opt-out."""
        self.double_opt_ins = {rule.purpose: rule for rule in plan.policies.double_opt_in}
        self._zones_of: Callable[[str, str], tuple[str, ...]] = _nowhere
        if plan.policies.quiet_hours:
            # 45 ms and 3 MB, which a plan without quiet hours does not need.
            from legato.core.whereabouts import zones_of  # noqa: PLC0415 - see above

            self._zones_of = zones_of
        self._index_sources(plan)
        self._index_traits(plan)
        self._index_journeys(plan)
        self._index_segments(plan)
        self._index_slots(plan)

    def _index_sources(self, plan: Plan) -> None:
        self.opt_outs: dict[str, OptOuts] = {
            source.name: source.opt_outs for source in plan.sources.values() if source.opt_outs
        }
        """Source -> how it tells that somebody wants no more."""
        self.tellings: dict[str, OptOuts] = _tellings(plan)
        """Source -> of what its events tell beside what happened; see core.told."""
        self.opt_out_channels: dict[str, bool] = {
            one.channel: True
            for one in (*self.opt_outs.values(), *self.tellings.values())
            if one.channel
        }
        """Channels of which addresses opt out, whoever has them."""

    def _index_traits(self, plan: Plan) -> None:
        known, traits = validators(plan.traits), plan.traits
        self.trait_schemas = {name: one for name, one in known.items() if not traits[name].retired}
        self.retiring = {
            name: (traits[name], one) for name, one in known.items() if traits[name].retired
        }
        """Traits that are retired, or will be: apart, so that the others are not asked."""
        self.limits = limits_of(plan)
        """Traits that are not kept for ever, and how long."""
        self.retired_entries = retired_entries(plan)
        """Events of which properties are removed: each with when."""
        self.forgets = bool(self.limits or self.retired_entries)
        """Something of what is known of people may not be kept for ever."""

    def _index_journeys(self, plan: Plan) -> None:
        self.courses: dict[str, Course] = {
            journey.version: Course(journey) for journey in _all_journeys(plan)
        }
        """Journey version -> the journey, compiled."""
        self.current: dict[str, Course] = {
            journey.name: self.courses[journey.version] for journey in plan.journeys.values()
        }
        self.rolling: dict[str, Rolling] = rolling(plan, self.courses)
        """Journeys that are rolled out to a share of those who enter."""
        self.entered: dict[str, Course] = {
            journey.version: self.courses[journey.version] for journey in plan.entered
        }
        """Journey version -> those that take people in."""
        self.entries: dict[str, list[Course]] = {}
        """`event:Name` or `segment:name` -> the journeys entered by it."""
        for course in self.entered.values():
            entry = course.journey.entry
            if entry.kind in ("event", "segment"):
                self.entries.setdefault(f"{entry.kind}:{entry.on}", []).append(course)
        self.relevant: dict[str, bool] = {
            name: True for course in self.courses.values() for name in course.listens
        }
        """Events that some journey enters, leaves or waits by."""
        self.offer_ends: dict[str, list[tuple[str, OfferEnd]]] = {}
        """Event -> the offers that it ends, so that all other events pass them by."""
        for offer in plan.offers.values():
            for end in offer.ends:
                self.offer_ends.setdefault(end.on, []).append((offer.name, end))

    def _index_segments(self, plan: Plan) -> None:
        checks = {
            name: SegmentCheck(segment, self.computed) for name, segment in plan.segments.items()
        }
        self.segments: list[SegmentCheck] = [checks[name] for name in _in_order(plan)]
        """Every segment after those its rule asks about."""
        self.affected: dict[str, dict[int, None]] = {}
        """Input -> indexes into `segments`."""
        self._affected_by: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._of_newcomer: dict[tuple[str, ...], tuple[int, ...]] = {}
        for index, check in enumerate(self.segments):
            for name in dict.fromkeys(check.inputs):
                self.affected.setdefault(name, {})[index] = None
        self.timed: dict[int, None] = {
            index: None for index, check in enumerate(self.segments) if check.is_timed
        }
        state_rules = plan.policies.state_rules
        self.state_inputs: dict[str, bool] = {
            name: True for rule in state_rules for name in inputs_of(rule.when, self.computed)
        }
        """What state rules depend on."""
        self.cap_window: Duration = max((cap.window for cap in plan.policies.caps), default=0)
        """How far back caps look at the furthest."""

    def _index_slots(self, plan: Plan) -> None:
        self.outlets = Outlets(plan, self.views)
        """Destinations that get events as they happen; their conditions measure too."""
        rules = [
            *(segment.rule for segment in plan.segments.values()),
            *(rule.when for rule in plan.policies.state_rules),
            *(rule for course in self.courses.values() for rule in course.rules),
            *(when for one in self.outlets.by_destination.values() if (when := one.stream.when)),
        ]
        slots = {slot.slot_id: slot for slot in self.computed.values()}
        for rule in rules:
            slots.update({slot.slot_id: slot for slot in depends.slots(rule)})
        if self.backfill is not None:
            slots.update({slot.slot_id: slot for slot in self.backfill.slots})
        self.slots: dict[str, Slot] = slots
        self.folds: dict[str, list[SlotFold]] = {}
        """Event -> the slots that measure it."""
        for slot_id in sorted(slots):
            slot = slots[slot_id]
            for name in dict.fromkeys(match.event for match in depends.matches(slot)):
                self.folds.setdefault(name, []).append(_slot_fold(slot, name))

    def affected_by(self, changed: Sequence[str]) -> Sequence[int]:
        """Return the indexes of the segments whose answer may differ, in order.

        An event changes the same again and again, so what was asked once is remembered.
        """
        names = tuple(changed)
        known = self._affected_by.get(names)
        if known is None:
            if len(self._affected_by) >= AFFECTED_MAX:
                self._affected_by.clear()
            found = {index for name in names for index in self.affected.get(name, ())}
            known = self._affected_by[names] = tuple(sorted(found))
        return known

    def of_newcomer(self, changed: Sequence[str]) -> Sequence[int]:
        """Return the indexes of the segments that somebody may be in of whom only this is known.

        In order, and with those that ask about them. All others are as they are for nobody.
        """
        names = tuple(changed)
        known = self._of_newcomer.get(names)
        if known is None:
            if len(self._of_newcomer) >= AFFECTED_MAX:
                self._of_newcomer.clear()
            known = self._of_newcomer[names] = tuple(self._open_to_newcomer(names))
        return known

    def _open_to_newcomer(self, changed: Sequence[str]) -> Iterator[int]:
        touched = dict.fromkeys(changed)
        for index, one in enumerate(self.segments):
            if one.may_open or any(name in touched for name in one.inputs):
                touched[f"segment:{one.name}"] = None
                yield index

    def zone_of(self, state: State) -> str:
        """Return the person's time zone, or the workspace's."""
        trait = state.traits.get(ZONE_TRAIT)
        if trait is not None and isinstance(trait.value, str) and is_zone(trait.value):
            return trait.value
        return self.plan.zone

    def zones_for(self, state: State, quiet: QuietHours, address: str) -> tuple[str, ...]:
        """Return the zones in which quiet hours must be over: all plausible ones if unknown."""
        trait = state.traits.get(ZONE_TRAIT)
        if trait is not None and isinstance(trait.value, str) and is_zone(trait.value):
            return (trait.value,)
        country = state.traits.get(COUNTRY_TRAIT)
        named = country.value if country is not None and isinstance(country.value, str) else ""
        return self._zones_of(address, named) or quiet.zones_when_unknown or (self.plan.zone,)


def _nowhere(_address: str, _country: str) -> tuple[str, ...]:
    return ()


def validators(
    definitions: Mapping[str, EventType] | Mapping[str, TraitType],
) -> dict[str, jsonschema_rs.Validator]:
    """Return what checks values of each definition's shape."""
    return {
        name: jsonschema_rs.validator_for(dict(one.schema)) for name, one in definitions.items()
    }


def _sender(plan: Plan) -> dict[str, str]:
    sender = {"name": plan.sender.name, "postal_address": plan.sender.postal_address}
    return {name: text for name, text in sender.items() if text}


def _tellings(plan: Plan) -> dict[str, OptOuts]:
    """Return what sources whose manifests tell of addresses tell of, by source."""
    return {
        source.name: OptOuts(
            channel=source.inbound.channel,
            at="",
            address=source.inbound.address,
            values=(source.name,),
            purposes=source.inbound.purposes,
        )
        for source in plan.sources.values()
        if source.inbound is not None
    }


def _tellers(plan: Plan) -> dict[str, Teller]:
    can_reopen = destinations_with(plan, "opt_in")
    return {
        name: Teller(
            channels=tuple(one.name for one in plan.channels.values() if one.destination == name),
            may_reopen=name in can_reopen,
        )
        for name in destinations_with(plan, "opt_out")
    }


def destinations_with(plan: Plan, operation: str) -> tuple[str, ...]:
    """Return the destinations whose connector has a route for an operation."""
    return tuple(
        name
        for name in sorted(plan.destinations)
        if any(
            route.get("on") == operation
            for route in plan.destinations[name].manifest.get("routes", ())
        )
    )


def _all_journeys(plan: Plan) -> list[Journey]:
    return [*plan.retired, *plan.journeys.values()]


def _in_order(plan: Plan) -> list[str]:
    """Order segments so that each comes after those its rule asks about. `plan` has no cycles."""
    ordered: dict[str, bool] = {}

    def visit(name: str) -> None:
        if name in ordered or name not in plan.segments:
            return
        for asked in sorted(depends.segments(plan.segments[name].rule)):
            visit(asked)
        ordered[name] = True

    for name in sorted(plan.segments):
        visit(name)
    return list(ordered)
