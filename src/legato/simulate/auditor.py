"""The auditor: an independent, simpler model that must agree with what the engine did.

It is given the records that were fed, what providers accepted, the notes and the final states, and
works out from the raw events alone what must not have happened. It shares no code with the gates:
consent is a list of statements, time zones are zoneinfo's, caps are counted over what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from legato.model.delivery import Delivery
from legato.model.event import CustomerEvent, DeliveryReported, Event, PlanActivated
from legato.model.ids import DeliveryId, share
from legato.model.instant import SECOND, Duration, Instant, format_instant
from legato.model.note import Decided, Story
from legato.model.noun import Noun
from legato.model.plan import Cap, Plan
from legato.model.state import Enrollment, State
from legato.simulate.lane import Sent
from legato.simulate.ledger import BOUGHT_FOR, COMPLAINT_FOR, Ledger
from legato.simulate.workload import who_of

NUMBERS, HERE = "+44", ("Europe/London",)
"""Everybody's number, and where it puts those of whom no zone is known."""
OVERDUE: Duration = 5 * SECOND
"""What is due longer than this and still waits was forgotten."""


class Violation(Noun, frozen=True, kw_only=True):
    """Something that must not happen did."""

    seed: int
    law: str
    who: str
    at: Instant
    what: str

    def __str__(self) -> str:
        return f"seed {self.seed}, {format_instant(self.at)}, {self.who}: {self.law}: {self.what}"


class Evidence(msgspec.Struct, kw_only=True):
    """All that an auditor is shown."""

    seed: int
    plan: Plan
    """Its policies hold throughout, whichever plan is active."""
    people: Sequence[str]
    records: Sequence[tuple[int, Event]]
    sent: Sequence[Sent]
    repeated: Sequence[Sent]
    stories: Sequence[Story]
    states: Sequence[State]
    paused: Sequence[str]
    """Journeys that are paused at the end."""
    now: Instant


def audit(evidence: Evidence) -> list[Violation]:
    """Return everything that must not have happened and did."""
    return Auditor(evidence).violations()


