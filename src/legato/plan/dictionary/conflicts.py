"""Two definitions of one thing: refused, with the name of who owns the first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from legato.core.privacy.shapes import Schema
from legato.model.plan import EventType
from legato.model.problem import Place
from legato.plan.scope import Scope
from legato.plan.source import Document, Leaf

WORDS = ("event", "trait", "computed", "segment", "term", "team")
"""Kinds whose names people say aloud: two of one sound mean two things to two teams."""
OWNED = (
    "event", "trait", "computed", "segment", "audience", "template", "destination", "journey",
    "term", "offer",
)  # fmt: skip
_APART = re.compile(r"[\s_-]+")


def report_sound_alikes(scope: Scope, documents: Iterable[Document]) -> None:
    """Report names that differ only by case, spaces, underscores or hyphens."""
    first: dict[tuple[str, str], Document] = {}
    for document in documents:
        if document.kind not in WORDS or not document.name:
            continue
        kind = "trait" if document.kind == "computed" else document.kind
        taken = first.setdefault((kind, sound(document.name)), document)
        if taken.name == document.name:  # itself, or a second one: that is reported as N201
            continue
        owner = owner_of(taken)
        by = f" by {owner}" if owner else ""
        scope.findings.report(
            "C303",
            document.place,
            f"`{document.name}` and `{taken.name}`, which is declared at {taken.place}{by}, are "
            f"one {kind} to everybody who hears them",
            f"use `{taken.name}`, or agree with {owner or 'its owner'} on one name and definition",
        )


def sound(name: str) -> str:
    """Return a name as it is heard: `Order Completed` and `order_completed` are one."""
    words = _APART.sub(" ", name.strip())
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", words)
    return spaced.casefold()


def report_owners(scope: Scope, documents: Iterable[Document]) -> None:
    """Report owners that are no team, once there are teams."""
    if not scope.names.get("team"):
        return
    for document in documents:
        value = document.tree.get("owner") if document.tree is not None else None
        if document.kind in OWNED and value is not None and owner_of(document):
            scope.refer("team", owner_of(document), value.place)


def owner_of(document: Document) -> str:
    """Return who owns a definition, as it is written."""
    value = document.tree.get("owner") if document.tree is not None else None
    return value.value if isinstance(value, Leaf) and isinstance(value.value, str) else ""


def report_retyped_properties(scope: Scope, events: Mapping[str, EventType]) -> None:
    """Report properties of one name that two teams declare with types that never agree."""
    first: dict[str, tuple[EventType, tuple[str, ...]]] = {}
    in_order = sorted(events.values(), key=lambda event: _order(scope, event))
    for event in in_order:
        for name, schema in _properties(event.schema).items():
            types = _types(schema)
            if not types:
                continue
            taken, before = first.setdefault(name, (event, types))
            if taken.owner == event.owner or _agree(before, types):
                continue
            where = scope.names["event"][taken.name]
            scope.findings.report(
                "C304",
                scope.names["event"][event.name],
                f"the property `{name}` of `{event.name}` ({event.owner}) is {_said(types)}; "
                f"that of `{taken.name}` ({taken.owner}, {where}) is {_said(before)}",
                f"let {event.owner} and {taken.owner} agree on one type, or name one of the two "
                "differently",
            )


def _order(scope: Scope, event: EventType) -> tuple[str, int, str]:
    place = scope.names["event"].get(event.name, Place(file="", line=0, column=0))
    return place.file, place.line, event.name


def _properties(schema: Schema) -> Mapping[str, Any]:
    found = schema.get("properties")
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def _types(schema: object) -> tuple[str, ...]:
    if not isinstance(schema, Mapping):
        return ()
    declared = cast("Mapping[str, Any]", schema).get("type", ())
    return (declared,) if isinstance(declared, str) else tuple(cast("list[str]", declared))


def _agree(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    wide = {"integer": "number"}
    return any(wide.get(a, a) == wide.get(b, b) for a in one for b in other if a != "null")


def _said(types: tuple[str, ...]) -> str:
    return " or ".join(types)
