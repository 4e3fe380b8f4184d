"""Which source was last heard when, and which are silent.

Nothing is polled: it sleeps until the instant at which the first source would be silent if nothing
came. What arrives meanwhile moves no timer; it is looked at when that instant is there. Only the
first event of a silent source wakes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from legato.app.connections.figures import LastHeard
from legato.app.guard.waking import Sleep
from legato.connectors.inbound.compile import compile_source
from legato.govern.silence import silent_at
from legato.insight.dependence import Degraded, degraded, events_of, in_words
from legato.model.definitions.source import Source
from legato.model.event import CustomerEvent, Event, Noticed, RejectedItem, decode_event
from legato.model.instant import MINUTE, Duration, Instant, format_duration
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import Reason
from legato.ports.clock import Clock
from legato.ports.log import Log
from legato.runtime.polling.poller import Asked

LOOK_BACK = 20_000
"""Records of the log read at a start: what came after the figures were put down last."""
PAGE = 1_000
NAMES_MAX = 1_000
"""Events remembered of one source: a sender that makes names up must not fill the memory."""
GRACE_MAX: Duration = MINUTE
"""After a start, clients need a moment to come back."""
_NO_NAMES: Mapping[str, None] = {}


class SourceSeen(Noun, frozen=True, kw_only=True):
    """A source, as it is heard."""

    source: str
    title: str
    is_enabled: bool
    silent_after: Duration
    """0: it may be silent."""
    heard_at: Instant | None
    """None: not since the oldest record that was looked at."""
    silent_since: Instant | None
    """When an alert was raised for it; None: it is not silent."""
    events: tuple[str, ...]
    """What comes from it, as declared or as seen."""
    journeys: tuple[Degraded, ...]
    """What rests on it now that it is silent or out of order."""
    broken: str = ""
    """What is wrong in its connector's manifest, where, and how to fix it; empty: nothing. What is
    sent to it is refused until that is mended."""
    broken_since: Instant | None = None
    """Since when this process knows that; None: it is not so."""
    asked: Asked | None = None
    """Of one that is polled: how that is going."""


class SourceWatch:
    """Runs on the loop. `plan` and `raise_alert` are the app's."""

    def __init__(
        self,
        clock: Clock,
        plan: Callable[[], Plan],
        *,
        silent: dict[str, Instant],
        changed: Callable[[Noticed], object],
    ) -> None:
        """Begin with what was silent before; `changed` is told when that changes."""
        self._clock = clock
        self._plan = plan
        self.silent = silent
        self._tell = changed
        self._heard: dict[str, Instant] = {}
        self._names: dict[str, dict[str, None]] = {}
        self._sleep = Sleep(clock)
        self._started_at = clock.now()

    def see(self, events: Sequence[Event]) -> None:
        """Take note of what was taken."""
        for event in events:
            if isinstance(event, CustomerEvent):
                self._heard[event.source] = event.received_at
                if event.name not in self._names.get(event.source, _NO_NAMES):
                    self._learn(event.source, event.name)
            elif isinstance(event, RejectedItem):
                self._heard[event.source] = event.received_at
        if self.silent and any(self._heard.get(one, 0) > self.silent[one] for one in self.silent):
            self._sleep.wake()

    def heard(self) -> Mapping[str, LastHeard]:
        """Return when each source of the plan was heard last, and what has come from it."""
        return {
            name: LastHeard(at=self._heard[name], names=tuple(self._names.get(name, _NO_NAMES)))
            for name in self._plan().sources
            if name in self._heard
        }

    def recall(self, heard: Mapping[str, LastHeard]) -> None:
        """Take over what was heard before the start, where nothing newer is known."""
        for source, last in heard.items():
            self._heard[source] = max(last.at, self._heard.get(source, 0))
            for name in last.names:
                self._learn(source, name)

    def look_back(self, log: Log) -> None:
        """Read from the log when sources were last heard. For a thread, before `run`."""
        after = max(log.last_position() - LOOK_BACK, 0)
        while rows := log.read(after, PAGE):
            self.see([decode_event(data) for _, data in rows])
            after = rows[-1][0]

    def wake(self) -> None:
        """Look at the plan anew."""
        self._sleep.wake()

    async def run(self) -> None:
        """Raise and clear alerts until cancelled."""
        while True:
            self._sleep.begin()
            await self._sleep.until(self.look(self._clock.now()))

    def look(self, now: Instant) -> Instant | None:
        """Raise and clear what is to be; return when to look next if nothing comes."""
        plan = self._plan()
        for name in [name for name in self.silent if not _may_be_silent(plan.sources.get(name))]:
            del self.silent[name]
        dues: list[Instant] = []
        for source in plan.sources.values():
            due = self._due(source)
            if source.name in self.silent:
                if self._heard.get(source.name, 0) > self.silent[source.name]:
                    self._clear(source, now)
            elif due is not None and due <= now:
                self._raise(plan, source, now)
            if due is not None and due > now:
                dues.append(due)
        return min(dues, default=None)

    def seen(self) -> list[SourceSeen]:
        """Return every source of the plan, as it is heard."""
        plan = self._plan()
        return [self._seen(plan, plan.sources[name]) for name in sorted(plan.sources)]

    def _seen(self, plan: Plan, source: Source) -> SourceSeen:
        name = source.name
        events = events_of(plan, name, self._names.get(name, ()) or _untold(source))
        is_missed = name in self.silent or source.broken is not None
        return SourceSeen(
            source=name,
            title=source.title,
            is_enabled=source.is_enabled,
            silent_after=source.silent_after,
            heard_at=self._heard.get(name),
            silent_since=self.silent.get(name),
            events=events,
            journeys=degraded(plan, events, sources=(name,)) if is_missed else (),
            broken="" if source.broken is None else source.broken.in_one_line(),
            broken_since=None if source.broken is None else self._started_at,
        )

    def _learn(self, source: str, name: str) -> None:
        names = self._names.setdefault(source, {})
        if len(names) < NAMES_MAX:
            names[name] = None

    def _due(self, source: Source) -> Instant | None:
        due = silent_at(source, self._heard.get(source.name, self._started_at))
        grace = min(GRACE_MAX, source.silent_after)
        return None if due is None else max(due, self._started_at + grace)

    def _raise(self, plan: Plan, source: Source, now: Instant) -> None:
        self.silent[source.name] = now
        age = format_duration(now - self._heard.get(source.name, self._started_at))
        events = events_of(plan, source.name, self._names.get(source.name, ()))
        found = degraded(plan, events, sources=(source.name,))
        rest = f"; degraded: {in_words(found)}" if found else ""
        what = f"nothing from source {source.name} for {age}{rest}"
        self._say(source, now, Reason(code="source.silent", what=what), is_over=False)

    def _clear(self, source: Source, now: Instant) -> None:
        since = self.silent.pop(source.name)
        what = f"source {source.name} sends again, {format_duration(now - since)} after the alert"
        self._say(source, now, Reason(code="source.heard", what=what), is_over=True)

    def _say(self, source: Source, now: Instant, reason: Reason, *, is_over: bool) -> None:
        reason = Reason(code=reason.code, what=reason.what, definition=f"sources/{source.name}")
        topic = f"source:{source.name}"
        self._tell(Noticed(received_at=now, topic=topic, reason=reason, is_over=is_over))


def _untold(source: Source) -> tuple[str, ...]:
    """Return what a source that is out of order would tell, as far as its manifest can be read."""
    if source.broken is None or source.inbound is None:
        return ()
    return compile_source(source.inbound.manifest).events


def _may_be_silent(source: Source | None) -> bool:
    return source is not None and source.is_enabled and source.silent_after > 0