class Auditor:
    """One look at one world."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._policies = evidence.plan.policies
        self._ledgers = {who: Ledger() for who in evidence.people}
        self._bounced: dict[str, bool] = {}
        self._decided = {
            note.delivery_id: note
            for story in evidence.stories
            for note in story.notes
            if isinstance(note, Decided)
        }
        self._found: list[Violation] = []

    def violations(self) -> list[Violation]:
        """Go through everything once, in the order in which it happened."""
        sends = sorted(self._evidence.sent, key=lambda sent: sent.position)
        index = 0
        for position, event in self._evidence.records:
            while index < len(sends) and sends[index].position < position:
                self._look_at(sends[index])
                index += 1
            self._take(event)
        for sent in sends[index:]:
            self._look_at(sent)
        self._look_at_ids()
        self._look_at_notes()
        self._look_at_people()
        return self._found

    def _accuse(self, law: str, who: str, at: Instant, what: str) -> None:
        seed = self._evidence.seed
        self._found.append(Violation(seed=seed, law=law, who=who, at=at, what=what))

    def _take(self, event: Event) -> None:
        match event:
            case CustomerEvent():
                if event.user_id is not None:
                    self._ledgers[event.user_id].take(event)
            case DeliveryReported():
                note = self._decided.get(event.delivery_id)
                if event.outcome == "bounced" and note is not None:
                    self._bounced[f"{event.person_id}/{note.channel}"] = True
            case _:
                pass

    def _look_at(self, sent: Sent) -> None:
        delivery = sent.delivery
        if delivery.operation != "send":
            return
        who = who_of(delivery.address, self._evidence.people)
        if not who:
            self._accuse("address", delivery.person_id, sent.at, f"{delivery.message} to nobody")
            return
        ledger = self._ledgers[who]
        for law, what in self._laws(ledger, sent):
            self._accuse(law, who, sent.at, f"{delivery.message} by {delivery.channel}: {what}")

    def _laws(self, ledger: Ledger, sent: Sent) -> Iterator[tuple[str, str]]:
        delivery, now = sent.delivery, sent.at
        if now >= delivery.expires_at:
            yield "expiry", "sent after its time to live"
        if f"{delivery.person_id}/{delivery.channel}" in self._bounced:
            yield "suppression", "the address had bounced"
        if delivery.message == "thanks" and delivery.about not in ledger.confirmed:
            yield "confirmation", "sent before the CRM had confirmed the order"
        note = self._decided.get(delivery.delivery_id)
        if note is None or note.verdict == "refuse":
            yield "decision", "sent without a decision to send"
        if self._evidence.plan.purposes[delivery.purpose].is_promotional:
            yield from self._promotional_laws(ledger, delivery, now)

    def _promotional_laws(
        self, ledger: Ledger, delivery: Delivery, now: Instant
    ) -> Iterator[tuple[str, str]]:
        channel = delivery.channel
        if not ledger.agrees(delivery.purpose, channel, self._policies.opt_out_scope):
            yield "consent", "no consent was in force"
        if now - ledger.bought.get(delivery.about, -BOUGHT_FOR) < BOUGHT_FOR:
            yield "bought", f"{delivery.about} had been bought"
        if any(at <= now < at + COMPLAINT_FOR for at in ledger.complaints):
            yield "complaint", "there was a complaint"
        for quiet in self._policies.quiet_hours:
            if quiet.channels and channel not in quiet.channels:
                continue
            plausible = HERE if delivery.address.startswith(NUMBERS) else quiet.zones_when_unknown
            for minute in ledger.minutes_of_day(now, plausible):
                if _is_within(minute, quiet.start, quiet.end):
                    yield "quiet hours", f"at minute {minute} of the person's day"
        for holdout in self._policies.holdouts:
            if share(holdout.salt, delivery.person_id) < holdout.share:
                yield "holdout", f"drawn into {holdout.name}"
        ledger.sends.append(now)
        ledger.sends_by_channel.setdefault(channel, []).append(now)
        for cap in self._policies.caps:
            if not cap.channels or channel in cap.channels:
                count = _count_in(cap, ledger, now)
                if count > cap.limit:
                    yield "cap", f"the {count}. within the window of {cap.name}"

    def _look_at_ids(self) -> None:
        first: dict[DeliveryId, Delivery] = {}
        by_message: dict[DeliveryId, Delivery] = {}
        for sent in self._evidence.sent:
            delivery = sent.delivery
            if delivery.delivery_id in first:
                self._accuse("once", delivery.person_id, sent.at, f"{delivery.message} went twice")
            first[delivery.delivery_id] = delivery
            message_id = delivery.first_id or delivery.delivery_id
            before = by_message.setdefault(message_id, delivery)
            if before.channel != delivery.channel:
                what = f"{delivery.message} went by {before.channel} and by {delivery.channel}"
                self._accuse("one channel", delivery.person_id, sent.at, what)
        for sent in self._evidence.repeated:
            if sent.delivery != first.get(sent.delivery.delivery_id):
                what = "one delivery id, two contents"
                self._accuse("one id", sent.delivery.person_id, sent.at, what)

    def _look_at_notes(self) -> None:
        noted = {story.position for story in self._evidence.stories}
        digests = [
            event.digest for _, event in self._evidence.records if isinstance(event, PlanActivated)
        ]
        for position, event in self._evidence.records:
            if isinstance(event, CustomerEvent) and position not in noted:
                who = event.user_id or event.anonymous_id or ""
                self._accuse("answer", who, event.received_at, f"{event.name} left no note")
        for story in self._evidence.stories:
            for note in story.notes:
                if not isinstance(note, Decided):
                    continue
                # The engine's own question to confirm a yes is of no journey.
                is_of_version = bool(note.version) or not note.journey
                if note.plan not in digests or not is_of_version:
                    self._accuse("record", story.person_id, story.at, "a decision without a plan")

    def _look_at_people(self) -> None:
        evidence = self._evidence
        told = {
            event.user_id: True
            for _, event in evidence.records
            if isinstance(event, CustomerEvent) and event.user_id is not None
        }
        known = [
            who for state in evidence.states for who in sorted(state.identifiers.get("user_id", {}))
        ]
        if sorted(told) != sorted(known):
            self._accuse("people", "", evidence.now, f"told of {sorted(told)}, known {known}")
        for state in evidence.states:
            if len(state.identifiers.get("user_id", {})) > 1:
                self._accuse("people", state.person_id, evidence.now, "two people in one")
            self._look_at_passages(state)
            self._look_at_fallbacks(state)

    def _look_at_passages(self, state: State) -> None:
        now = self._evidence.now
        courses = self._evidence.plan.journeys
        open_ones = [one for one in state.enrollments if one.ended_at is None]
        for one in open_ones:
            is_paused = one.journey in self._evidence.paused
            if one.due_at is not None and one.due_at < now - OVERDUE and not is_paused:
                self._accuse("time", state.person_id, now, f"{one.journey} is overdue")
            journey = courses.get(one.journey)
            again = journey.entry.again if journey is not None else "concurrent"
            if again != "concurrent" and _is_doubled(one, open_ones):
                self._accuse("entry", state.person_id, now, f"twice in {one.journey} {one.key}")
        for held in state.held:
            if held.due_at < now - OVERDUE and held.delivery.journey not in self._evidence.paused:
                self._accuse("time", state.person_id, now, f"{held.delivery.message} is overdue")

    def _look_at_fallbacks(self, state: State) -> None:
        now = self._evidence.now
        on_way = {held.delivery.delivery_id: held.delivery for held in state.held} | state.pending
        for delivery_id, fallback in state.fallbacks.items():
            delivery = on_way.get(delivery_id)
            if delivery is None:
                self._accuse("time", state.person_id, now, "another channel waits for nothing")
                continue
            is_paused = delivery.journey in self._evidence.paused
            if fallback.due_at is not None and fallback.due_at < now - OVERDUE and not is_paused:
                self._accuse("time", state.person_id, now, "another channel is overdue")


def _is_doubled(one: Enrollment, open_ones: Sequence[Enrollment]) -> bool:
    return sum((one.journey, one.key) == (other.journey, other.key) for other in open_ones) > 1


def _count_in(cap: Cap, ledger: Ledger, now: Instant) -> int:
    sends = (
        [at for channel in cap.channels for at in ledger.sends_by_channel.get(channel, ())]
        if cap.channels
        else ledger.sends
    )
    return sum(now - cap.window < at <= now for at in sends)


def _is_within(minute: int, start: int, end: int) -> bool:
    if start <= end:
        return start <= minute < end
    return minute >= start or minute < end
