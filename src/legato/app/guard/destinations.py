"""Which destinations answer nothing, or let deliveries wait, for longer than their alert says.

Nothing is polled: it sleeps until the earliest instant at which an alert could be due. What begins
to fail meanwhile can be due only after that, so no lane has to say so. While an alert stands, the
end of a delivery there wakes it, once in `LOOK_APART` at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping

from legato.app.guard.kept import Trouble
from legato.app.guard.waking import Sleep
from legato.insight.dependence import in_words, sending_by
from legato.model.event import Noticed
from legato.model.instant import MINUTE, SECOND, Duration, Instant, format_duration
from legato.model.plan import Destination, Plan
from legato.model.problem import Reason
from legato.ports.clock import Clock
from legato.runtime.lanes.status import LaneStatus

GRACE_MAX: Duration = MINUTE
"""After a start, what has waited while nothing ran needs a moment to leave."""
LOOK_APART: Duration = SECOND
CALM_SHARE = 2
"""An alert about waiting is over once nothing waits for longer than this part of its limit, so
that one that hovers about the limit is not told over and over."""


class DestinationWatch:
    """Runs on the loop. `plan` and `lanes` are the app's."""

    def __init__(
        self,
        clock: Clock,
        plan: Callable[[], Plan],
        *,
        lanes: Callable[[], Mapping[str, LaneStatus]],
        troubles: dict[str, Trouble],
        changed: Callable[[Noticed], object],
    ) -> None:
        """Begin with what was the matter before; `changed` is told when that changes."""
        self._clock = clock
        self._plan = plan
        self._lanes = lanes
        self.troubles = troubles
        self._tell = changed
        self._sleep = Sleep(clock)
        self._started_at = clock.now()
        self._looks: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Look anew: the plan or an account is another."""
        self._sleep.wake()

    def ended(self, destination: str) -> None:
        """Look soon whether an alert is over: a delivery has ended there."""
        if destination in self.troubles and self._looks is None:
            loop = asyncio.get_running_loop()
            self._looks = loop.call_later(LOOK_APART / SECOND, self._look_soon)

    async def run(self) -> None:
        """Raise and clear alerts until cancelled."""
        while True:
            self._sleep.begin()
            await self._sleep.until(self.look(self._clock.now()))

    def look(self, now: Instant) -> Instant | None:
        """Raise and clear what is to be; return when the next alert could be due."""
        plan, lanes = self._plan(), self._lanes()
        for name in [name for name in self.troubles if name not in plan.destinations]:
            self._clear(name, now, "is not in the plan any more")
        dues: list[Instant] = []
        for name, destination in plan.destinations.items():
            lane = lanes.get(name)
            if lane is not None:
                dues += self._look_at(destination, lane, now)
        return min(dues, default=None)

    def _look_at(self, destination: Destination, lane: LaneStatus, now: Instant) -> list[Instant]:
        """Raise or clear that of one destination; return when each of its alerts could be due."""
        name = destination.name
        grace = self._started_at + min([GRACE_MAX, *_limits(destination)])
        dues = [max(due, grace) for due in _dues(destination, lane, now)]
        reason = _reason(destination, lane) if any(due <= now for due in dues) else None
        if reason is not None:
            known = self.troubles.get(name)
            self.troubles[name] = Trouble(since=known.since if known else now, reason=reason)
            if known is None:
                self._raise(destination, lane, now)
        elif name in self.troubles and _is_calm(destination, lane, now):
            if lane.has_answered:
                self._clear(name, now, "answers again")
            elif not lane.waits_since and now >= grace:
                self._clear(name, now, "has nothing waiting for it any more")
        return [due for due in dues if due > now]

    def _raise(self, destination: Destination, lane: LaneStatus, now: Instant) -> None:
        reason = self.troubles[destination.name].reason
        since = _down_since(lane) or lane.waits_since
        found = sending_by(self._plan(), destination.name)
        rest = f"; degraded: {in_words(found)}" if found else ""
        what = f"{reason.what}, for {format_duration(now - since)} now{rest}"
        self._say(destination.name, now, Reason(code=reason.code, what=what), is_over=False)

    def _clear(self, name: str, now: Instant, how: str) -> None:
        since = self.troubles.pop(name).since
        what = f"destination {name} {how}, {format_duration(now - since)} after the alert"
        self._say(name, now, Reason(code="destination.well", what=what), is_over=True)

    def _say(self, name: str, now: Instant, reason: Reason, *, is_over: bool) -> None:
        reason = Reason(code=reason.code, what=reason.what, definition=f"destinations/{name}")
        topic = f"destination:{name}"
        self._tell(Noticed(received_at=now, topic=topic, reason=reason, is_over=is_over))

    def _look_soon(self) -> None:
        self._looks = None
        self._sleep.wake()


def _limits(destination: Destination) -> Iterator[Duration]:
    yield from (one for one in (destination.alert.down, destination.alert.waiting) if one)


def _dues(destination: Destination, lane: LaneStatus, now: Instant) -> Iterator[Instant]:
    """Yield when each alert is due, or could be at the earliest where nothing is wrong now."""
    alert = destination.alert
    if alert.down:
        yield (_down_since(lane) or now) + alert.down
    if alert.waiting:
        yield (lane.waits_since or now) + alert.waiting


def _down_since(lane: LaneStatus) -> Instant:
    return lane.since if lane.held is not None else lane.failing_since


def _reason(destination: Destination, lane: LaneStatus) -> Reason:
    """Say what is the matter: the gravest, whichever of its alerts is due."""
    name = destination.name
    if lane.held is not None:
        what = f"destination {name} holds its deliveries: {lane.held.what}"
        return Reason(code=lane.held.code, what=what)
    if lane.failing_since:
        fault = "" if lane.last_fault is None else f": {lane.last_fault.what}"
        return Reason(code="destination.down", what=f"destination {name} does not answer{fault}")
    what = f"deliveries wait too long for destination {name}"
    return Reason(code="destination.waiting", what=what)


def _is_calm(destination: Destination, lane: LaneStatus, now: Instant) -> bool:
    alert = destination.alert
    is_down = lane.held is not None or lane.failing_since > 0
    is_late = 0 < lane.waits_since < now - alert.waiting // CALM_SHARE
    return not (alert.down and is_down) and not (alert.waiting and is_late)
