"""One identifier that is not its person's: what came under it alone goes with it.

What came under it and another stays with the other, and no longer says the identifier: neither as a
name of the person, nor as the trait that holds it, such as a mistyped address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec.structs import replace

from legato.core.exchange import Keys
from legato.core.identifiers import normal_identifier, pointer_key
from legato.core.program import Program
from legato.model.event import CustomerEvent
from legato.model.plan import IdentifierKind
from legato.model.state import State

TRAITS = "traits."


def without(
    program: Program, event: CustomerEvent, keys: Keys, identifier: tuple[str, str]
) -> Keys:
    """Return what an event says of somebody, but for an identifier that is not theirs."""
    kind = next(kind for kind in program.plan.identity.kinds if kind.name == identifier[0])
    told = keys.context.get("traits")
    context = keys.context
    if isinstance(told, Mapping):
        traits = cast("Mapping[str, Any]", told)
        context = {**context, "traits": _unnamed(traits, kind, identifier[1])}
    is_told = event.kind == "identify"
    return replace(
        keys,
        pointers=tuple([key for key in keys.pointers if key != pointer_key(*identifier)]),
        identifiers=tuple([each for each in keys.identifiers if each != identifier]),
        body=_unnamed(keys.body, kind, identifier[1]) if is_told else keys.body,
        context=context,
    )


def why_it_stays(person: State, identifier: tuple[str, str]) -> str:
    """Return why an identifier cannot be parted from its person; empty where it can."""
    kind, value = identifier
    if value not in person.identifiers.get(kind, {}):
        return "they are not known by this identifier"
    if sum(map(len, person.identifiers.values())) == 1:
        return "it is all that they are known by"
    return ""


def _unnamed(traits: Mapping[str, Any], kind: IdentifierKind, value: str) -> dict[str, Any]:
    """Return traits without those from which the identifier was read."""
    read = [path.removeprefix(TRAITS) for path in kind.paths if path.startswith(TRAITS)]
    return {
        name: each
        for name, each in traits.items()
        if name not in read or normal_identifier(kind, each) != value
    }
