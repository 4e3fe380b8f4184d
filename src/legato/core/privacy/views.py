"""What a message, a call or a list is shown of a person: only what its purpose and exit may have.

Checking has refused every name in a template that may not be there. This is for what no check can
name: the whole profile in a loop, an event passed on as it is, properties that nobody declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, cast

from legato.core.privacy.breaches import Bindings
from legato.core.privacy.law import Binding, is_within, may_go, may_serve
from legato.core.privacy.shapes import Spot
from legato.core.retirement.retired import leave_out
from legato.model.event import NAME_OF_KIND
from legato.model.plan import Plan, PrivacyClass

SPOTS_MAX = 1_000
"""Places of an event that are remembered: more than a catalog declares of one."""


class View:
    """What one purpose sees through one exit, of the profile and of one kind of event."""

    def __init__(
        self, plan: Plan, bindings: Bindings, *, purpose: str, ceiling: PrivacyClass, entry: str
    ) -> None:
        self._plan = plan
        self._bindings = bindings
        self._purpose = purpose
        self._ceiling: PrivacyClass = ceiling
        self._entry = entry
        self.traits: dict[str, bool] = {
            name: True
            for name, trait in plan.traits.items()
            if not trait.retired and self._may(bindings.of_trait(name))
        }
        """Declared traits that are shown; a trait nobody declared is not."""
        self.computed: tuple[str, ...] = tuple(
            name for name in plan.computed if self._may(bindings.of_trait(name))
        )
        self.shows_person = is_within("personal", ceiling)
        """Our id of the person is a pseudonym, and personal."""
        declared = plan.events.get(entry)
        self._retired = tuple(declared.retired_properties) if declared is not None else ()
        self._root = bindings.spot(entry)
        self.shows_event = (
            self.shows_person if self._root is None else self._may(self._root.binding)
        )
        """That it happened; what nobody declared is personal."""
        self._is_plain = self._root is not None and self._root.is_plain()
        self._spots: dict[tuple[str, ...], Spot | None] = {}

    def body(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the members of an event's body that are shown."""
        if self._retired:
            body = deepcopy(dict(body))
            leave_out(body, self._retired)
        return self._shown(body)

    def _shown(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._entry == NAME_OF_KIND["identify"]:
            return {name: value for name, value in body.items() if name in self.traits}
        root = self._root
        if root is None:  # called by an API, or a kind of call that the catalog does not name
            return body if self.shows_person else {}
        if not self._is_plain:
            return self._members(root, (), body)
        if not self._may(root.binding):
            return {}
        if root.is_open():
            return body
        return {
            name: value for name, value in body.items() if self._spot(root, (name,)) is not None
        }

    def _members(
        self, spot: Spot, path: tuple[str, ...], value: Mapping[str, Any]
    ) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, inner in value.items():
            here = self._spot(spot, (*path, name))
            if here is not None:
                seen = self._seen(here, (*path, name), inner)
                if seen is not None:
                    shown[name] = seen
        return shown

    def _seen(self, spot: Spot, path: tuple[str, ...], value: object) -> object:
        """Return what is shown of a value; None where nothing is."""
        if isinstance(value, Mapping):
            return self._members(spot, path, cast("Mapping[str, Any]", value)) or None
        if isinstance(value, list):
            items = [self._seen(spot, path, one) for one in cast("list[Any]", value)]
            return [one for one in items if one is not None] or None
        return value if self._may(spot.binding) else None

    def _spot(self, outer: Spot, path: tuple[str, ...]) -> Spot | None:
        if path not in self._spots:
            if len(self._spots) >= SPOTS_MAX:
                self._spots.clear()
            self._spots[path] = outer.inside(path[-1])
        return self._spots[path]

    def _may(self, binding: Binding | None) -> bool:
        return (
            binding is not None
            and may_go(binding, self._ceiling)
            and may_serve(self._plan.purposes, self._purpose, binding)
        )


class Views:
    """The views of a plan, each made when it is first asked for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._bindings = Bindings(plan)
        self._views: dict[tuple[str, PrivacyClass, str], View] = {}

    def of(self, purpose: str, ceiling: PrivacyClass, entry: str) -> View:
        """Return what a purpose sees through an exit, in a journey that this event began."""
        key = (purpose, ceiling, entry)
        if key not in self._views:
            self._views[key] = View(
                self._plan, self._bindings, purpose=purpose, ceiling=ceiling, entry=entry
            )
        return self._views[key]
