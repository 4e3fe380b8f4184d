"""What was said lately, and who was told of it in time: kept up from the notes as they come.

Only what came since is read at each look. At the first, so many of the last records are: what was
said before them is not in the figures, which say since when they are.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from legato.model.ids import DeliveryId
from legato.model.instant import DAY, HOUR, SECOND, Duration, Instant
from legato.model.note import AudienceChanged, ConsentSet, Propagated, Settled, Story
from legato.model.noun import Noun
from legato.model.plan import Plan

WINDOW: Duration = 14 * DAY
RECORDS_MAX = 200_000
"""Records read in one look: about a second, beside the loop."""
OPEN_MAX = 100_000
"""Tellings watched that are not over; the oldest is forgotten first."""
PROMISED: Duration = 5 * SECOND
"""Within which a connected system is to be told."""
TOLD = ("accepted", "delivered")


class Hour(Noun, frozen=True, kw_only=True):
    """One hour in which something was said."""

    at: Instant
    """When it began."""
    withdrawn: int
    granted: int


class Teller(Noun, frozen=True, kw_only=True):
    """One destination: how many of the withdrawals it was told of, and how soon."""

    destination: str
    in_time: int = 0
    """Within PROMISED."""
    late: int = 0
    waiting: int = 0
    failed: int = 0
    """Given up for now: they can be redriven."""
    slowest: Duration = 0
    """Of those told."""
    failing_since: Instant | None = None
    """When the oldest that waits for over PROMISED, or failed, was said."""


class Lately(Noun, frozen=True, kw_only=True):
    """The figures of the last WINDOW."""

    since: Instant
    at: Instant
    is_behind: bool
    """There is more to be read: look again."""
    hours: tuple[Hour, ...]
    tellers: tuple[Teller, ...]


class _Telling(NamedTuple):
    delivery_id: DeliveryId
    destination: str
    at: Instant


class _End(NamedTuple):
    at: Instant
    outcome: str


class Watch:
    """Reads notes in their order, each once."""

    def __init__(self, plan: Callable[[], Plan]) -> None:
        self._plan = plan
        self._position: int | None = None
        self._since: Instant | None = None
        self._hours: OrderedDict[Instant, list[int]] = OrderedDict()
        self._tellings: deque[_Telling] = deque()
        self._ends: dict[DeliveryId, _End | None] = {}

    def read(self, page: Callable[[int], Sequence[Story]], applied: int, now: Instant) -> Lately:
        """Take in what was noted since the last look, RECORDS_MAX steps at most."""
        if self._position is None:
            self._position = max(applied - RECORDS_MAX, 0)
        count, is_behind = 0, True
        while count < RECORDS_MAX:
            rows = page(self._position)
            if not rows:
                is_behind = False
                break
            for row in rows:
                self._add(row)
            self._position = rows[-1].position
            count += len(rows)
        self._forget(now - WINDOW)
        return self._shown(now, is_behind=is_behind)

    def _add(self, story: Story) -> None:
        if self._since is None:
            self._since = story.at
        said = [
            note
            for note in story.notes
            if isinstance(note, ConsentSet) and note.standing == "present"
        ]
        if said:
            hour = self._hours.setdefault(story.at - story.at % HOUR, [0, 0])
            hour[0] += any(not note.is_granted for note in said)
            hour[1] += any(note.is_granted for note in said)
        is_withdrawn = any(not note.is_granted for note in said)
        for note in story.notes:
            match note:
                case Propagated(is_granted=False):
                    self._begin(note.delivery_id, note.destination, story.at)
                case AudienceChanged(is_member=False) if is_withdrawn:
                    audience = self._plan().audiences.get(note.audience)
                    where = audience.destination if audience else note.audience
                    self._begin(note.delivery_id, where, story.at)
                case Settled() if note.delivery_id in self._ends:
                    self._ends[note.delivery_id] = _End(story.at, note.outcome)
                case _:
                    pass

    def _begin(self, delivery_id: DeliveryId, destination: str, at: Instant) -> None:
        self._tellings.append(_Telling(delivery_id, destination, at))
        self._ends[delivery_id] = None
        if len(self._tellings) > OPEN_MAX:
            self._drop()

    def _forget(self, before: Instant) -> None:
        while self._tellings and self._tellings[0].at < before:
            self._drop()
        for hour in [each for each in self._hours if each < before]:
            del self._hours[hour]

    def _drop(self) -> None:
        self._ends.pop(self._tellings.popleft().delivery_id, None)

    def _shown(self, now: Instant, *, is_behind: bool) -> Lately:
        tellers: dict[str, Teller] = {}
        for telling in self._tellings:
            before = tellers.get(telling.destination) or Teller(destination=telling.destination)
            tellers[telling.destination] = _with(
                before, telling, self._ends.get(telling.delivery_id), now
            )
        since = self._since if self._since is not None else now
        return Lately(
            since=max(since, now - WINDOW),
            at=now,
            is_behind=is_behind,
            hours=tuple(
                Hour(at=at, withdrawn=counts[0], granted=counts[1])
                for at, counts in sorted(self._hours.items())
            ),
            tellers=tuple(tellers[name] for name in sorted(tellers)),
        )


def _with(teller: Teller, telling: _Telling, end: _End | None, now: Instant) -> Teller:
    """Return a destination's figures with one telling more."""
    took = (now if end is None else end.at) - telling.at
    if end is not None and end.outcome in TOLD:
        return replace(
            teller,
            in_time=teller.in_time + (took <= PROMISED),
            late=teller.late + (took > PROMISED),
            slowest=max(teller.slowest, took),
        )
    is_failed = end is not None
    is_failing = is_failed or took > PROMISED
    since = telling.at if teller.failing_since is None else min(teller.failing_since, telling.at)
    return replace(
        teller,
        waiting=teller.waiting + (not is_failed),
        failed=teller.failed + is_failed,
        failing_since=since if is_failing else teller.failing_since,
    )
