"""What a delivery gives to batches: its own questions first, then its requests in pieces."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from legato.connectors.exchange.draft import Draft, draft
from legato.connectors.exchange.exchange import Ask, Done, Refused, frames, look_up
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.exchange.scene import Choice, Scene, base_frame, check, scenes
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import (
    MISSING,
    ExpressionError,
    Value,
    fields_of,
    is_empty,
)
from legato.connectors.spec import Batch, Route, Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import Instant
from legato.model.problem import Reason
from legato.model.wire import Response

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
    if batch is None or batch.when is None or batch.when.holds(scope):
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
            stopped = yield from look_up(
                spec, scene.route.lookups, scene.frame, terms=terms, now=now
            )
            if stopped is not None:
                return Done(verdict=stopped, made=0)
        found += _pieces(scene)
    return Ready(tuple(found))


def _pieces(scene: Scene) -> Iterable[Piece]:
    batch = scene.route.batch
    assert batch is not None
    check(scene.route.require, scene.frame, is_late=True)
    common = batch.across or scene.route.id
    if batch.calls and batch.each is not None and not batch.is_by_request:
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
    if batch.across and batch.calls:
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
    body = item if made is None or batch.calls else made.body
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


def at_path(value: Value, path: Sequence[str]) -> Value:
    for key in path:
        value = fields_of(value).get(key)
    return value


def _without(value: Value, paths: Sequence[tuple[str, ...]]) -> Value:
    """Return a body without its lists: what has to be the same for two to travel together."""
    for path in paths:
        if at_path(value, path) is not None:
            value = with_path(value, path, None)
    return {key: one for key, one in fields_of(value).items() if one is not None}


def with_path(value: Value, path: Sequence[str], new: Value) -> dict[str, Any]:
    first, *rest = path
    given: Mapping[str, Any] = fields_of(value)
    return {**given, first: with_path(given.get(first), rest, new) if rest else new}
