"""A counter-example as a scenario: the same story, for `legato test` to live through in the engine.

The proof knows what must be so at which point of the story; here it is arranged. What happened is
let happen, what is known of the person is given, and values are the witnesses of the proof. What it
cannot arrange (a segment of an unusual kind, a measurement that no single event makes so) it says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from legato.expr.path import values_at
from legato.model.definitions.journey import Journey, Send, Split
from legato.model.definitions.property import NeverEnters, NeverSends, Property
from legato.model.instant import HOUR, MINUTE, Duration
from legato.model.plan import Plan
from legato.model.rule import HistoryHas, HistoryIs, PropertyIs, Rule, Scalar
from legato.simulate.proof.ground import DAY_MINUTES, Ground
from legato.simulate.proof.guards import (
    NOBODY,
    Asked,
    Field,
    Known,
    Reasoner,
    example,
    fits_age,
)
from legato.simulate.proof.moves import entry_conditions
from legato.simulate.proof.states import Move
from legato.simulate.proof.story import entry_values
from legato.simulate.proof.values import MISSING
from legato.simulate.proof.violation import Violation

GATED = ("V501", "V502", "V503", "V512")
WHO = "ana"
ZONE = "Europe/London"
MONDAY = "2026-03-02"
"""A Monday in winter: the wall in London shows UTC."""
NOON = 12 * 60
THING = "p1"
"""What a message is about, where anything will do."""
_PLAIN = re.compile(r"[A-Za-z][\w /@-]*")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n", "~")


class Script:
    """Writes one violation as a scenario. Built once, read once."""

    def __init__(self, plan: Plan, journey: Journey, violation: Violation) -> None:
        self._ground = Ground(plan=plan, reasoner=Reasoner(plan.segments))
        self._plan = plan
        self._journey = journey
        self._violation = violation
        self._moves = (*violation.moves, *violation.ending)
        self._before: list[tuple[Duration, dict[str, Any]]] = []
        self._lines: list[Any] = []
        self._traits: dict[str, Any] = {}
        self._consents: dict[tuple[str, str], str] = {}
        self._given: dict[tuple[str, str], str] = {}
        self._arms: dict[str, str] = {}
        self._told: dict[Field, tuple[Asked, ...]] = {}
        self._elapsed: Duration = 0
        self._minute: int | None = None
        """Of the day, at the last message, where the story asks for one."""
        self._waits: dict[str, int] = {}
        """Wait -> the line in which its time passes."""
        self._is_refused = False
        """A message of the story was refused: who refused it has not agreed from the beginning."""
        self._ahead = HOUR if journey.entry.kind == "segment" else 0
        """So long after the story begins a segment is entered, by the time that has passed."""
        self._spot = 0
        """The line before which the present instant begins: what must be so then goes there."""

    def text(self, then: dict[str, Any], properties: tuple[Property, ...] = ()) -> str:
        """Return the document; `then` is what should be, and is not."""
        for journey, moves in self._passages():
            self._journey = journey
            self._ahead = HOUR if journey.entry.kind == "segment" else 0
            entry = self._entry_body(moves, properties)
            for move in moves:
                self._tell(move, entry)
        self._lines.append(f"after {_length(2 * HOUR)}")
        given: dict[str, Any] = {
            "person": WHO,
            "zone": ZONE,
            "at": self._begin(),
            "not_reachable_by": self._unreachable(),
            "consents": _by_purpose(self._given),
            "traits": self._traits,
            "arms": self._arms,
            "before": [
                {f"{_length(ago)} before": event}
                for ago, event in sorted(self._before, key=lambda one: -one[0])
            ],
        }
        given = {key: value for key, value in given.items() if value not in ({}, [])}
        lines = "".join(f"  - {flow(line)}\n" for line in self._lines)
        return (
            f"# {self._violation.code}: {self._violation.what}\n"
            f"scenario: {flow(self._name())}\n"
            f"given: {flow(given)}\nwhen:\n{lines}then: {flow(then)}\n"
        )

    def _passages(self) -> list[tuple[Journey, tuple[Move, ...]]]:
        """Return the moves of each passage: the story of some harm has two journeys."""
        passages: list[tuple[Journey, tuple[Move, ...]]] = []
        for move in self._moves:
            if move.kind == "enter":
                name = move.journey or self._violation.journey
                passages.append((self._plan.journeys[name], ()))
            journey, moves = passages[-1]
            passages[-1] = (journey, (*moves, move))
        return passages

    def _name(self) -> str:
        step = f" at {self._violation.step}" if self._violation.step else ""
        return f"{self._violation.code} {self._violation.journey}{step}".replace(".", " ")

    def _begin(self) -> str:
        """Let the last message be decided at noon, or at the minute that the story asks for."""
        wanted = NOON if self._minute is None else self._minute % DAY_MINUTES
        minute = (wanted - self._elapsed // MINUTE) % DAY_MINUTES
        return f"{MONDAY} {minute // 60:02d}:{minute % 60:02d}"

    def _unreachable(self) -> list[str]:
        """Leave only the channels by which the story has messages go."""
        used = {move.channel: True for move in self._moves if move.kind == "send"}
        others: tuple[str, ...] = ()
        for journey, moves in self._passages():
            for name in (self._violation.step, *(move.step for move in moves)):
                step = journey.steps.get(name)
                others += step.channels if isinstance(step, Send) and used else ()
        channels = self._plan.channels
        kept = {channels[name].address: True for name in used}
        lost = {channels[name].address: True for name in others if name not in used}
        return sorted(
            one.name for one in channels.values() if one.address in lost and one.address not in kept
        )

    # -- What happens ----------------------------------------------------------------------------

    def _tell(self, move: Move, entry: dict[str, Any]) -> None:
        match move.kind:
            case "enter" | "again":
                self._enter(entry)
                self._arrange(move.known, entry)
            case "pass":
                self._pass(move, entry)
            case "event":
                self._lines.append("after 1s")  # of an event and a timer at one instant it is first
                body = {move.same: _at(entry, move.same)} if move.same else {}
                body.update(_values_of(move.known, "event"))
                source = f" from {move.source}" if move.source else ""
                self._now({f"{move.event}{source}": nested(body)})
                self._arrange(move.known, entry)
            case "late":
                self._late(move, entry)
            case "arm":
                step = self._journey.steps[move.step]
                assert isinstance(step, Split)
                self._arms[step.salt.partition("/")[2]] = move.name
            case "answer":
                self._answer(move)
            case "send" | "guard" | "case":
                self._arrange(move.known, entry)
            case "go":
                self._is_refused |= isinstance(self._journey.steps.get(move.step), Send)

    def _now(self, line: Any) -> None:  # noqa: ANN401 - a line is a text or a mapping
        """Begin an instant."""
        self._spot = len(self._lines)
        self._lines.append(line)

    def _put(self, line: Any) -> None:  # noqa: ANN401 - a line is a text or a mapping
        """Let something happen just before the present instant."""
        self._lines.insert(self._spot, line)
        self._spot += 1

    def _enter(self, entry: dict[str, Any]) -> None:
        match self._journey.entry.kind:
            case "event":
                self._now({self._journey.entry.on: entry})
            case "segment":
                self._now(f"after {_length(self._ahead)}")
                self._elapsed += self._ahead
            case _:
                self._now({f"put into {self._journey.name}": entry})

    def _pass(self, move: Move, entry: dict[str, Any]) -> None:
        if move.minute is not None:
            self._now(f"at {move.minute // 60:02d}:{move.minute % 60:02d}")
            self._minute = None
            return
        self._waits[move.step] = len(self._lines)
        # What is asked when the time is up has to be so just before.
        early = min(MINUTE, move.passes // 2)
        self._lines.append(f"after {_length(move.passes - early)}")
        self._now(f"after {_length(early)}")
        self._arrange(move.known, entry)
        self._elapsed += move.passes

    def _late(self, move: Move, entry: dict[str, Any]) -> None:
        """Let the event happen before the time was up, and arrive after it."""
        index = self._waits[move.step]
        source = move.source or self._source()
        body = {move.same: _at(entry, move.same)} if move.same else {}
        late = {f"source {source}": {"late": "2m", "for": "1s"}, move.event: nested(body)}
        if move.source:
            late = {f"source {source}": late[f"source {source}"]}
            late[f"{move.event} from {source}"] = nested(body)
        words = str(self._lines[index])
        self._lines[index] = {words: late}
        self._now("after 3m")

    def _source(self) -> str:
        clients = [one for one in self._plan.sources.values() if one.hook is None]
        names = [one.name for one in clients if one.inbound is None]
        return "web" if "web" in names or not names else names[0]

    def _answer(self, move: Move) -> None:
        step = self._journey.steps[move.step]
        destination = getattr(step, "destination", "")
        if move.name:
            body = nested(_values_of(move.known, "answer"))
            self._lines.insert(0, {f"provider {destination}": {"answer": 200, "body": body}})
            self._now(f"after {_length(MINUTE)}")
            self._elapsed += MINUTE
        else:
            self._lines.insert(0, {f"provider {destination}": "down"})
            self._now(f"after {_length(move.passes + MINUTE)}")
            self._elapsed += move.passes + MINUTE

    # -- What must be so -------------------------------------------------------------------------

    def _arrange(self, known: Known, entry: dict[str, Any]) -> None:
        for field, asked in known:
            if self._told.get(field) == asked:
                continue
            self._told[field] = asked
            match field[0]:
                case "journey" if any(holds for _, holds in asked):
                    self._other_journey(field[1], known)
                case "happened" | "same" | "measured":
                    self._history(field, asked, entry)
                case _:
                    self._arrange_one(field, asked)

    def _arrange_one(self, field: Field, asked: tuple[Asked, ...]) -> None:
        match field[0]:
            case "consent":
                self._agree((field[1], field[2]), str(example(field, asked)))
            case "trait":
                value = example(field, asked)
                if value != MISSING:
                    self._trait(field[1], value)
            case "age":
                self._age(field[1], asked)
            case "clock":
                value = example(field, asked)
                assert isinstance(value, int)
                if any(holds for _, holds in asked):
                    self._minute = value % DAY_MINUTES
            case _:
                pass

    def _agree(self, about: tuple[str, str], word: str) -> None:
        if self._consents.get(about, "unknown") == word:
            return
        if about not in self._consents and not self._is_refused:
            self._given[about] = word
        else:
            self._put({"consents": {about[0]: {about[1]: word}}})
        self._consents[about] = word

    def _trait(self, name: str, value: Scalar) -> None:
        if name in self._plan.computed:
            return
        if name not in self._traits:
            self._traits[name] = value
        elif self._traits[name] != value:
            self._put({"identify": {name: value}})

    def _age(self, name: str, asked: tuple[Asked, ...]) -> None:
        ago = example((("age"), name), asked)
        if isinstance(ago, int):
            self._traits[name] = {"ago": _length(ago)}

    def _history(self, field: Field, asked: tuple[Asked, ...], entry: dict[str, Any]) -> None:
        ago = example(field, asked)
        leaf = next((leaf for leaf, holds in asked if holds), asked[0][0])
        if field[0] == "measured":
            self._measured(leaf, ago)
            return
        if not isinstance(ago, int) or ago >= NOBODY:
            return
        assert isinstance(leaf, HistoryIs | HistoryHas)
        body = _where(leaf.slot.match.where)
        if isinstance(leaf, HistoryHas):
            subject = _at(entry, leaf.subject) if leaf.subject else THING
            body[leaf.slot.property] = subject
        event = {leaf.slot.match.event: nested(body)}
        recent = next((each for each in (HOUR, MINUTE) if fits_age(asked, each)), None)
        recent = recent if fits_age(asked, 0) else None
        if self._spot == 0 or recent is None or self._ends_it(leaf.slot.match.event):
            self._before.append((recent or ago - self._ahead, event))
        else:
            self._put(event)

    def _measured(self, leaf: object, value: Scalar) -> None:
        assert isinstance(leaf, HistoryIs)
        slot = leaf.slot
        body = _where(slot.match.where)
        count = 1
        if slot.function == "count":
            count = value if isinstance(value, int) else 1
        elif slot.property:
            body[slot.property] = value
        for _ in range(count):
            event = {slot.match.event: nested(body)}
            if self._spot:
                self._put(event)
            else:
                self._before.append((MINUTE, event))

    def _ends_it(self, event: str) -> bool:
        return any(each.on == event and not each.same for each in self._journey.exits)

    def _other_journey(self, name: str, known: Known) -> None:
        """Let the person be in another journey, entered when nothing speaks against it."""
        other = self._plan.journeys.get(name)
        if other is None or other.entry.kind != "event" or name == self._journey.name:
            return
        ago = HOUR
        for field, asked in known:
            leaf = asked[0][0]
            if isinstance(leaf, HistoryIs) and leaf.slot.match.event == other.entry.on:
                reach = leaf.slot.window.size + HOUR
                ago = reach if field[0] == "happened" and fits_age(asked, reach) else ago
        for one in self._ground.ways(entry_conditions(other), ()):
            self._before.append((ago, {other.entry.on: nested(dict(entry_values(one)))}))
            return

    # -- The entry event -------------------------------------------------------------------------

    def _entry_body(
        self, moves: tuple[Move, ...], properties: tuple[Property, ...]
    ) -> dict[str, Any]:
        """Return the event that begins the journey: what guards ask of it, and names for things."""
        values: dict[str, Any] = {}
        for move in moves:
            values.update(entry_values(move.known))
        paths = [self._journey.entry.key, *(each.same for each in self._journey.exits)]
        paths += [move.same for move in moves]
        for step in self._journey.steps.values():
            if isinstance(step, Send):
                offer = self._plan.offers.get(step.offer)
                paths += [step.about, *(offer.paths() if offer is not None else ())]
        for named in properties:
            if not isinstance(named.claim, NeverEnters):
                paths.append(getattr(named.claim, "same", ""))
        known = self._plan.events.get(self._journey.entry.on)
        schema: Mapping[str, Any] = known.schema if known is not None else {}
        declared: Mapping[str, Any] = schema.get("properties") or {}
        for path in dict.fromkeys(filter(None, paths)):
            if path not in values and (not declared or path.partition(".")[0] in declared):
                values[path] = f"{THING}"
        return nested(values)


def _where(rule: Rule | None) -> dict[str, Any]:
    """Return properties of an event that meet a condition on them."""
    if rule is None:
        return {}
    reasoner = Reasoner({})
    for known in reasoner.where(rule, ()):
        return {
            field[1]: example(field, asked)
            for field, asked in known
            if isinstance(asked[0][0], PropertyIs) and example(field, asked) != MISSING
        }
    return {}


def _values_of(known: Known, scope: str) -> dict[str, Any]:
    return {
        field[1]: value
        for field, asked in known
        if field[0] == scope and (value := example(field, asked)) != MISSING
    }


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted paths into objects; `products[].sku` into a list of one."""
    body: dict[str, Any] = {}
    for path, value in values.items():
        at: dict[str, Any] = body
        *parents, last = path.split(".")
        for parent in parents:
            if parent.endswith("[]"):
                at = at.setdefault(parent.removesuffix("[]"), [{}])[0]
            else:
                at = at.setdefault(parent, {})
        at[last.removesuffix("[]")] = [value] if last.endswith("[]") else value
    return body


