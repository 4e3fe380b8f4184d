"""Pieces put together: what is asked and sent for several deliveries at once. Sans-IO."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

import msgspec

from legato.connectors.classify import classify
from legato.connectors.exchange.batch.piece import Piece, at_path, with_path
from legato.connectors.exchange.draft import Draft, seal
from legato.connectors.exchange.exchange import Ask, Done, Next, Refused, Steps, look_up
from legato.connectors.exchange.exposure import check_unexposed
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import (
    ExpressionError,
    rows_of,
)
from legato.connectors.spec import Batch, Spec
from legato.connectors.terms import Terms
from legato.model.ids import derive
from legato.model.instant import Instant
from legato.model.problem import Reason
from legato.model.wire import Response


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """What travels together: for one request, or for several in order."""

    members: tuple[int, ...]
    """What was given with each piece, in order."""
    pieces: tuple[Piece, ...]

    @property
    def batch(self) -> Batch:
        return self.pieces[0].batch

    @property
    def is_plain(self) -> bool:
        """Sent is what its deliveries would send alone, joined: the batch has no requests."""
        return not self.batch.calls or len(self.pieces) < self.batch.least

    @property
    def name(self) -> str:
        """What it is recognised by; a batch of some of the same is another."""
        names = [piece.name for piece in self.pieces]
        return names[0] if len(names) == 1 else derive("batch", *names)

    @property
    def places(self) -> Mapping[str, tuple[int, ...]]:
        """Of each list that is sent, by its path: whose its items are."""
        if self.batch.calls:
            return {"": self.members} if len(self.batch.calls) == 1 else {}
        pairs = list(zip(self.members, self.pieces, strict=True))
        return {
            ".".join(path): tuple(
                member
                for member, piece in pairs
                if piece.draft is not None
                for _ in rows_of(at_path(piece.draft.body, path)) or ([None] if not path else [])
            )
            for path in self.batch.merge or ((),)
        }


def pack(given: Sequence[tuple[int, Piece]]) -> tuple[Packet, ...]:
    """Group pieces by key, in order, within what the provider takes at once."""
    groups: dict[bytes, list[list[tuple[int, Piece]]]] = {}
    for member, piece in given:
        loads = groups.setdefault(piece.key, [[]])
        if not _fits(loads[-1], piece):
            loads.append([])
        loads[-1].append((member, piece))
    return tuple(
        Packet(
            members=tuple(member for member, _ in one),
            pieces=tuple(piece for _, piece in one),
        )
        for loads in groups.values()
        for load in loads
        for one in _enough(load)
    )


def _enough(load: list[tuple[int, Piece]]) -> list[list[tuple[int, Piece]]]:
    """Return a load as it is, or a load for each where they are too few to travel together."""
    return [load] if len(load) >= load[0][1].batch.least else [[one] for one in load]


def _fits(load: Sequence[tuple[int, Piece]], piece: Piece) -> bool:
    batch = piece.batch
    if len(load) >= batch.items:
        return False
    total = sum(one.size for _, one in load) + piece.size
    return not load or not batch.bytes_max or total <= batch.bytes_max


class Carrying:
    """Like an Exchange, for a packet. Used once."""

    def __init__(self, spec: Spec, packet: Packet, terms: Terms, now: Instant) -> None:
        self._spec = spec
        self._packet = packet
        self._steps = Steps(spec, terms, now, key=packet.name)
        self._run = self._carried(terms, now)
        self._has_begun = False

    @property
    def made(self) -> int:
        """How many requests that change something were accepted."""
        return self._steps.made

    def next(self, answer: Response | None = None) -> Next:
        """Return what is to be asked next, given the answer to what was asked before."""
        try:
            if answer is None:
                assert not self._has_begun
                self._has_begun = True
                return self._unexposed(next(self._run))
            return self._unexposed(self._run.send(answer))
        except StopIteration as end:
            done: Done = end.value
            return done
        except RefusalError as refused:
            return Refused(reason=refused.reason)
        except ExpressionError as error:
            return Refused(reason=Reason(code="render.expression", what=str(error)))

    def _carried(self, terms: Terms, now: Instant) -> Generator[Ask, Response, Done]:
        spec, packet, batch = self._spec, self._packet, self._packet.batch
        items = [piece.item for piece in packet.pieces]
        frame = Frame({"items": items}, batch.let, packet.pieces[0].frame)
        if packet.is_plain:
            made = _joined([one.draft for one in packet.pieces if one.draft is not None], batch)
            request = seal(spec, made, frame, terms, key=packet.name)
            response = yield Ask(request=request, format=made.format)
            verdict = classify(spec, response, now)
            return Done(verdict=verdict, made=int(verdict.kind == "accepted"))
        stopped = yield from look_up(spec, batch.lookups, frame, terms=terms, now=now)
        if stopped is None:
            stopped = yield from self._steps.take(batch.calls, frame)
        if stopped is not None:
            return Done(verdict=stopped, made=self.made)
        return self._steps.done(has_asked=bool(batch.lookups))

    def _unexposed(self, ask: Ask) -> Ask:
        for piece in self._packet.pieces:
            check_unexposed(self._spec, piece.frame["delivery"].get("address", ""), ask.request)
        return ask


def carry(spec: Spec, packet: Packet, *, terms: Terms, now: Instant) -> Carrying:
    """Begin to ask and send for a packet."""
    return Carrying(spec, packet, terms, now)


def _joined(drafts: Sequence[Draft], batch: Batch) -> Draft:
    """Join lists: whole bodies where nothing else is said, or those at some places."""
    first, bodies = drafts[0], [one.body for one in drafts]
    if len(bodies) == 1:
        return first
    if not batch.merge:
        many = [one for body in bodies for one in (rows_of(body) or [body])]
        return msgspec.structs.replace(first, body=many)
    joined = first.body
    for path in batch.merge:
        many = [one for body in bodies for one in rows_of(at_path(body, path))]
        if many:
            joined = with_path(joined, path, many)
    return msgspec.structs.replace(first, body=joined)
