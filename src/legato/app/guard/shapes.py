"""Which events come in another shape than declared: samples are judged beside the loop.

Of every source and event, the last few of some seconds are looked at, so that what it costs does
not grow with the traffic. With nothing coming in, nothing runs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from legato.app.guard.kept import Drift
from legato.govern.drift.judge import Judge
from legato.govern.drift.proposal import Finding
from legato.model.event import CustomerEvent, Event, Noticed, decode_event
from legato.model.instant import Instant
from legato.model.plan import Plan
from legato.model.problem import Reason
from legato.ports.clock import Clock
from legato.ports.log import Log

GATHER_SECONDS = 5.0
SAMPLES_MAX = 20
"""The last of one event and source in that time."""
PAIRS_MAX = 100
"""Events and sources looked at in that time: all their samples take some 80 ms of a thread."""
LOOK_BACK = 2_000
"""Records of the log from which a start learns what events look like."""
REJECTED_MAX = 1_000


class ShapeWatch:
    """Runs on the loop; judges in a thread."""

    def __init__(
        self,
        clock: Clock,
        plan: Callable[[], Plan],
        *,
        drifts: dict[str, Drift],
        rejected: dict[str, Instant],
        changed: Callable[[Noticed], object],
    ) -> None:
        """Begin with what had drifted before; `changed` is told when that changes."""
        self._clock = clock
        self._plan = plan
        self.drifts = drifts
        self._rejected = rejected
        self._tell = changed
        self._judge = Judge()
        self._samples: dict[tuple[str, str], deque[CustomerEvent]] = {}
        self._some = asyncio.Event()
        self._judging = asyncio.Lock()

    def see(self, events: Sequence[Event]) -> None:
        """Take samples of what was taken."""
        for event in events:
            if isinstance(event, CustomerEvent):
                samples = self._samples.get((event.source, event.name))
                if samples is not None:
                    samples.append(event)
                elif len(self._samples) < PAIRS_MAX:
                    self._samples[event.source, event.name] = deque([event], SAMPLES_MAX)
                    self._some.set()

    def look_back(self, log: Log) -> None:
        """Learn from the log what events look like. For a thread, before `run`."""
        self._judge.follow(self._plan())
        rows = log.read(max(log.last_position() - LOOK_BACK, 0), LOOK_BACK)
        events = [decode_event(data) for _, data in rows]
        self._judge.take([event for event in events if isinstance(event, CustomerEvent)])

    async def run(self) -> None:
        """Judge what comes in until cancelled."""
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Judge the samples there are, and raise and clear alerts."""
        async with self._judging:
            gathered, self._samples = self._samples, {}
            self._some.clear()
            samples = [event for each in gathered.values() for event in each]
            now = self._clock.now()
            found, well = await asyncio.to_thread(self._judged, samples, now)
        for finding in found:
            self._notice(finding, now)
        for topic in well:
            drift = self.drifts.get(topic)
            # A mapping stays proposed: what waits in quarantine still needs it.
            if drift is not None and drift.finding.mapping is None:
                self.close(topic, "comes in its declared shape again")

    def close(self, topic: str, what: str) -> None:
        """End an alert."""
        finding = self.drifts.pop(topic).finding
        self._say(finding, f"'{finding.event}' from {finding.source} {what}", is_over=True)

    def reject(self, drift: Drift) -> None:
        """Do not propose this again."""
        if len(self._rejected) >= REJECTED_MAX:
            del self._rejected[next(iter(self._rejected))]
        self._rejected[drift.drift_id] = self._clock.now()
        self.close(drift.finding.topic, "keeps its shape: what was proposed is rejected")

    def _judged(
        self, samples: Sequence[CustomerEvent], now: Instant
    ) -> tuple[list[Finding], list[str]]:
        self._judge.follow(self._plan())
        self._judge.take(samples)
        return self._judge.findings(now)

    def _notice(self, finding: Finding, now: Instant) -> None:
        known = self.drifts.get(finding.topic)
        if finding.drift_id in self._rejected:
            return
        since = now if known is None else known.since
        drift = Drift(drift_id=finding.drift_id, since=since, finding=finding)
        if known is not None and known.drift_id == drift.drift_id:
            return
        if known is not None and known.finding.mapping is not None and finding.mapping is None:
            return  # what was proposed stays until somebody has decided
        self.drifts[finding.topic] = drift
        if known is None or finding.mapping is not None:
            self._say(finding, _alert_text(drift), is_over=False)

    def _say(self, finding: Finding, what: str, *, is_over: bool) -> None:
        reason = Reason(
            code="event.drifted" if not is_over else "event.undrifted",
            what=what,
            definition=f"catalog/{finding.event}",
        )
        now = self._clock.now()
        topic = finding.topic
        self._tell(Noticed(received_at=now, topic=topic, reason=reason, is_over=is_over))


def _alert_text(drift: Drift) -> str:
    finding = drift.finding
    what = "; ".join(finding.problems)
    next_step = (
        f"a mapping is proposed: `legato drift` shows {drift.drift_id}"
        if finding.mapping is not None
        else "no mapping can be proposed: see `legato drift`"
    )
    return f"'{finding.event}' from {finding.source} has drifted: {what}; {next_step}"
