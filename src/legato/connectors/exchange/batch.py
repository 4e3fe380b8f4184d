"""Many deliveries, few requests: which travel together, and what is sent for them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec

from legato.connectors.classify import ItemVerdict, Verdict
from legato.connectors.exchange.draft import Draft, draft, seal
from legato.connectors.exchange.exchange import Ask, Done, Refused, frames, look_up
from legato.connectors.exchange.exposure import check_unexposed
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.exchange.scene import Choice, Scene, base_frame, check, scenes
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import (
    MISSING,
    ExpressionError,
    Value,
    as_text,
    fields_of,
    is_empty,
    is_true,
    rows_of,
)
from legato.connectors.spec import Batch, Route, Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.ids import derive
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Response

_ALONE = Batch(items=1)
"""Of a request that does not travel with others."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One request of one delivery, ready to travel with others."""

    batch: Batch
    frame: Frame
    draft: Draft | None
    """What it would send alone; None: only `items` of its batch is made of it."""
    key: bytes
    """Pieces of the same key may travel together."""
    size: int
    item: Value
    """What it gives to `items`."""
    name: str
    """Under which the request would be recognised if it travelled alone."""


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """One request for several deliveries."""

    members: tuple[int, ...]
    """What was given with each piece, in order."""
    places: Mapping[str, tuple[int, ...]]
    """Of each list of the request, by its path: whose its items are."""
    pieces: tuple[Piece, ...]
    request: HttpRequest
    format: str


class Ready(msgspec.Struct, frozen=True):
    """What a delivery gives to batches; None: it has to be an exchange of its own."""

    pieces: tuple[Piece, ...] | None


class Gathering:
    """Like an Exchange, up to where it would send: the questions, then the pieces."""

    def __init__(
        self, spec: Spec, delivery: Delivery, terms: Terms, now: Instant, choice: Choice
    ) -> None:
        self._run = _gathered(spec, delivery, terms, now, choice)
        self._has_begun = False

    def next(self, answer: Response | None = None) -> Ask | Ready | Done | Refused:
        """Return what is to be asked next, or the pieces. `Done`: a question was not answered."""
        try:
            if answer is None:
                assert not self._has_begun
                self._has_begun = True
                return next(self._run)
            return self._run.send(answer)
        except StopIteration as end:
            found: Ready | Done = end.value
            return found
        except RefusalError as refused:
            return Refused(reason=refused.reason)
        except ExpressionError as error:
            return Refused(reason=Reason(code="render.expression", what=str(error)))


def batch_of(route: Route, scope: Mapping[str, Any]) -> Batch | None:
    """Return how a route's deliveries travel together, by the settings in scope."""
    batch = route.batch
    if batch is None or batch.when is None or is_true(batch.when.read(scope)):
        return batch
    return None


def gather(
    spec: Spec, delivery: Delivery, *, terms: Terms, now: Instant, choice: Choice | None = None
) -> Gathering:
    """Begin to gather what a delivery gives to batches."""
    return Gathering(spec, delivery, terms, now, choice or Choice())


def _gathered(
    spec: Spec, delivery: Delivery, terms: Terms, now: Instant, choice: Choice
) -> Generator[Ask, Response, Ready | Done]:
    base = base_frame(spec, delivery, terms, now)
    taken = scenes(spec, delivery, base, terms, choice=choice)
    if any(batch_of(scene.route, base) is None for scene in taken):
        return Ready(None)
    found: list[Piece] = []
    for scene in taken:
        if scene.route.batch is not None and scene.route.batch.asks:
            stopped = yield from look_up(spec, scene, terms, now)
            if stopped is not None:
                return Done(verdict=stopped, made=0)
        found += _pieces(scene)
    return Ready(tuple(found))


