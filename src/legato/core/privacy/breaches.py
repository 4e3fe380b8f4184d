"""Uses that the law of purposes and classes forbids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from legato.core.privacy.law import Binding, binding_of, may_go, may_serve
from legato.core.privacy.shapes import Spot, spot_of
from legato.core.privacy.uses import Fact, Use
from legato.model.event import NAME_OF_KIND
from legato.model.noun import Noun
from legato.model.plan import Plan


class Breach(Noun, frozen=True, kw_only=True):
    """One fact that a use may not have."""

    kind: Literal["purpose", "class"]
    use: Use
    fact: Fact
    purpose: str
    """For which it is used; of those that it may not serve, the first."""
    binding: Binding


class Bindings:
    """What each fact of a plan is bound to; shapes of events are read once, as is each path."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._spots: dict[str, Spot] = {}
        self._in_events: dict[tuple[str, str], Binding | None] = {}

    def of(self, fact: Fact) -> Binding | None:
        """Return what a fact is bound to; None for what nobody declared."""
        if fact.family == "trait":
            return self.of_trait(fact.name)
        if fact.family == "event":
            return self._of_event(fact)
        return None

    def of_trait(self, name: str) -> Binding | None:
        """Return what a trait is bound to; `address.city` is one, or leads into one."""
        for candidate in (name, name.partition(".")[0].removesuffix("[]")):
            found = self._plan.traits.get(candidate) or self._plan.computed.get(candidate)
            if found is not None:
                return binding_of(found)
        return None

    def spot(self, event: str) -> Spot | None:
        """Return the body of a declared event."""
        if event not in self._spots and event in self._plan.events:
            self._spots[event] = spot_of(self._plan.events[event])
        return self._spots.get(event)

    def _of_event(self, fact: Fact) -> Binding | None:
        key = fact.name, fact.path
        if key not in self._in_events:
            self._in_events[key] = self._read_event(fact)
        return self._in_events[key]

    def _read_event(self, fact: Fact) -> Binding | None:
        if fact.path and fact.name == NAME_OF_KIND["identify"]:
            trait = self.of_trait(fact.path)
            if trait is not None:
                return trait
        spot = self.spot(fact.name)
        here = spot.at(fact.path) if spot is not None and fact.path else spot
        return here.binding if here is not None else None


def breaches(
    plan: Plan, found: Iterable[Use], bindings: Bindings | None = None
) -> Iterator[Breach]:
    """Walk what is forbidden among uses: of each fact, the first reason."""
    bindings = Bindings(plan) if bindings is None else bindings
    for use in found:
        for fact in use.facts:
            binding = bindings.of(fact)
            if binding is None:
                continue
            denied = [
                purpose
                for purpose in use.purposes
                if not may_serve(plan.purposes, purpose, binding)
            ]
            if denied:
                yield Breach(kind="purpose", use=use, fact=fact, purpose=denied[0], binding=binding)
            elif not may_go(binding, use.ceiling):
                purpose = use.purposes[0] if use.purposes else ""
                yield Breach(kind="class", use=use, fact=fact, purpose=purpose, binding=binding)
