"""What a text was filled with, asked about again when it leaves under another plan.

A message may wait for days between its writing and its sending: for the end of quiet hours, for a
destination that is down. Its words stay as they are, so what the catalog has bound more tightly in
between has to be kept back with the whole of it. Templates are no help then: they may have changed
too. So each delivery notes what it was filled with, by names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from legato.core.privacy.breaches import Bindings
from legato.core.privacy.law import ceiling_of, may_go, may_serve
from legato.core.privacy.uses import (
    Fact,
    fact_of_variable,
    facts_of_address,
    facts_of_content,
    variables_of,
)
from legato.model.delivery import Used
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import Reason


class Text(Noun, frozen=True, kw_only=True):
    """What is to be filled, for what, and where it goes."""

    name: str
    """What the text is called: no two of a plan are called the same."""
    fields: Mapping[str, Any]
    purpose: str
    destination: str
    address: str = ""
    """Of a channel: where its addresses are."""


class _Source(Noun, frozen=True, kw_only=True):
    """What a text names."""

    named: tuple[Used, ...]
    has_profile: bool
    """It may print all of it, as in a loop."""
    has_event: bool


class Filled:
    """Knows what each text of a plan is filled with, and what may still go."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._bindings = Bindings(plan)
        self._sources: dict[tuple[str, str], _Source] = {}

    def used(self, text: Text, names: Mapping[str, Any], entry: str) -> tuple[Used, ...]:
        """Return what a text was filled with, and by what it is addressed."""
        source = self._sources.get((text.name, entry))
        if source is None:
            source = self._sources[text.name, entry] = _source(text, entry)
        if not (source.has_profile or source.has_event):
            return source.named
        found = dict.fromkeys(source.named)
        if source.has_profile:
            found |= {Used(family="trait", name=name): None for name in names["profile"]}
        if source.has_event and entry:
            paths = _paths("", names["event"])
            found |= {Used(family="event", name=entry, path=path): None for path in paths}
        return tuple(found)

    def withheld(self, used: tuple[Used, ...], *, purpose: str, destination: str) -> Reason | None:
        """Return why something that was filled may not leave now; None where it may."""
        ceiling = ceiling_of(self._plan.destinations.get(destination))
        for one in used:
            fact = Fact(family=one.family, name=one.name, path=one.path)
            binding = self._bindings.of(fact)
            why = ""
            if binding is None:
                is_open = one.family == "event" and self._bindings.spot(one.name) is None
                kind, why = "purpose", "" if is_open else "is declared no more"
            elif not may_serve(self._plan.purposes, purpose, binding):
                kept = " and ".join(binding.purposes) or "nothing"
                kind, why = "purpose", f"is kept for {kept} now, not for {purpose or 'no purpose'}"
            elif not may_go(binding, ceiling):
                kind, why = "class", f"is {binding.privacy} now, and goes where only {ceiling} may"
            else:
                continue
            if why:
                return Reason(
                    code=f"{kind}.narrowed",
                    what=f"it was filled with the {fact}, which {why}",
                    definition=f"{one.family}s/{one.name}",
                )
        return None


def _source(text: Text, entry: str) -> _Source:
    facts = [*facts_of_content(text.fields, entry), *facts_of_address(text.address)]
    named = {Used(family=one.family, name=one.name, path=one.path): None for one in facts}
    variables = variables_of(text.fields)
    whole = [one for one in variables if fact_of_variable(one, entry) is None]
    roots = [variable.split(".")[0].split("[")[0] for variable in whole]
    return _Source(named=tuple(named), has_profile="profile" in roots, has_event="event" in roots)


def _paths(before: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Walk where values stand in an event, elements of lists as their list."""
    for name, value in body.items():
        path = f"{before}.{name}" if before else name
        inner: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
        for one in inner:
            if isinstance(one, Mapping):
                yield from _paths(path, cast("Mapping[str, Any]", one))
            else:
                yield path