def _pieces(scene: Scene) -> Iterable[Piece]:
    batch = scene.route.batch
    assert batch is not None
    check(scene.route.require, scene.frame, is_late=True)
    common = batch.across or scene.route.id
    if batch.call is not None and batch.each is not None and not batch.is_by_request:
        # One item for a request of its own, whatever the delivery would send alone.
        yield _piece(scene.frame, batch, made=None, parts=(common,), number=0)
        return
    number = 0
    for at, call in enumerate(scene.route.calls):
        for frame in frames(call, scene.frame):
            made = draft(call, frame)
            parts: tuple[Any, ...] = (common, *_fixed(made, batch))
            if call.is_alone:
                parts = (scene.route.id, frame["delivery"]["delivery_id"], number)
            elif not batch.across:
                parts = (at, *parts)
            taken = _ALONE if call.is_alone else batch
            yield _piece(frame, taken, made=made, parts=parts, number=number)
            number += 1
    if not number:
        raise RefusalError("nothing", "it says nothing that the destination could be told")


def _fixed(made: Draft, batch: Batch) -> tuple[Any, ...]:
    """Return what of requests has to be the same for them to become one."""
    if batch.across and batch.call is not None:
        return ()
    body = _without(made.body, batch.merge) if batch.merge else None
    return made.method, made.url, made.params, dict(made.headers), body


def _item(frame: Frame, batch: Batch, made: Draft | None) -> Value:
    """Return what is given to `items`. It sees the request that it is instead of."""
    if batch.each is None:
        return made.body if made is not None else MISSING
    if made is None:
        return batch.each.read(frame)
    request = {
        "method": made.method,
        "url": made.url,
        "params": dict(made.params),
        "headers": made.headers,
        "body": made.body,
    }
    return batch.each.read(Frame({"request": request}, None, frame))


def _piece(
    frame: Frame,
    batch: Batch,
    *,
    made: Draft | None,
    parts: tuple[Any, ...],
    number: int,
) -> Piece:
    delivery_id = frame["delivery"]["delivery_id"]
    item = _item(frame, batch, made)
    own = batch.key.read(frame) if batch.key is not None else None
    body = item if made is None or batch.call is not None else made.body
    key = [None if part is MISSING else part for part in (*parts, own)]
    return Piece(
        batch=batch,
        frame=frame,
        draft=made,
        key=msgspec.json.encode(key, order="deterministic"),
        size=0 if is_empty(body) else len(msgspec.json.encode(body)),
        item=item,
        name=f"{delivery_id}-{number + 1}" if number else delivery_id,
    )


def pack(spec: Spec, given: Sequence[tuple[int, Piece]], *, terms: Terms) -> tuple[Packet, ...]:
    """Group pieces by key, in order, within what the provider takes at once.

    Raises RefusalError where what is sent for all cannot be worked out.
    """
    groups: dict[bytes, list[list[tuple[int, Piece]]]] = {}
    for member, piece in given:
        loads = groups.setdefault(piece.key, [[]])
        if not _fits(loads[-1], piece):
            loads.append([])
        loads[-1].append((member, piece))
    try:
        return tuple(
            _packet(spec, one, terms)
            for loads in groups.values()
            for load in loads
            for one in _enough(load)
        )
    except ExpressionError as error:
        raise RefusalError("expression", str(error)) from error


def _enough(load: list[tuple[int, Piece]]) -> list[list[tuple[int, Piece]]]:
    """Return a load as it is, or a load for each where they are too few to travel together."""
    return [load] if len(load) >= load[0][1].batch.least else [[one] for one in load]


def _fits(load: Sequence[tuple[int, Piece]], piece: Piece) -> bool:
    batch = piece.batch
    if len(load) >= batch.items:
        return False
    total = sum(one.size for _, one in load) + piece.size
    return not load or not batch.bytes_max or total <= batch.bytes_max


