"""What would have let a message go that was chosen and then taken back: that step taken again.

Two kinds of steps end one. Either something came that the message may not go after: an opt-out,
a purchase, what makes people leave its journey. Then that step is taken again with something
otherwise, or without its event. Or its lane was told by a gate that it may not go, or not any more:
then there is a report, and the gates are read again as they stood before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from msgspec import structs

from legato.core.consents.addresses import OPTED_OUT
from legato.core.gate import clear, inspect, intent_of
from legato.core.program import Program
from legato.core.sending.decide import weigh
from legato.core.sending.fallback import LISTED
from legato.fold.inputs import Change, of_gates
from legato.fold.retaken import Retaken, Scene, scene_of
from legato.fold.then import DIFFERS, Chronicle
from legato.fold.what_if import CHANGES_MAX, Otherwise
from legato.model.definitions.journey import Journey
from legato.model.delivery import Delivery
from legato.model.ended import enrollments_of
from legato.model.event import ConsentSaid, CustomerEvent, DeliveryReported, Event
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Instant
from legato.model.note import GateSeen, Revoked, Settled, Story
from legato.model.plan import Plan
from legato.model.problem import Reason
from legato.model.state import Held, State

PROVIDERS = Reason(
    code="past.provider", what="a destination was too slow, and that is no rule that can be changed"
)
TOO_SLOW = "fallback.too_slow"
_OF_ADDRESS = (OPTED_OUT.code, LISTED)


def taken_back(
    chronicle: Chronicle, person_id: PersonId, ended: Revoked | Settled, row: Story
) -> tuple[Otherwise, ...] | Reason:
    """Return the fewest changes by which it would not have been taken back, and free to go.

    Or why that cannot be told. `row` is where it was noted; `at` is when it would have gone.
    """
    if ended.reason is not None and ended.reason.code == TOO_SLOW:
        return PROVIDERS
    scene = scene_of(chronicle, person_id, row)
    if isinstance(scene, Reason):
        return scene
    retaken = Retaken(scene)
    is_told = isinstance(scene.event, DeliveryReported)
    ending = _Reported(retaken, scene, ended) if is_told else _Ended(retaken, scene, ended)
    if not ending.is_alike():
        return DIFFERS
    tried = ending.changes()[:CHANGES_MAX]
    for size in (1, 2):
        ways = tuple(_ways(ending, combinations(tried, size)))
        if ways:
            return ways
    return ()


def _ways(ending: _Ended | _Reported, tried: Iterator[tuple[Change, ...]]) -> Iterator[Otherwise]:
    for each in tried:
        gone = ending.gone(each)
        if gone is not None:
            delivery, at = gone
            words = tuple(change.words for change in each)
            yield Otherwise(changes=words, channel=delivery.channel, at=at)


class _Ended:
    """It was taken back in the step of what came."""

    def __init__(self, retaken: Retaken, scene: Scene, ended: Revoked | Settled) -> None:
        self._retaken = retaken
        self._scene = scene
        self._ended = ended

    def is_alike(self) -> bool:
        """Return whether the step takes it back as it did, for the same reason."""
        found = [
            note
            for note in self._retaken.take(()).notes
            if isinstance(note, Revoked | Settled)
            and note.delivery_id == self._ended.delivery_id
            and _code(note.reason) == _code(self._ended.reason)
        ]
        return bool(found)

    def changes(self) -> list[Change]:
        """Return what could have been otherwise: that it came, what it met, and the gates."""
        people = self._scene.people()
        delivery = _delivery_of(people, self._ended.delivery_id)
        found: list[Change] = []
        words = _not_come(self._scene.event)
        if words:
            found.append(Change(words=words, event=lambda _: None))
        if delivery is None:
            return found
        reason = self._ended.reason
        if reason is not None and reason.code in ("journey.exit", "journey.goal"):
            what = f"staying in {delivery.journey} all the same"
            found.append(Change(words=what, plan=_keeping_in(delivery, people)))
        plan = self._scene.program.plan
        found += of_gates(plan, delivery.channel, _gates(self._ended), people)
        return list({one.words: one for one in found}.values())

    def gone(self, otherwise: Sequence[Change]) -> tuple[Delivery, Instant] | None:
        """Return it and when it would have gone; None: it would not."""
        states, program = self._retaken.after(otherwise), self._retaken.program(otherwise)
        return _leaving(program, states, self._ended.delivery_id, self._scene.now)


class _Reported:
    """Its lane reported that a gate was closed, or that its time was over."""

    def __init__(self, retaken: Retaken, scene: Scene, ended: Revoked | Settled) -> None:
        self._retaken = retaken
        self._scene = scene
        self._ended = ended
        self._is_of_address = _code(ended.reason) in _OF_ADDRESS

    def is_alike(self) -> bool:
        """Return whether the gates that a step can read were closed as they were."""
        closed = self._closed()
        if self._is_of_address and not closed:
            return _delivery_of(self._scene.people(), self._ended.delivery_id) is not None
        if isinstance(self._ended, Settled) and self._ended.outcome == "expired":
            return any(gate.gate == "expiry" for gate in closed)
        return bool(closed) and _code(closed[0].reason) == _code(self._ended.reason)

    def changes(self) -> list[Change]:
        """Return what could have been otherwise for each gate that was closed."""
        people, closed = self._scene.people(), self._closed()
        if not closed:
            return [Change(words="nobody who has the address having said no to it, or bounced")]
        plan, channel = self._scene.program.plan, self._channel()
        found = of_gates(plan, channel, closed, people)
        return list({one.words: one for one in found}.values())

    def gone(self, otherwise: Sequence[Change]) -> tuple[Delivery, Instant] | None:
        """Return it and when it would have gone; None: it would not."""
        states, program = self._retaken.before(otherwise), self._retaken.program(otherwise)
        return _leaving(program, states, self._ended.delivery_id, self._scene.now)

    def _closed(self) -> list[GateSeen]:
        scene = self._scene
        for state in scene.people():
            delivery = state.pending.get(self._ended.delivery_id)
            if delivery is not None:
                gates = clear(scene.program, state, delivery, scene.now).gates
                return [gate for gate in gates if gate.verdict != "pass"]
        return []

    def _channel(self) -> str:
        delivery = _delivery_of(self._scene.people(), self._ended.delivery_id)
        return delivery.channel if delivery is not None else ""


def _code(reason: Reason | None) -> str:
    return reason.code if reason is not None else ""


def _not_come(event: Event) -> str:
    """Say that it did not come; empty: it is nothing that comes from anybody."""
    match event:
        case CustomerEvent():
            return f"no '{event.name}' then"
        case ConsentSaid():
            purposes = [line.purpose for line in event.lines if not line.is_granted]
            return f"no withdrawal of consent to {' and '.join(dict.fromkeys(purposes))}"
        case _:
            return ""


def _gates(ended: Revoked | Settled) -> tuple[GateSeen, ...]:
    """Return the gates that closed; of one that its lane had, the reason names the one."""
    if isinstance(ended, Settled) and ended.gates:
        return ended.gates
    if ended.reason is None:
        return ()
    gate = ended.reason.code.partition(".")[0]
    return (GateSeen(gate=gate, verdict="refuse", seen="", reason=ended.reason),)


def _keeping_in(delivery: Delivery, people: Sequence[State]) -> _Keeping:
    versions = [
        one.version
        for state in people
        for one in enrollments_of(state)
        if one.enrollment_id == delivery.enrollment_id
    ]
    return _Keeping(versions)


class _Keeping:
    """A plan in which nothing makes people leave some versions of a journey."""

    def __init__(self, versions: Sequence[str]) -> None:
        self._versions = versions

    def __call__(self, plan: Plan) -> Plan:
        journeys = {name: self._kept(one) for name, one in plan.journeys.items()}
        retired = tuple(self._kept(one) for one in plan.retired)
        return structs.replace(plan, journeys=journeys, retired=retired)

    def _kept(self, journey: Journey) -> Journey:
        return structs.replace(journey, exits=()) if journey.version in self._versions else journey


def _delivery_of(people: Sequence[State], delivery_id: DeliveryId) -> Delivery | None:
    for state in people:
        if delivery_id in state.pending:
            return state.pending[delivery_id]
        held = _held(state, delivery_id)
        if held is not None:
            return held.delivery
    return None


def _held(state: State, delivery_id: DeliveryId) -> Held | None:
    return next((one for one in state.held if one.delivery.delivery_id == delivery_id), None)


def _leaving(
    program: Program, states: Sequence[State], delivery_id: DeliveryId, now: Instant
) -> tuple[Delivery, Instant] | None:
    """Return a delivery and when it may leave, as things stand; None: it may not."""
    for state in states:
        delivery, held = state.pending.get(delivery_id), _held(state, delivery_id)
        if delivery is not None:
            at = _clear_at(program, state, delivery, now)
            return None if at is None else (delivery, at)
        if held is not None:
            at = _released_at(program, state, held, now)
            return None if at is None else (held.delivery, at)
    return None


def _clear_at(program: Program, state: State, delivery: Delivery, now: Instant) -> Instant | None:
    """Read its gates; where it is quiet then, at the end of that."""
    found = clear(program, state, delivery, now)
    if found.until is not None and found.until < delivery.expires_at:
        now = found.until
        found = clear(program, state, delivery, now)
    return now if found.is_clear else None


def _released_at(program: Program, state: State, held: Held, now: Instant) -> Instant | None:
    """Read its gates as it is done when what holds it is over."""
    at = max(now, held.due_at)
    intent = intent_of(program, state, held.delivery)
    gates, until = inspect(program, state, intent, at)
    weighed = weigh(program.plan.channels[held.delivery.channel], intent, gates, until)
    if weighed.verdict == "hold" and until is not None:
        at = until
        gates, until = inspect(program, state, intent, at)
        weighed = weigh(weighed.channel, intent, gates, until)
    is_paused = bool(program.paused.get(held.delivery.journey))
    return at if weighed.verdict == "pass" and not is_paused else None
