"""Who an event speaks of: the identity rules made ready to read events with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from legato.expr.hashing import hashed
from legato.expr.path import values_at
from legato.model.event import SMS_RECEIVED, CustomerEvent
from legato.model.plan import IdentifierKind
from legato.model.state import State

IDENTIFIER_LENGTH_MAX = 512
"""Longer values are tokens or mistakes, not names of people; they are not linked."""

_PHONE = re.compile(r"(?:\+|00)?[\d\s().\-/]{5,}")
_SIGNS = re.compile(r"[\s().\-/]")

Object: TypeAlias = Mapping[str, Any]
Reader: TypeAlias = Callable[[CustomerEvent, Object, Object], Sequence[Any]]
"""Gives what stands at a path of an event with its body and its context."""


class Identifiers:
    """Reads the identifiers of events, strongest kind first."""

    def __init__(self, kinds: Sequence[IdentifierKind]) -> None:
        self._readers = [(kind, _reader(path)) for kind in kinds for path in kind.paths]

    def read(self, event: CustomerEvent, body: Object, context: Object) -> list[tuple[str, str]]:
        """Return the event's identifiers as (kind, value), strongest kind first."""
        found: list[tuple[str, str]] = []
        for kind, reader in self._readers:
            for value in reader(event, body, context):
                if value is not None:
                    text = normal_identifier(kind, value)
                    if text is not None:
                        found.append((kind.name, text))
        return found


def pointer_key(kind: str, value: str) -> str:
    """Name an identifier for the store. A kind is a word, so the first colon ends it."""
    return f"{kind}:{value}"


def possible_keys(kinds: Sequence[IdentifierKind], text: str) -> list[str]:
    """Return what `kind:value`, or a value of any kind, may be kept as: the likeliest first."""
    name, _, value = text.partition(":")
    named = [(kind.name, normal_identifier(kind, value)) for kind in kinds if kind.name == name]
    values = named + [(kind.name, normal_identifier(kind, text)) for kind in kinds]
    return [pointer_key(name, value) for name, value in values if value is not None]


def normal_identifier(kind: IdentifierKind, value: object) -> str | None:
    """Return an identifier's value as it is compared; None where it identifies nobody."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    if kind.is_phone:
        text = plain_address(text)
    elif kind.is_lowercase:
        text = text.lower()
    if not text or len(text) > IDENTIFIER_LENGTH_MAX or text.lower() in kind.blocked:
        return None
    return hashed(kind.hash, text) if kind.hash else text


def plain_address(address: str) -> str:
    """Return an address as it is compared: a number by its digits, all else in lower case."""
    text = address.strip()
    if _PHONE.fullmatch(text):
        digits = _SIGNS.sub("", text)
        return f"+{digits[2:]}" if digits.startswith("00") else digits
    return text.lower()


def _reader(path: str) -> Reader:
    root, _, rest = path.partition(".")
    match path, root:
        case "user_id", _:
            return lambda event, _body, _context: (event.user_id,)
        case "anonymous_id", _:
            return _anonymous_ids
        case "group_id", _:
            return lambda event, _body, _context: (event.group_id,)
        case "sms.from", _:
            return _sms_from
        case _, "traits":
            return _trait_reader(rest)
        case _, "properties":
            return lambda event, body, _context: (
                values_at(body, rest) if event.kind in ("track", "page", "screen") else ()
            )
        case _, "context":
            return lambda _event, _body, context: values_at(context, rest)
        case _:
            return lambda _event, _body, _context: ()


def _anonymous_ids(event: CustomerEvent, _body: Object, _context: Object) -> Sequence[Any]:
    # What an alias calls the previous id is what the person was known by until then. One that
    # gives somebody their own name again says nothing.
    previous_id = event.previous_id if event.previous_id != event.user_id else None
    return event.anonymous_id, previous_id


def _sms_from(event: CustomerEvent, body: Object, _context: Object) -> Sequence[Any]:
    return (body.get("from"),) if event.name == SMS_RECEIVED else ()


def _trait_reader(name: str) -> Reader:
    in_context = f"traits.{name}"

    def read(event: CustomerEvent, body: Object, context: Object) -> Sequence[Any]:
        own = values_at(body, name) if event.kind == "identify" else []
        return own + values_at(context, in_context) if "traits" in context else own

    return read


def address_of(state: State, channel_address: str) -> str:
    """Return a person's address as a channel names it: a trait, or `identifier:kind`'s newest."""
    kind = channel_address.removeprefix("identifier:")
    if kind != channel_address:
        values = state.identifiers.get(kind, {})
        return max(values, key=lambda value: (values[value], value)) if values else ""
    trait = state.traits.get(channel_address)
    return trait.value if trait is not None and isinstance(trait.value, str) else ""