def _packet(spec: Spec, load: Sequence[tuple[int, Piece]], terms: Terms) -> Packet:
    first = load[0][1]
    frame = Frame({"items": [piece.item for _, piece in load]}, None, first.frame)
    if first.batch.call is not None and len(load) >= first.batch.least:
        made = draft(first.batch.call, frame)
    else:
        drafts = [piece.draft for _, piece in load if piece.draft is not None]
        body = _joined([one.body for one in drafts], first.batch.merge)
        made = msgspec.structs.replace(drafts[0], body=body)
    request = seal(spec, made, frame, terms, key=_key(load))
    for _, piece in load:
        check_unexposed(spec, piece.frame["delivery"].get("address", ""), request)
    return Packet(
        members=tuple(member for member, _ in load),
        places=_places(load),
        pieces=tuple(piece for _, piece in load),
        request=request,
        format=made.format,
    )


def _places(load: Sequence[tuple[int, Piece]]) -> dict[str, tuple[int, ...]]:
    batch = load[0][1].batch
    if batch.call is not None:
        return {"": tuple(member for member, _ in load)}
    return {
        ".".join(path): tuple(
            member
            for member, piece in load
            if piece.draft is not None
            for _ in rows_of(_at(piece.draft.body, path)) or ([None] if not path else [])
        )
        for path in batch.merge or ((),)
    }


class Blame(Noun, frozen=True):
    """Who of a packet was not taken, by what its answer says."""

    members: Mapping[int, ItemVerdict]
    is_unsure: bool
    """It says that some were not, and not which."""


def blame(packet: Packet, verdict: Verdict) -> Blame:
    """Read whose items an answer complains of."""
    found: dict[int, ItemVerdict] = {}
    is_unsure = False
    for item in verdict.items:
        members = _meant(packet, item)
        is_unsure = is_unsure or not members
        found.update({member: item for member in members if member not in found})
    return Blame(found, is_unsure)


def _meant(packet: Packet, item: ItemVerdict) -> list[int]:
    if item.id:
        pairs = zip(packet.members, packet.pieces, strict=True)
        return [member for member, piece in pairs if _holds(piece.item, item.id)]
    only = next(iter(packet.places.values())) if len(packet.places) == 1 else None
    row = packet.places.get(item.list) if item.list else only
    if row is None or item.index is None or not 0 <= item.index < len(row):
        return []
    return [row[item.index]]


def _holds(value: Value, name: str) -> bool:
    """Return whether an id stands in what a delivery gave."""
    match value:
        case Mapping():
            return any(_holds(one, name) for one in cast("Mapping[str, Any]", value).values())
        case list() | tuple():
            return any(_holds(one, name) for one in cast("Sequence[Any]", value))
        case _:
            return not is_empty(value) and as_text(value) == name


def _key(load: Sequence[tuple[int, Piece]]) -> str:
    """Return what one batch is recognised by; others, of some of the same, are others."""
    names = [piece.name for _, piece in load]
    return names[0] if len(names) == 1 else derive("batch", *names)


def _joined(bodies: Sequence[Value], merge: Sequence[tuple[str, ...]]) -> Value:
    """Join lists: whole bodies where nothing else is said, or those at some places."""
    if len(bodies) == 1:
        return bodies[0]
    if not merge:
        return [one for body in bodies for one in (rows_of(body) or [body])]
    joined = bodies[0]
    for path in merge:
        many = [one for body in bodies for one in rows_of(_at(body, path))]
        if many:
            joined = _with(joined, path, many)
    return joined


def _at(value: Value, path: Sequence[str]) -> Value:
    for key in path:
        value = fields_of(value).get(key)
    return value


def _with(value: Value, path: Sequence[str], new: Value) -> dict[str, Any]:
    first, *rest = path
    given: Mapping[str, Any] = fields_of(value)
    return {**given, first: _with(given.get(first), rest, new) if rest else new}


def _without(value: Value, paths: Sequence[tuple[str, ...]]) -> Value:
    """Return a body without its lists: what has to be the same for two to travel together."""
    for path in paths:
        if _at(value, path) is not None:
            value = _with(value, path, None)
    return {key: one for key, one in fields_of(value).items() if one is not None}