def _at(body: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return the first value at a path; the name of a thing where there is none."""
    return next(iter(values_at(body, path)), THING)


def _by_purpose(consents: dict[tuple[str, str], str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (purpose, channel), word in consents.items():
        found.setdefault(purpose, {})[channel] = word
    return found


def _length(duration: Duration) -> str:
    """Write a duration as definitions do: `1d 2h 30m`."""
    parts: list[str] = []
    rest = duration
    for unit, size in (("d", 24 * HOUR), ("h", HOUR), ("m", MINUTE), ("s", MINUTE // 60)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "1s"


def flow(value: Any) -> str:  # noqa: ANN401 - JSON can be anything
    """Write a value as YAML on one line, without more quotes than it needs."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value).items()
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in fields) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in cast("list[Any]", value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def exported(plan: Plan, violation: Violation, properties: tuple[Property, ...]) -> str:
    """Return a violation as a scenario that fails while it is there; empty: it has no story."""
    if violation.beside:
        return ""  # stories are told of the present versions
    journey = plan.journeys[violation.journey]
    sends = [move for move in violation.ending if move.kind == "send"]
    claim = next((one.claim for one in properties if one.name == violation.property), None)
    if isinstance(claim, NeverEnters) and violation.moves:
        then: dict[str, Any] = {"never_enters": claim.journey}
    elif violation.code == "V508" and sends:
        then = {"at_most": {violation.message: 1}}
    elif sends and (violation.code in GATED or isinstance(claim, NeverSends)):
        then = {"never": [f"{violation.message} by {violation.channel}"]}
    else:
        return ""
    mine = tuple(one for one in properties if one.name == violation.property)
    return Script(plan, journey, violation).text(then, mine)
