"""A part of the history, from its file to what differs in it: all that one process has to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol

import msgspec

from legato.model.instant import Instant
from legato.model.note import Decided
from legato.model.noun import Noun
from legato.model.plan import decode_plan
from legato.ports.log import Log
from legato.simulate.backtest.compare import Comparison, compare
from legato.simulate.backtest.live import Folded, Lived, Span, live
from legato.simulate.backtest.tape import Lapsed, Recorded
from legato.simulate.backtest.went import ways_of
from legato.simulate.world import WorldStore

_LENGTH_BYTES = 4
_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Recorded] = msgspec.msgpack.Decoder(Recorded)


class Forked(Protocol):
    """A log and a store, and a copy of both that goes its own way."""

    log: Log
    store: WorldStore

    def fork(self) -> tuple[Log, WorldStore]:
        """Return a copy of both as they are now."""
        ...


class Asked(Noun, frozen=True, kw_only=True):
    """What is to be found out of a part."""

    span: Span
    was: bytes | None
    """An encoded plan; None: as it was, plan by plan."""
    now: bytes | None


class Found(msgspec.Struct, kw_only=True):
    """What was found out."""

    comparison: Comparison
    dropped: int
    record_count: int


class Decision(Noun, frozen=True, kw_only=True, array_like=True):
    """What was decided of a message, without when."""

    delivery_id: str
    verdict: str
    channel: str
    reason: str


def write(file: BinaryIO, recorded: Recorded) -> None:
    """Put a record at the end of a part's file."""
    data = _ENCODER.encode(recorded)
    file.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)


def read(file: BinaryIO) -> Iterator[Recorded]:
    """Yield the records of a part's file."""
    while length := file.read(_LENGTH_BYTES):
        yield _DECODER.decode(file.read(int.from_bytes(length, "big")))


def compare_part(recorded: Iterator[Recorded], asked: Asked, place: Forked) -> Found:
    """Live through a part twice and compare."""
    before, since = _fold(recorded, asked.span.start, place)
    lives: list[Lived] = []
    lapsed: Lapsed | None = None
    for plan, (log, store) in (
        (asked.was, place.fork()),
        (asked.now, (place.log, place.store)),
    ):
        decoded = None if plan is None else decode_plan(plan)
        lived = live(log, store, since, before=before, plan=decoded, span=asked.span, lapsed=lapsed)
        lives.append(lived)
        lapsed = lived.lapsed
    was, now = lives
    return Found(
        comparison=compare(ways_of(was.notes), ways_of(now.notes), speed=asked.span.speed),
        dropped=now.dropped,
        record_count=was.record_count + now.record_count,
    )


def decide_part(recorded: Iterator[Recorded], span: Span, place: Forked) -> list[Decision]:
    """Live through a part as it was, and return what was decided."""
    before, since = _fold(recorded, span.start, place)
    lived = live(place.log, place.store, since, before=before, plan=None, span=span)
    return [decision_of(note) for _, _, note in lived.notes if isinstance(note, Decided)]


def decision_of(note: Decided) -> Decision:
    """Return what a note says was decided."""
    return Decision(
        delivery_id=note.delivery_id,
        verdict=note.verdict,
        channel=note.channel,
        reason="" if note.reason is None else note.reason.code,
    )


def _fold(
    recorded: Iterator[Recorded], start: Instant, place: Forked
) -> tuple[Folded, Sequence[Recorded]]:
    """Fold what was before the span; return what came since."""
    before, since = Folded(place.log, place.store), list[Recorded]()

    def earlier() -> Iterator[Recorded]:
        for one in recorded:
            if one.now >= start:
                since.append(one)
                return
            yield one

    before.fold(earlier())
    since.extend(recorded)
    return before, since
