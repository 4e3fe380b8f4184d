"""Who was called in by schedules on record, and who is when they come round under another plan.

An occurrence that there was not then is taken when it comes round, and one that there is no more
does not happen. At all others people are called in when they were called in then, if it is their
turn; the others whose turn it is, when the walk over everybody ended then. A walk takes its time,
and looks at each person once: whose turn it was before it began and still is after it, it would
have found.
"""

from __future__ import annotations

from legato.fold.schedule import GRACE, Almanac, call_id, scheduled_version
from legato.model.event import JourneyCalled, ScheduleTaken
from legato.model.ids import EventId
from legato.model.instant import Instant
from legato.simulate.backtest.tape import Tape
from legato.simulate.rounds import Calling
from legato.simulate.world import World


class Called:
    """What schedules did in a span of recorded time, beside a world that lives it again."""

    def __init__(self, tape: Tape) -> None:
        self._start = tape.start
        self._due: dict[EventId, Instant] = {}
        """Call on record -> the occurrence that made it."""
        self._walked: dict[tuple[str, Instant], None] = {}
        """Occurrences on record that called anybody in."""
        self._read(tape)

    def _read(self, tape: Tape) -> None:
        """Tell the calls of schedules from those of others: their ids say which they are."""
        taken: dict[str, Instant] = {}
        almanac = Almanac()
        for event in reversed(list(tape.events())):
            if isinstance(event, ScheduleTaken):
                taken[event.journey] = event.due_at
            elif isinstance(event, JourneyCalled):
                due_at = taken.get(event.journey)
                journey = scheduled_version(tape.plan, event.journey)
                if due_at is None and journey is not None:
                    # The record may end before the walk did.
                    due_at = almanac.latest(journey, tape.plan.zone, event.received_at)
                if due_at is None:
                    continue
                if event.event_id == call_id(event.journey, due_at, event.person_id):
                    self._due[event.event_id] = due_at
                    self._walked[event.journey, due_at] = None

    def happens(self, world: World, event: JourneyCalled) -> bool:
        """Return whether somebody who was called in then is called in here too."""
        due_at = self._due.get(event.event_id)
        if due_at is None or due_at < self._start:
            return True
        calling = world.rounds.callings.get((event.journey, due_at))
        if calling is None:
            return False
        was_due = event.person_id in calling.people
        calling.people.pop(event.person_id, None)
        return was_due or self._is_due(world, calling, event)

    def _is_due(self, world: World, calling: Calling, event: JourneyCalled) -> bool:
        state = world.person(event.person_id)
        return state is not None and calling.due.takes(state)

    def ends(self, world: World, event: ScheduleTaken) -> bool:
        """Call in whom the walk would have found besides; return whether it happens here too."""
        place = (event.journey, event.due_at)
        calling = world.rounds.callings.get(place)
        is_walk = event.received_at - event.due_at <= GRACE or place in self._walked
        if calling is not None and is_walk:
            found = [(each, world.person(each)) for each in calling.people]
            world.rounds.call(
                calling.due,
                [
                    person_id
                    for person_id, state in found
                    if state is not None
                    and state.person_id == person_id
                    and calling.due.takes(state)
                ],
            )
        for other in list(world.rounds.callings):
            if other[0] == event.journey and other[1] <= event.due_at:
                del world.rounds.callings[other]
        return calling is not None or event.due_at < self._start
