"""A person's recorded story as a scenario: what happened to them, and what really came of it.

Only what the plan reads of events is taken over, every value of it masked; when things happened is
kept to the millisecond, and so are consents, draws, and what providers made of messages. Who the
person is, how they were recognised and what nothing reads stay behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec

from legato.connectors.classify import classify
from legato.connectors.compile import compile_manifest
from legato.core.gate import is_held_out
from legato.core.journeys.journey import drawn_arm
from legato.core.program import ZONE_TRAIT
from legato.fold.schedule import Almanac, call_id, scheduled_version
from legato.insight.recording.mask import Masks, exact
from legato.model.consent import EVERY_CHANNEL
from legato.model.definitions.journey import Call, Split
from legato.model.event import (
    NAME_OF_KIND,
    SMS_RECEIVED,
    CustomerEvent,
    DeliveryReported,
    Event,
    JourneyCalled,
    decode_object,
)
from legato.model.instant import MILLISECOND, MINUTE, SECOND, Duration, Instant, format_instant
from legato.model.note import (
    UNDONE,
    Called,
    ConsentSet,
    Decided,
    GateSeen,
    Left,
    Rejected,
    Settled,
    Story,
)
from legato.model.noun import Noun
from legato.model.plan import Destination, Plan
from legato.model.state import State
from legato.model.wire import Response
from legato.plan.impact.readers import readers

EVENTS_MAX = 2_000
"""A longer story is read by nobody; the oldest part of it is left out."""
PROMPT: Duration = 5 * SECOND
"""What a provider took within this, it took at once."""
LATE: Duration = MINUTE
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_ .@+/-]*")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "~")
_CONSENT_EVENT = "Consent Changed"
_STATUSES = (400, 422, 404, 410, 550, 500)


class Recorded(Noun, frozen=True, kw_only=True):
    """A scenario, and what could not be taken over."""

    text: str
    event_count: int
    gaps: int
    """Steps of the story whose records are not kept any longer."""


class _Line(Noun, frozen=True, kw_only=True):
    at: Instant
    order: int
    text: str


def record(
    state: State,
    stories: Sequence[Story],
    events: Mapping[int, Event],
    *,
    plan: Plan,
    now: Instant,
) -> Recorded:
    """Write a person's story down."""
    return _Recorder(state, stories, events, plan, now).write()


