"""Which destinations get an event: their streams compiled, and found by the event's name.

A plan that hands nothing on has no outlet, and its events are not looked at for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from legato.core.privacy.law import ceiling_of
from legato.core.privacy.views import View, Views
from legato.expr.facts import Facts
from legato.expr.python import compile_rule
from legato.model.definitions.stream import Stream
from legato.model.event import NAME_OF_KIND, CustomerEvent, decode_object
from legato.model.plan import Destination, Plan

Check: TypeAlias = Callable[[Facts], bool]


class Outlet:
    """One destination's stream."""

    __slots__ = (
        "_kinds",
        "_names",
        "_sources",
        "check",
        "destination",
        "purposes",
        "stream",
        "views",
    )

    def __init__(self, plan: Plan, views: Views, destination: Destination, stream: Stream) -> None:
        self.destination = destination.name
        self.stream = stream
        self.check: Check | None = None if stream.when is None else compile_rule(stream.when)
        needed = _consent_needs(destination)
        self.purposes: tuple[str, ...] = tuple(
            dict.fromkeys([stream.purpose, *(one for one in needed if one in plan.purposes)])
        )
        """Each is asked for: the stream's own, and those that its connector always serves."""
        ceiling = ceiling_of(destination)
        self.views: dict[str, View] = {
            name: views.of(stream.purpose, ceiling, name) for name in _named(plan)
        }
        """Event -> what of it the destination may be shown."""
        self.views[""] = views.of(stream.purpose, ceiling, "")
        self._kinds = dict.fromkeys(stream.types)
        self._sources = dict.fromkeys(stream.sources)
        manifest = destination.manifest
        names = (destination.name, manifest.get("id", ""), manifest.get("name", ""))
        self._names = dict.fromkeys(str(name).casefold() for name in names)

    def view(self, name: str) -> View:
        """Return what the destination may be shown of an event."""
        return self.views.get(name) or self.views[""]

    def may_have(self, name: str) -> bool:
        """Return whether the destination asks for events of a name, and may know of them."""
        stream = self.stream
        is_wanted = name in stream.only if stream.only else name not in stream.apart_from
        return is_wanted and self.view(name).shows_event

    def takes(self, event: CustomerEvent) -> bool:
        """Return whether it asks for such a call, from there."""
        if self._kinds and event.kind not in self._kinds:
            return False
        return not self._sources or event.source in self._sources

    def is_declined(self, event: CustomerEvent) -> bool:
        """Return whether the call itself says that it is not for this destination.

        `integrations: {All: false, Mixpanel: true}`, as in the calls of Segment's SDKs.
        """
        if event.integrations == b"{}":
            return False
        said = decode_object(event.integrations)
        for name, value in said.items():
            if name.casefold() in self._names:
                return value is False
        return said.get("All", said.get("all")) is False


class Outlets:
    """Every destination that gets events."""

    def __init__(self, plan: Plan, views: Views) -> None:
        self.by_destination: dict[str, Outlet] = {
            name: Outlet(plan, views, destination, destination.events)
            for name, destination in sorted(plan.destinations.items())
            if destination.events is not None
        }
        found = self.by_destination.values()
        self._by_event: dict[str, tuple[Outlet, ...]] = {
            name: tuple([one for one in found if one.may_have(name)]) for name in _named(plan)
        }
        self._others = tuple([one for one in found if one.may_have("") and not one.stream.only])
        """Of events that the catalog does not know."""

    def of(self, name: str) -> tuple[Outlet, ...]:
        """Return the destinations that may get events of a name."""
        return self._by_event.get(name, self._others)


def _named(plan: Plan) -> dict[str, None]:
    return dict.fromkeys([*plan.events, *NAME_OF_KIND.values()])


def _consent_needs(destination: Destination) -> tuple[str, ...]:
    consent = cast("Mapping[str, Any]", destination.manifest.get("consent") or {})
    return tuple(map(str, consent.get("purposes") or ()))
