"""Which routes a delivery takes, and what their expressions can see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import msgspec

from legato.connectors.exchange.inputs import read_inputs
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import fields_of
from legato.connectors.spec import EventType, Requirement, Route, Spec, event_name
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import SECOND, Instant

_TYPES = get_args(EventType)
_NOT_OFFERED = ("content", "captured_at", "used")
_MAY_BE_EMPTY = tuple(
    field.name
    for field in msgspec.structs.fields(Delivery)
    if field.type is not int and field.name not in _NOT_OFFERED
)
"""Facts that are missing to a manifest when they are empty; a cost of nothing is a fact."""


class Choice(msgspec.Struct, frozen=True):
    """What somebody chose instead of what the manifest would."""

    route: str = ""
    """One route, by its id."""
    inputs: Mapping[str, Any] | None = None
    """Its inputs, instead of what any mapping finds."""


class Scene(msgspec.Struct, frozen=True):
    """A route that is taken, and what its expressions see."""

    route: Route
    frame: Frame


def base_frame(
    spec: Spec, delivery: Delivery, terms: Terms, now: Instant, *, asked: Instant | None = None
) -> Frame:
    """Return what every route of the connector sees."""
    facts = msgspec.structs.asdict(delivery)
    for name in _NOT_OFFERED:
        del facts[name]
    for name in _MAY_BE_EMPTY:
        if not facts[name]:
            del facts[name]
    facts["seconds_left"] = max(0, (delivery.expires_at - now) // SECOND)
    return Frame(
        {
            "delivery": facts,
            **_content(delivery),
            "settings": terms.settings,
            "token": terms.token,
            "clock": {"epoch": now // SECOND, "now": now, "asked": now if asked is None else asked},
        },
        spec.let,
    )


def _content(delivery: Delivery) -> dict[str, Any]:
    """Return what it is about under its name. An event is of its type whatever the case of that."""
    content = delivery.content
    if delivery.operation != "event":
        return {"content": content}
    kind = content.get("type")
    if kind in _TYPES or not isinstance(kind, str) or kind.lower() not in _TYPES:
        return {"event": content}
    return {"event": {**content, "type": kind.lower()}}


def scenes(
    spec: Spec,
    delivery: Delivery,
    base: Frame,
    terms: Terms,
    *,
    choice: Choice,
) -> list[Scene]:
    """Return the routes that are taken. Raises RefusalError where there are none."""
    routes = spec.routes.get(delivery.operation)
    if routes is None:
        raise RefusalError("no_route", f"{spec.head.id} has no route for {delivery.operation}")
    ignored = ""
    taken: list[Scene] = []
    for route in _taken(routes, base, choice.route):
        why = _why_ignored(route, base)
        if why:
            ignored = ignored or why
            continue
        frame = Frame(base, route.let)
        if route.inputs or route.on == "event":
            frame["in"] = read_inputs(route, frame, choice.inputs, terms.inputs)
        else:
            frame["in"] = delivery.content
        check(route.require, frame, is_late=False)
        taken.append(Scene(route, frame))
    if ignored and not taken:
        raise RefusalError("ignored", ignored)
    if not taken:
        what = f"no route of {spec.head.id} takes this {_kind(delivery)}"
        raise RefusalError("no_route", what)
    return taken


def _why_ignored(route: Route, base: Frame) -> str:
    for one in route.ignore:
        if one.that.holds(base):
            return one.what
    return ""


def _kind(delivery: Delivery) -> str:
    return "event" if delivery.operation == "event" else delivery.operation


def _taken(routes: Iterable[Route], base: Frame, named: str) -> Iterable[Route]:
    """Yield the first route that takes it, and those after routes that let it go on."""
    for route in routes:
        if named:
            if route.id == named:
                yield route
                return
        elif not route.is_named and _is_triggered(route, base):
            yield route
            if not route.goes_on:
                return


def _is_triggered(route: Route, base: Frame) -> bool:
    trigger = route.trigger
    if trigger.types or trigger.names:
        event = fields_of(base.get("event"))
        if trigger.types and event.get("type") not in trigger.types:
            return False
        if trigger.names and event_name(str(event.get("event"))) not in trigger.names:
            return False
    return trigger.when is None or trigger.when.holds(base)


def check(requirements: Iterable[Requirement], frame: Frame, *, is_late: bool) -> None:
    """Raise RefusalError for the first requirement that does not hold, before any request."""
    for one in requirements:
        if one.is_late is is_late and not one.after and not one.that.holds(frame):
            raise RefusalError("required", one.what)


def check_answer(requirements: Iterable[Requirement], frame: Frame, name: str) -> None:
    """Raise RefusalError for the first that does not hold of what a request was answered."""
    for one in requirements:
        if one.after == name and not one.that.holds(frame):
            raise RefusalError("required", one.what)
