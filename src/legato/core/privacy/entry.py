"""What is replaced by its digest before anything is stored: at the door, of every call.

A call that no door could read is kept whole in quarantine, so it is looked through too; one that is
not even JSON is kept without its text, since nobody can say what stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, cast

import msgspec

from legato.core.privacy.shapes import spot_of
from legato.expr.hashing import hash_kind, hashed
from legato.expr.path import parse_path
from legato.model.event import SMS_RECEIVED, CustomerEvent, Event, RejectedItem, decode_object
from legato.model.plan import SMS_FROM, EventType, HashKind, IdentifierKind, Plan

DEPTH_MAX = 8
"""Levels of a schema that are looked through for `hash`; deeper ones are refused when checked."""
_IDS: Mapping[str, str] = {
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "previous_id": "previousId",
    "group_id": "groupId",
}
Kinds: TypeAlias = dict[str, HashKind]
_ENCODER = msgspec.json.Encoder()


class Entry:
    """The digests that a plan asks for, made ready. `is_empty`: it asks for none."""

    def __init__(self, plan: Plan) -> None:
        self._blocked: dict[str, None] = {}
        self._ids: dict[str, HashKind] = {}
        self._traits: dict[str, HashKind] = {
            name: trait.hash for name, trait in plan.traits.items() if trait.hash
        }
        self._anywhere: dict[str, HashKind] = {}
        """Path -> kind, in the properties of every event."""
        self._context: dict[str, HashKind] = {}
        self._events: dict[str, dict[str, HashKind]] = {}
        """Event -> path -> kind."""
        for event in plan.events.values():
            found = dict(hashed_paths(event))
            if found:
                self._events[event.name] = found
        for kind in plan.identity.kinds:
            self._add_identifier(kind)
        self._add_mappings(plan)
        parts = (self._ids, self._traits, self._anywhere, self._context, self._events)
        self.is_empty = not any(parts)

    def apply(self, event: Event) -> Event:
        """Return an event with digests in place of what may not be stored."""
        match event:
            case CustomerEvent():
                return self._customer(event)
            case RejectedItem():
                return msgspec.structs.replace(event, raw=self._raw(event.raw))
            case _:
                return event

    def _add_identifier(self, kind: IdentifierKind) -> None:
        if not kind.hash:
            return
        self._blocked.update(dict.fromkeys(kind.blocked))
        for path in kind.paths:
            root, _, rest = path.partition(".")
            match root:
                case "traits":
                    self._traits[rest] = kind.hash
                case "properties":
                    self._anywhere[rest] = kind.hash
                case "context":
                    self._context[rest] = kind.hash
                case _ if path == SMS_FROM:
                    self._events.setdefault(SMS_RECEIVED, {})["from"] = kind.hash
                case _:
                    self._ids[path] = kind.hash
                    if path == "anonymous_id":  # an alias calls it the previous id
                        self._ids.setdefault("previous_id", kind.hash)

    def _add_mappings(self, plan: Plan) -> None:
        """Note what a mapping will call by a name that is hashed, under the name it comes by."""
        for mapping in plan.mappings.values():
            declared: Kinds = {**self._events.get(mapping.event, {}), **self._anywhere}
            if mapping.event == "Identified":
                declared |= self._traits
            came_as = self._events.setdefault(mapping.called or mapping.event, {})
            came_as.update(declared if mapping.called else {})
            for before, after in mapping.rename.items():
                if after in declared:
                    came_as[before] = declared[after]
        self._events = {name: paths for name, paths in self._events.items() if paths}

    def _customer(self, event: CustomerEvent) -> CustomerEvent:
        changes: dict[str, Any] = {
            field: self._value(kind, value)
            for field, kind in self._ids.items()
            if (value := getattr(event, field)) is not None
        }
        body = self._body(event.name, event.kind == "identify", event.body)
        if body is not None:
            changes["body"] = body
        context = self._in_context(event.context)
        if context is not None:
            changes["context"] = context
        return msgspec.structs.replace(event, **changes) if changes else event

    def _body(self, name: str, is_identify: bool, data: bytes) -> bytes | None:  # noqa: FBT001 - of the call
        paths: Kinds = {**self._anywhere, **self._events.get(name, {})}
        if is_identify:
            paths |= self._traits
        if not paths or data == b"{}":
            return None
        body = decode_object(data)
        return _ENCODER.encode(body) if self._put(body, paths) else None

    def _in_context(self, data: bytes) -> bytes | None:
        if not (self._traits and b'"traits"' in data) and not self._context:
            return None
        context = decode_object(data)
        is_changed = self._put(context, self._context)
        traits = context.get("traits")
        if isinstance(traits, dict):
            is_changed |= self._put(cast("dict[str, Any]", traits), self._traits)
        return _ENCODER.encode(context) if is_changed else None

    def _put(self, body: dict[str, Any], paths: Mapping[str, HashKind]) -> bool:
        """Put digests in their places; return whether there was anything."""
        found = [self._put_one(body, path, kind) for path, kind in paths.items()]
        return any(found)

    def _put_one(self, body: dict[str, Any], path: str, kind: HashKind) -> bool:
        if path in body:  # as it is written, dots and all
            body[path] = self._value(kind, body[path])
            return True
        *ways, last = [key for key, _ in parse_path(path)]
        here: list[Any] = [body]
        for key in ways:
            here = [one[key] for each in here for one in _objects(each) if key in one]
        owners = [one for each in here for one in _objects(each) if last in one]
        for owner in owners:
            owner[last] = self._value(kind, owner[last])
        return bool(owners)

    def _value(self, kind: HashKind, value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, str) and value.strip().lower() in self._blocked:
            return value  # it names nobody, and has to be seen to do so
        return hashed(kind, value)

    def _raw(self, raw: bytes) -> bytes:
        try:
            found = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return b'"withheld: %d bytes that cannot be read"' % len(raw)
        for call in _objects(found):
            self._call(call)
        return _ENCODER.encode(found)

    def _call(self, call: dict[str, Any]) -> None:
        """Put digests into a call as it was sent; its type may be missing, so all may be in it."""
        for field, kind in self._ids.items():
            if _IDS[field] in call:
                call[_IDS[field]] = self._value(kind, call[_IDS[field]])
        own = self._events.get(str(call.get("event", "")).strip(), {})
        everything: Kinds = {
            path: kind for paths in self._events.values() for path, kind in paths.items()
        }
        context = call.get("context")
        properties: Kinds = {**self._anywhere, **everything, **own}
        traits: Kinds = {**everything, **self._traits}
        self._put_all(call.get("properties"), properties)
        self._put_all(call.get("traits"), traits)
        self._put_all(context, self._context)
        for one in _objects(context):
            self._put_all(one.get("traits"), self._traits)

    def _put_all(self, value: object, paths: Kinds) -> None:
        for one in _objects(value):
            self._put(one, paths)


def hashed_paths(event: EventType) -> Iterator[tuple[str, HashKind]]:
    """Walk the properties of an event that say `hash`, with how each is spelled."""
    waiting = [("", spot_of(event), 0)]
    while waiting:
        path, spot, depth = waiting.pop()
        names = dict.fromkeys(
            name for shape in spot.shapes for name in _mapping(shape.get("properties"))
        )
        for name in names if depth < DEPTH_MAX else ():
            inner = spot.inside(name)
            if inner is None:
                continue
            here = f"{path}.{name}" if path else name
            words = [shape["hash"] for shape in inner.shapes if "hash" in shape]
            if words:
                yield here, hash_kind(words[0], name) or "text"
            else:
                waiting.append((here, inner, depth + 1))


def _objects(value: object) -> Iterator[dict[str, Any]]:
    """Walk a value's objects: itself, or those in the list that it is."""
    if isinstance(value, dict):
        yield cast("dict[str, Any]", value)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _objects(one)


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