class _Recorder:
    """One recording."""

    def __init__(
        self,
        state: State,
        stories: Sequence[Story],
        events: Mapping[int, Event],
        plan: Plan,
        now: Instant,
    ) -> None:
        rows = [row for row in stories if row.position in events][-EVENTS_MAX:]
        self._gaps = len({row.position for row in stories}) - len({row.position for row in rows})
        self._state = state
        self._stories = rows
        self._events = events
        self._plan = plan
        self._now = now
        self._masks = Masks(plan)
        self._almanac = Almanac()
        self._zone = ""
        self._read = _read(plan)
        self._left = _left(rows, plan)
        first = rows[0].at if rows else now
        self._start = first - first % SECOND - SECOND

    def write(self) -> Recorded:
        lines = sorted(self._lines(), key=lambda line: (line.at, line.order))
        text = [
            "# What happened to somebody, every value made up. `then` is what really came of it.",
            f"scenario: recorded {format_instant(self._now)[:19]}",
            "given:",
            "  person: ana",
            f"  at: {format_instant(self._start)}",
            f"  not_reachable_by: {_flow(list(self._plan.channels))}",
        ]
        nameless = {name: None for name in ("name", "first_name") if name in self._plan.traits}
        text += [f"  traits: {_flow(nameless)}"] if nameless else []
        text += [f"  arms: {_flow(arms)}"] if (arms := self._arms()) else []
        text += [f"  held_out_by: {_flow(drawn)}"] if (drawn := self._holdouts()) else []
        text.append("when:")
        before = self._start
        for line in lines:
            gap = line.at // MILLISECOND - before // MILLISECOND
            text.append(
                f"  - after {exact(gap * MILLISECOND)}: {line.text}" if gap else f"  - {line.text}"
            )
            before = line.at
        text.append(f"  - after {exact(max(self._now - before, SECOND))}")
        text += ["then:", *self._then()]
        count = sum(isinstance(event, CustomerEvent) for event in self._events.values())
        return Recorded(text="\n".join(text) + "\n", event_count=count, gaps=self._gaps)

    # What happened

    def _lines(self) -> Iterator[_Line]:
        for order, row in enumerate(self._stories):
            event = self._events[row.position]
            if isinstance(event, CustomerEvent):
                if not any(isinstance(note, Rejected) for note in row.notes):
                    yield from self._event(event, order)
            elif isinstance(event, JourneyCalled) and self._is_put(event):
                body = self._kept(
                    f"call {event.journey}", decode_object(event.body), event.received_at
                )
                yield _Line(at=row.at, order=order, text=_flow({f"put into {event.journey}": body}))
            elif isinstance(event, DeliveryReported):
                yield from self._provider(event, order)
            said = self._consents(row)
            if said:
                yield _Line(at=row.at, order=order, text=_flow({"consents": said}))

    def _is_put(self, event: JourneyCalled) -> bool:
        """Return whether somebody put the person in; schedules come round in stories as well."""
        journey = scheduled_version(self._plan, event.journey)
        if journey is None:
            return event.journey in self._plan.journeys
        due_at = self._almanac.latest(journey, self._plan.zone, event.received_at)
        return due_at is None or event.event_id != call_id(journey.name, due_at, event.person_id)

    def _event(self, event: CustomerEvent, order: int) -> Iterator[_Line]:
        """Yield an event, with the time zone that came beside it."""
        if event.name in (_CONSENT_EVENT, SMS_RECEIVED):
            return  # what was said is told by the ledger
        known = event.name in self._plan.events or event.name in NAME_OF_KIND.values()
        if not known and not self._plan.accept_unknown:
            return
        at = event.received_at
        zone = decode_object(event.context).get("timezone")
        if isinstance(zone, str) and zone != self._zone and ZONE_TRAIT in self._plan.traits:
            self._zone = zone
            yield _Line(at=at, order=order, text=_flow({"Identified": {ZONE_TRAIT: zone}}))
        body = decode_object(event.body)
        if event.kind == "identify":
            kept = self._traits(body, at)
        else:
            kept = self._kept(event.name, body, at)
        name = event.name
        if event.source in self._plan.sources and self._plan.sources[event.source].hook is None:
            name = f"{event.name} from {event.source}"
        late = at - event.occurred_at
        if late < LATE:
            yield _Line(at=at, order=order, text=_flow({name: kept}))
            return
        told = _flow({f"source {event.source}": {"late": exact(late)}})
        yield _Line(at=event.occurred_at, order=order, text=told)
        yield _Line(at=event.occurred_at, order=order, text=_flow({name: kept}))
        on_time = _flow({f"source {event.source}": "on time"})
        yield _Line(at=event.occurred_at, order=order, text=on_time)

    def _kept(self, event: str, body: Mapping[str, Any], at: Instant) -> dict[str, Any]:
        """Return what the plan reads of an event, masked."""
        read = self._read.get(event, ())
        kept = _part(body, "", read)
        return self._masks.value(event, kept or {}, at)

    def _traits(self, body: Mapping[str, Any], at: Instant) -> dict[str, Any]:
        """Return the traits that the plan reads, masked; a zone and a country are kept."""
        kept: dict[str, Any] = {}
        for name, value in body.items():
            if name == ZONE_TRAIT:
                kept[name] = value
                self._zone = str(value)
            elif name in self._read["traits"] and name in self._plan.traits:
                kept[name] = self._masks.value(name, value, at)
        return kept

    def _consents(self, row: Story) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for note in row.notes:
            if not isinstance(note, ConsentSet) or note.standing != "present":
                continue
            word = "granted" if note.is_granted else "denied"
            inner = said.setdefault(note.purpose, {})
            channels = [note.channel]
            if note.channel == EVERY_CHANNEL:
                channels = list(self._plan.channels)
            inner.update({one: word for one in channels if one in self._plan.channels})
        return {
            name: inner for name, inner in said.items() if name in self._plan.purposes and inner
        }

    def _provider(self, event: DeliveryReported, order: int) -> Iterator[_Line]:
        """Yield how the provider must behave for the same to come of a delivery."""
        found = self._left.get(event.delivery_id)
        if found is None:
            return
        at, destination = found
        declared = self._plan.destinations.get(destination)
        how = None if declared is None else _behaviour(event, declared, event.received_at - at)
        if how is not None:
            if "body" in how:
                how["body"] = self._masks.value("answer", how["body"], at)
            told = _flow({f"provider {destination}": how})
            yield _Line(at=at - MILLISECOND, order=order, text=told)

    # What came of it

    def _then(self) -> Iterator[str]:
        sent = [line for _, line in sorted(self._sent())]
        yield f"  messages: {'none' if not sent else ''}".rstrip()
        yield from (f"    - {line}" for line in sent)
        refused = list(dict.fromkeys(self._refused()))
        yield from ["  refused:", *(f"    - {one}" for one in refused)] if refused else []
        standing = {
            one.journey: one.step_id
            for one in self._state.enrollments
            if one.ended_at is None
            and one.journey in self._plan.journeys
            and self._plan.journeys[one.journey].version == one.version
        }
        undone = {
            note.enrollment_id: True
            for row in self._stories
            for note in row.notes
            if isinstance(note, Left) and note.outcome == UNDONE
        }
        ended = {
            note.journey: note.outcome
            for row in self._stories
            for note in row.notes
            if isinstance(note, Left)
            and note.journey in self._plan.journeys
            and note.journey not in standing
            and note.enrollment_id not in undone
        }
        yield from [f"  ends: {_flow(ended)}"] if ended else []
        yield from [f"  in_step: {_flow(standing)}"] if standing else []

    def _sent(self) -> Iterator[tuple[Instant, str]]:
        """Yield what providers took, each with the window in which they did."""
        decided = {
            note.delivery_id: note
            for row in self._stories
            for note in row.notes
            if isinstance(note, Decided)
        }
        taken: dict[str, None] = {}
        for row in self._stories:
            for note in row.notes:
                if not isinstance(note, Settled) or note.outcome not in ("accepted", "delivered"):
                    continue
                about = decided.get(note.delivery_id)
                if about is None or note.delivery_id in taken:
                    continue
                taken[note.delivery_id] = None
                since = row.at - self._start
                slack = MINUTE if note.attempt_count <= 1 else 10 * MINUTE
                told = {
                    "message": about.message,
                    "by": about.channel,
                    "after": exact(max(since - slack, 0)),
                    "within": exact(since + slack),
                }
                yield row.at, _flow(told)

    def _refused(self) -> Iterator[str]:
        """Yield what gates closed for, when it was decided or when it was to leave."""
        decided: dict[str, str] = {}
        for row in self._stories:
            for note in row.notes:
                gates: list[GateSeen] = []
                message = ""
                match note:
                    case Decided():
                        decided[note.delivery_id] = message = note.message
                        if note.verdict == "refuse":
                            gates = [gate for one in note.candidates for gate in one.gates]
                    case Settled(outcome="refused"):
                        message, gates = decided.get(note.delivery_id, ""), list(note.gates)
                    case _:
                        continue
                closed = [
                    gate.gate
                    for gate in gates
                    if gate.verdict == "refuse" and gate.reason == note.reason
                ]
                if closed and message:
                    yield _flow({"message": message, "by": closed[0]})

    def _arms(self) -> dict[str, str]:
        return {
            step.salt: drawn_arm(step, self._state.person_id).name
            for journey in self._plan.journeys.values()
            for step in journey.steps.values()
            if isinstance(step, Split)
        }

    def _holdouts(self) -> list[str]:
        holdouts = self._plan.policies.holdouts
        return [one.name for one in holdouts if is_held_out(one, self._state.person_id)]


