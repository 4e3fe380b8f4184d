"""`events:` of a destination: which events it gets, and for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast, get_args

from legato.connectors.spec import Spec
from legato.core.privacy.streams import EVENTS
from legato.model.definitions.stream import Stream
from legato.model.event import NAME_OF_KIND, CustomerEventKind
from legato.model.rule import ALWAYS, Rule
from legato.plan import form
from legato.plan.conditions.conditions import Hand, read_condition
from legato.plan.findings import Findings, listed
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Items, Leaf, Value

KINDS: tuple[CustomerEventKind, ...] = get_args(CustomerEventKind)
HANDLINGS = ("forward", "drop")


def read_stream(scope: Scope, value: Value, destination: str, spec: Spec | None) -> Stream | None:
    """Read which events a destination gets; None where that is reported."""
    tree = form.fields(scope.findings, value, "events")
    if tree is None:
        return None
    part = Form(scope.findings, tree, "`events`")
    scope.refer_able("event", destination, part.place)
    scope.step_places[destination, EVENTS] = part.place
    purpose = part.need_read("purpose", form.text, "", example="purpose: analytics")
    if purpose:
        scope.refer("purpose", purpose, part.place_of_value("purpose"))
    only = _names(scope, part, "only")
    apart_from = _names(scope, part, "except")
    if "only" in part and "except" in part:
        scope.findings.report(
            "E301",
            part.place_of("except"),
            "`only` says which events go there, so `except` takes nothing away",
            "remove one of the two",
        )
    sources = part.read("from", form.texts, ())
    scope.refer_all("source", sources, part.take("from"))
    wanted = only or tuple(name for name in _events(scope) if name not in apart_from)
    when = part.take("when")
    stream = Stream(
        purpose=purpose,
        only=only,
        apart_from=apart_from,
        types=_types(scope, part.take("types")),
        sources=sources,
        when=None if when is None else _condition(scope, when, wanted),
        without=part.read("without", form.texts, ()),
        late=_handling(part, "late", "forward"),
        unchanged=_handling(part, "unchanged", _of_unchanged(spec)),
    )
    part.close()
    _check_types(scope, part, stream)
    _check_without(scope, part, stream, wanted)
    return stream


def _handling(part: Form, key: str, default: str) -> Literal["forward", "drop"]:
    return cast("Literal['forward', 'drop']", part.read(key, form.one_of(HANDLINGS), default))


def _of_unchanged(spec: Spec | None) -> str:
    routes = spec.routes.get("event", ()) if spec is not None else ()
    return "drop" if any(route.changed_only for route in routes) else "forward"


def _names(scope: Scope, part: Form, key: str) -> tuple[str, ...]:
    names = part.read(key, form.texts, ())
    scope.refer_all("event", names, part.take(key))
    if key in part and not names:
        scope.findings.report(
            "E302",
            part.place_of(key),
            f"`{key}` names no event",
            f"remove `{key}`, or name an event: `{key}: [Order Completed]`",
        )
    return names


def _types(scope: Scope, value: Value | None) -> tuple[str, ...]:
    if value is None:
        return ()
    items = value.items if isinstance(value, Items) else (value,)
    read = form.one_of(KINDS)
    found = [read(scope.findings, item, "types") for item in items if isinstance(item, Leaf)]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _condition(scope: Scope, value: Value, wanted: tuple[str, ...]) -> Rule:
    """Read a condition that makes sense of one of the events at least; of others it never holds."""
    findings, first = scope.findings, None
    for name in wanted or ("",):
        scope.findings = Findings()
        rule = read_condition(scope, value, Hand(event=name))
        problems = scope.findings.all()
        if not problems:
            scope.findings = findings
            return rule
        first = first or problems
    scope.findings = findings
    for problem in first or ():
        findings.add(problem)
    return ALWAYS


def _check_types(scope: Scope, part: Form, stream: Stream) -> None:
    """Report an event that is asked for by name and never comes, for its type is not among them."""
    if not stream.types:
        return
    for name in stream.only:
        kinds = _kinds_of(name)
        if not any(kind in stream.types for kind in kinds):
            scope.findings.report(
                "E302",
                part.place_of("types"),
                f"`{name}` is of the type {listed(kinds)}, which is not among `types`",
                f"add it to `types`, or take `{name}` out of `only`",
            )


def _kinds_of(name: str) -> tuple[str, ...]:
    named = tuple(kind for kind, known in NAME_OF_KIND.items() if known == name)
    return named or ("track",)


def _check_without(scope: Scope, part: Form, stream: Stream, wanted: tuple[str, ...]) -> None:
    """Report what is to be left out of events that never have it: it may be misspelt."""
    for path in stream.without:
        if not any(_may_have(scope, name, path) for name in wanted):
            scope.findings.report(
                "E303",
                part.place_of_value("without"),
                f"none of the events has a property or trait `{path}`",
                "correct the name: what is misspelt is handed on",
            )


def _may_have(scope: Scope, event: str, path: str) -> bool:
    name = path.partition(".")[0]
    if name in scope.names["trait"]:
        return True
    schema = scope.event_schemas.get(event)
    if schema is None:
        return event in scope.names["event"]
    properties = cast("Mapping[str, Any]", schema.get("properties") or {})
    return name in properties or not properties or bool(schema.get("additionalProperties", False))


def _events(scope: Scope) -> Iterator[str]:
    yield from dict.fromkeys([*scope.names["event"], *NAME_OF_KIND.values()])
