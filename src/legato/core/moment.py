"""One step's working place: who, what, when, and what has come of it so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from legato.core.identifiers import address_of
from legato.core.program import Program
from legato.expr.facts import Facts
from legato.model.effect import Effect
from legato.model.event import ConsentSaid, CustomerEvent, JourneyCalled, decode_object
from legato.model.ids import DeliveryId, EventId
from legato.model.instant import Instant
from legato.model.note import Alerted, Note
from legato.model.problem import Reason
from legato.model.state import Recent, State


class Moment:
    """Owned by one call of `step`; the stages write into it and none outlives the other."""

    __slots__ = (
        "at",
        "body",
        "born",
        "captured_at",
        "changed",
        "confirmed",
        "effects",
        "event_id",
        "has_new_offers",
        "is_late",
        "is_logged",
        "is_upheaval",
        "looked_at",
        "name",
        "notes",
        "now",
        "position",
        "program",
        "recalled",
        "seen_count",
        "source",
        "state",
        "to_confirm",
        "zone",
    )

    def __init__(self, program: Program, state: State, now: Instant) -> None:
        self.program = program
        self.state = state
        self.now = now
        """The engine's clock: decisions are made, and alarms set, by it."""
        self.at = now
        """When what is being looked at happened; rules are answered as of it."""
        self.captured_at = now
        self.event_id = EventId("")
        self.name = ""
        """Of the customer event being looked at; empty for timers and the rest."""
        self.source = ""
        self.body: Mapping[str, Any] = {}
        self.position = 0
        """Of the event being looked at in the log; 0: not known."""
        self.is_logged = False
        """The log has the event just as it is looked at."""
        self.recalled: Mapping[int, CustomerEvent | JourneyCalled] = {}
        """What was asked of the log for a late event, by position."""
        self.is_late = False
        """Older than the plan's lateness allows: it is recorded, and starts nothing."""
        self.zone = program.zone_of(state)
        self.changed: dict[str, bool] = {}
        """Slots, traits, segments and journeys that changed, as program.inputs_of names them."""
        self.born: Mapping[str, bool] = {}
        """Segments that the person is in since this step because their rule is new."""
        self.seen_count = 0
        self.looked_at: list[int] = []
        """Indexes of the segments that were looked at."""
        self.is_upheaval = False
        """Every waiting on time must be looked at anew, not only what changed."""
        self.confirmed: dict[DeliveryId, bool] = {}
        """Deliveries that a replay for a late event decided again."""
        self.to_confirm: list[tuple[str, str]] = []
        """(purpose, channel) of every yes that waits to be confirmed since this step."""
        self.has_new_offers = False
        """What the person holds must be looked through for contradictions."""
        self.effects: list[Effect] = []
        self.notes: list[Note] = []

    def take(self, event: CustomerEvent, body: Mapping[str, Any]) -> None:
        """Look at a customer event: as of when it happened, unless it came too late for that."""
        self.is_late = event.occurred_at < self.now - self.program.plan.lateness
        self.at = event.occurred_at
        self.captured_at = event.received_at
        self.event_id, self.name = event.event_id, event.name
        self.source, self.body = event.source, body

    def look_at(self, one: Recent) -> None:
        """Look at an event again."""
        self.at, self.event_id, self.name = one.at, one.event_id, one.name
        self.source, self.position = one.source, one.position
        self.is_logged = one.position in self.recalled
        self.body = decode_object(one.body)

    def hear(self, event: ConsentSaid) -> None:
        """Look at what a known person has said."""
        self.event_id, self.source = event.event_id, event.source
        self.captured_at = event.received_at

    def has_news(self) -> bool:
        """Return whether something has changed since that was last asked."""
        return len(self.changed) != self.seen_count

    def news(self) -> Sequence[str]:
        """Return what has changed since this was last asked."""
        count = len(self.changed)
        if count == self.seen_count:
            return ()
        fresh = list(self.changed)[self.seen_count :]
        self.seen_count = count
        return fresh

    def warn(self, reason: Reason) -> None:
        """Note something worth a person's attention."""
        self.notes.append(Alerted(reason=reason))

    def address(self, channel: str) -> str:
        """Return the person's address for a channel."""
        return address_of(self.state, self.program.plan.channels[channel].address)

    def facts(
        self,
        *,
        entry: Mapping[str, Any] | None = None,
        answer: Mapping[str, Any] | None = None,
        about: str = "",
    ) -> Facts:
        """Return what a rule may look at, as of `at`."""
        return Facts(
            state=self.state,
            now=self.at,
            zone=self.zone,
            event=self.body if self.name else None,
            entry=entry,
            answer=answer,
            about=about,
            computed=self.program.computed,
        )