def _read(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return what journeys, segments, templates and policies read: paths by event, and traits."""
    found: dict[str, list[str]] = {"traits": []}
    for thing in readers(plan):
        if thing.family == "property":
            event, _, path = thing.name.rpartition("/")
            found.setdefault(event, []).append(path)
        elif thing.family == "trait":
            found["traits"].append(thing.name)
    found["traits"] += [one.address for one in plan.channels.values()]
    return {event: tuple(paths) for event, paths in found.items()}


def _part(value: Any, path: str, read: Sequence[str]) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return the part of a value that is read; None where nothing is."""
    if any(path == one or path.startswith(f"{one}.") for one in read):
        return value
    if isinstance(value, dict):
        inner = {
            key: _part(one, f"{path}.{key}" if path else key, read)
            for key, one in cast("dict[str, Any]", value).items()
        }
        return {key: one for key, one in inner.items() if one is not None} or None
    if isinstance(value, list):
        parts = [_part(one, path, read) for one in cast("list[Any]", value)]
        return [one for one in parts if one is not None] or None
    return None


def _left(rows: Sequence[Story], plan: Plan) -> dict[str, tuple[Instant, str]]:
    """Return of messages and calls when they were decided, and to which destination."""
    found: dict[str, tuple[Instant, str]] = {}
    for row in rows:
        for note in row.notes:
            match note:
                case Decided() if note.channel in plan.channels:
                    destination = plan.channels[note.channel].destination
                    found.setdefault(note.delivery_id, (row.at, destination))
                case Called() if note.journey in plan.journeys:
                    step = plan.journeys[note.journey].steps.get(note.step)
                    if isinstance(step, Call):
                        found[note.delivery_id] = (row.at, step.destination)
                case _:
                    pass
    return found


def _behaviour(
    event: DeliveryReported, destination: Destination, took: Duration
) -> dict[str, Any] | None:
    """Return how a provider answers so; None: as it does unless it is told otherwise."""
    if event.outcome == "accepted":
        if event.answer:
            return {"body": msgspec.json.decode(event.answer), "times": 1}
        if event.attempt_count > 1:
            return {"down": True, "for": exact(max(took - SECOND, SECOND))}
        return None
    if event.outcome in ("refused", "expired") and event.attempt_count:
        return {"down": True, "for": exact(max(took, SECOND))}
    if event.outcome == "in_doubt":
        return {"mute": True, "times": 1}
    if event.outcome in ("failed", "bounced"):
        if event.reason is not None and event.reason.code in ("delivery.gave_up", "send.fault"):
            return {"down": True, "for": exact(max(took, SECOND))}
        return {"answer": _status(destination, event.outcome), "times": 1}
    return None


def _status(destination: Destination, outcome: str) -> int:
    """Return a status that the connector reads as this outcome."""
    spec = compile_manifest(destination.manifest).spec
    for status in _STATUSES if spec is not None else ():
        if (
            spec is not None
            and classify(spec, Response(status=status, body=b"{}"), 0).kind == outcome
        ):
            return status
    return _STATUSES[0]


def _flow(value: object) -> str:
    """Write a value as YAML on one line."""
    match value:
        case Mapping():
            pairs = cast("Mapping[str, object]", value).items()
            return "{" + ", ".join(f"{_flow(key)}: {_flow(one)}" for key, one in pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(_flow(one) for one in cast("list[object]", value)) + "]"
        case str() if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value.strip() if value == value.strip() else msgspec.json.encode(value).decode()
        case _:
            return msgspec.json.encode(value).decode()
