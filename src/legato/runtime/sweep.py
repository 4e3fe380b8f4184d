"""After a plan changes or a journey is resumed, everybody concerned is looked at once more.

Who has been seen under the plan is written in their own state, so that a sweep broken off by a
crash is taken up again without a marker: those already done are passed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping

from legato.model.event import PersonTouched
from legato.model.ids import PersonId
from legato.model.instant import INSTANT_MAX, Instant
from legato.model.state import State, decode_state, plan_of
from legato.ports.clock import Clock
from legato.runtime.walk import Walker


class Sweep:
    """Runs on the loop; asked for by `plan_changed` and `resumed`."""

    def __init__(
        self,
        walker: Walker,
        *,
        clock: Clock,
        digest: Callable[[], str],
        switches: Mapping[str, bool],
    ) -> None:
        self._walker = walker
        self._clock = clock
        self._digest = digest
        # The sweeps before a stop may not have come to their ends.
        self._is_plan_due = True
        self._resumed = {name: _if_overlooked for name, paused in switches.items() if not paused}
        self._plan_count = 0
        self._wanted = asyncio.Event()
        self._wanted.set()

    def plan_changed(self) -> None:
        """Look at everybody under the plan that is active now."""
        self._is_plan_due = True
        self._plan_count += 1
        self._wanted.set()

    def resumed(self, journey: str) -> None:
        """Look at those in a journey: what they waited for may have come while it was paused."""
        self._resumed[journey] = _if_in
        self._wanted.set()

    async def run(self) -> None:
        """Sweep whenever there is reason to, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            if self._is_plan_due:
                self._is_plan_due = False
                await self._touch(self._if_unseen)
            while self._resumed and not self._is_plan_due:
                journey, choose = next(iter(self._resumed.items()))
                del self._resumed[journey]
                is_done = await self._touch(
                    lambda person_id, data, at=journey, pick=choose: pick(at, person_id, data)
                )
                if not is_done:
                    self._resumed.setdefault(journey, choose)

    def _if_unseen(self, person_id: PersonId, data: bytes) -> PersonId | None:
        return None if plan_of(data) == self._digest() else person_id

    async def _touch(self, choose: Callable[[PersonId, bytes], PersonId | None]) -> bool:
        """Touch everybody chosen; False when another plan came in between."""
        began = self._plan_count
        async for people in self._walker.over_everybody(choose):
            now = self._clock.now()
            await self._walker.feed(
                [PersonTouched(received_at=now, person_id=person_id) for person_id in people]
            )
            if self._plan_count != began:
                return False
        return True


def _if_in(journey: str, person_id: PersonId, data: bytes) -> PersonId | None:
    return person_id if any(True for _ in _waits(journey, decode_state(data))) else None


def _if_overlooked(journey: str, person_id: PersonId, data: bytes) -> PersonId | None:
    """Choose whose alarm leaves out what they wait for here, as it does during a pause."""
    state = decode_state(data)
    alarm_at = INSTANT_MAX if state.alarm_at is None else state.alarm_at
    is_overlooked = any(due is not None and due < alarm_at for due in _waits(journey, state))
    return person_id if is_overlooked else None


def _waits(journey: str, state: State) -> Iterator[Instant | None]:
    """Yield until when a person waits in a journey; None is an event or a condition."""
    for enrollment in state.enrollments:
        if enrollment.journey == journey and enrollment.ended_at is None:
            yield enrollment.due_at
    for held in state.held:
        if held.delivery.journey == journey:
            yield held.due_at
