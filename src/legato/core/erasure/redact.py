"""What an erased person was known by, taken out of what tells of somebody else.

Whoever was once taken for the same person may have records that carry identifiers of both: the very
ones that joined them. Those records are theirs, so they stay, without what was the other's. It is
told by tombstones, so that nothing that has to be kept for it tells of anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from legato.core.erasure.erase import ERASED
from legato.core.erasure.overwrite import ERASURE
from legato.core.identifiers import Identifiers, normal_identifier, pointer_key
from legato.core.moment import Moment
from legato.core.sending.delivery import drop_held
from legato.model.delivery import Delivery
from legato.model.effect import Settle
from legato.model.erasure import Tomb, tomb_of
from legato.model.event import (
    CustomerEvent,
    DeliveryReported,
    Erased,
    Event,
    Forgotten,
    JourneyCalled,
    decode_object,
)
from legato.model.plan import IdentifierKind
from legato.model.state import Recent

ANYWHERE_FROM = 6
"""A shorter value, such as the customer number 7, means somebody only where identifiers stand."""
_IDS = ("user_id", "anonymous_id", "previous_id", "group_id")
_WORDS = re.compile(r"[^\s\"'<>,;(){}\[\]=]+")
_ENCODER = msgspec.json.Encoder()


class Redactor:
    """Knows somebody's identifiers by their tombstones, wherever they stand."""

    def __init__(self, kinds: Sequence[IdentifierKind], tombs: Sequence[Tomb]) -> None:
        self._kinds = kinds
        self._tombs = dict.fromkeys(tombs)

    def event(self, event: Event) -> Event | None:
        """Return an event without what was the erased person's; None: it has nothing of them."""
        match event:
            case CustomerEvent():
                return self._customer(event)
            case JourneyCalled():
                changes = {**self._changed(event, body="properties")}
            case DeliveryReported():
                changes: dict[str, object] = {**self._changed(event, answer="")}
                if event.answered is not None and self._is_named(event.answered.text):
                    changes["answered"] = None
            case _:
                return None
        return msgspec.structs.replace(event, **changes) if changes else None

    def json(self, data: bytes, path: str) -> bytes | None:
        """Return stored JSON without what was theirs; None: nothing in it was."""
        try:
            found = msgspec.json.decode(data)
        except msgspec.DecodeError:
            return None
        cleaned = self._without(found, path)
        return None if cleaned == found else _ENCODER.encode(cleaned)

    def names(self, value: object, path: str = "") -> bool:
        """Return whether a value, or something in it, was theirs."""
        return self.is_theirs(value, path) or self._without(value, path) != value

    def is_theirs(self, value: object, path: str) -> bool:
        """Return whether a value at a path of an event identified the erased person."""
        if isinstance(value, str) and len(value) >= ANYWHERE_FROM:
            kinds = self._kinds
        elif isinstance(value, str | int):
            kinds = [kind for kind in self._kinds if path in kind.paths]
        else:
            return False
        return any(
            text is not None and tomb_of(pointer_key(kind.name, text)) in self._tombs
            for kind in kinds
            for text in (normal_identifier(kind, value),)
        )

    def _is_named(self, text: str) -> bool:
        return any(self.is_theirs(word, "") for word in _WORDS.findall(text))

    def _customer(self, event: CustomerEvent) -> Event | None:
        root = "traits" if event.kind == "identify" else "properties"
        ids = {name: None for name in _IDS if self.is_theirs(getattr(event, name), name)}
        changes = {**ids, **self._changed(event, body=root, context="context")}
        if not changes:
            return None
        event = msgspec.structs.replace(event, **changes)
        body, context = decode_object(event.body), decode_object(event.context)
        if Identifiers(self._kinds).read(event, body, context):
            return event
        return Erased(received_at=event.received_at, cause=ERASURE)

    def _changed(self, event: Event, **paths: str) -> dict[str, bytes]:
        cleaned = {name: self.json(getattr(event, name), path) for name, path in paths.items()}
        return {name: data for name, data in cleaned.items() if data is not None}

    def _without(self, value: Any, path: str) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, Mapping):
            found = cast("Mapping[str, Any]", value)
            inner = {key: (each, f"{path}.{key}") for key, each in found.items()}
            return {
                key: self._without(each, where)
                for key, (each, where) in inner.items()
                if not self.is_theirs(each, where)
            }
        if isinstance(value, list):
            each_of = cast("list[Any]", value)
            return [self._without(one, path) for one in each_of if not self.is_theirs(one, path)]
        return value


def forget(moment: Moment, event: Forgotten) -> None:
    """Take out of a person what somebody was known by who is erased."""
    redactor = Redactor(moment.program.plan.identity.kinds, event.tombs)
    state = moment.state
    for name in [one for one, trait in state.traits.items() if redactor.names(trait.value, one)]:
        del state.traits[name]
        moment.changed[f"trait:{name}"] = True
    for kind, values in list(state.identifiers.items()):
        kept = {one: at for one, at in values.items() if not redactor.is_theirs(one, kind)}
        state.identifiers[kind] = kept
        if not kept:
            del state.identifiers[kind]
    state.suppressed = {
        one: at for one, at in state.suppressed.items() if not redactor.is_theirs(one, "")
    }
    state.recent = [_recent(redactor, one) for one in state.recent]
    for enrollment in state.enrollments:
        enrollment.entry = redactor.json(enrollment.entry, "properties") or enrollment.entry
        enrollment.answer = redactor.json(enrollment.answer, "") or enrollment.answer
    _let_go(moment, redactor)


def _recent(redactor: Redactor, one: Recent) -> Recent:
    body = redactor.json(one.body, "properties")  # what the log has is cleaned there
    return one if body is None else msgspec.structs.replace(one, body=body)


def _let_go(moment: Moment, redactor: Redactor) -> None:
    """Let nothing leave that would reach, or tell of, whoever was erased."""
    state = moment.state

    def is_theirs(delivery: Delivery) -> bool:
        # What an event tells is in the outbox alone, so it is not known whether it tells of them.
        is_untold = delivery.operation == "event"
        return (
            is_untold
            or redactor.is_theirs(delivery.address, "")
            or redactor.names(delivery.content)
        )

    for delivery_id in [one for one, each in state.pending.items() if is_theirs(each)]:
        del state.pending[delivery_id]
        state.fallbacks.pop(delivery_id, None)
        state.offers = [one for one in state.offers if one.delivery_id != delivery_id]
        moment.effects.append(Settle(delivery_id=delivery_id, outcome="refused", reason=ERASED))
    for held in [one for one in state.held if is_theirs(one.delivery)]:
        drop_held(moment, held, ERASED)
