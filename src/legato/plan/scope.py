"""What a workspace declares: names that definitions refer to, and the shapes behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.connectors.spec import Spec
from legato.model.definitions.journey import Freshness
from legato.model.definitions.links import Pages, Sender
from legato.model.definitions.offer import Offer
from legato.model.delivery import Operation
from legato.model.event import NAME_OF_KIND
from legato.model.plan import AudienceType
from legato.model.problem import Place
from legato.model.rule import Rule
from legato.plan.findings import Findings, listed, nearest
from legato.plan.source import Items, Value

HOW_TO_DECLARE: Mapping[str, str] = {
    "event": "declare it in catalog/ (`event: {name}`)",
    "trait": "declare it in catalog/ (`trait: {name}` or `computed: {name}`)",
    "source": "declare it in sources/ (`source: {name}`)",
    "identifier": "add it to identity.yaml (`{{kind: {name}, from: [...]}}`)",
    "segment": "declare it in segments/ (`segment: {name}`)",
    "purpose": "declare it in policies/ (`purposes: {{{name}: {{basis: consent}}}}`)",
    "channel": "declare it in channels/ (`channel: {name}`)",
    "destination": "declare it in destinations/ (`destination: {name}`)",
    "audience": "write `{{audience: {name}, destination: ...}}` here",
    "template": "declare it in templates/ (`template: {name}`)",
    "journey": "declare it in journeys/ (`journey: {name}`)",
    "offer": "declare it in offers/ (`offer: {name}`)",
    "team": "declare it (`team: {name}`)",
    "term": "declare it (`term: {name}`)",
    "source connector": "put its manifest in connectors/ (`inbound: 1`, `id: {name}`)",
    "connector": "put its manifest in connectors/ (`manifest: {name}`)",
}


class Scope:
    """What is known while definitions are read. Filled from the heads of all documents first."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.names: dict[str, dict[str, Place]] = {
            kind: {} for kind in (*HOW_TO_DECLARE, "computed")
        }
        self.owners: dict[tuple[str, str], str] = {}
        """Of what was declared first under a name."""
        self.event_schemas: dict[str, Mapping[str, Any]] = {}
        self.zone = "UTC"
        """The workspace's."""
        self.fresh_for: dict[str, Freshness] = {}
        """Trait -> how old it may be."""
        self.segment_rules: dict[str, Rule] = {}
        self.trait_schemas: dict[str, Mapping[str, Any]] = {}
        self.texts: dict[str, Mapping[str, Mapping[str, str]]] = {}
        """Template -> its texts by channel."""
        self.text_places: dict[tuple[str, str], Place] = {}
        """(template, channel) -> where its texts stand."""
        self.template_purposes: dict[str, str] = {}
        self.offers: dict[str, Offer] = {}
        self.template_offers: dict[str, str] = {}
        self.template_variables: dict[str, list[tuple[Place, tuple[str, ...]]]] = {}
        self.audiences: dict[str, AudienceType] = {}
        """Declared ones, and those that journey steps name on the spot."""
        self.specs: dict[str, Spec] = {}
        """Destination -> what its connector can do."""
        self.connectors: dict[tuple[str, str], str] = {}
        """`destination` or `source`, and its name -> the connector it uses."""
        self.shared_rates: dict[str, tuple[str, float]] = {}
        """Shared rate -> the destination that named it first, and its limit there."""
        self.step_places: dict[tuple[str, str], Place] = {}
        """Journey and step, or destination and `events` -> where it stands."""
        self.compare_places: dict[str, Place] = {}
        """Trait -> where `matching` compares by it."""
        self.channel_destinations: dict[str, str] = {}
        self.identifier_paths: dict[str, None] = {}
        """Where events are looked through for identifiers."""
        self.manifests: dict[str, Mapping[str, Any]] = {}
        """The workspace's own."""
        self.shipped: Mapping[str, Mapping[str, Any]] = {}
        """Those that come with Legato, each read only when it is asked for."""
        self.source_manifests: dict[str, Mapping[str, Any]] = {}
        """Of what providers post: the workspace's own."""
        self.shipped_sources: Mapping[str, Mapping[str, Any]] = {}
        self.lacks: Mapping[str, str] = {}
        """Transports that are not installed, with the command that adds each."""
        self.told_events: dict[str, str] = {}
        """Events that connectors of sources make -> their title."""
        self.half_read = ""
        """A connector of sources that may make other events too: its manifest is broken there."""
        self.pages = Pages()
        self.sender = Sender()

    def source_manifest(self, name: str) -> Mapping[str, Any]:
        """Return what a connector of sources declares; nothing where there is none."""
        return self.source_manifests.get(name) or self.shipped_sources.get(name, {})

    def declare(self, kind: str, name: str, place: Place, owner: str = "") -> bool:
        """Note a name; report it when it is taken."""
        taken = self.names.setdefault(kind, {}).get(name)
        if taken is None:
            self.names[kind][name] = place
            self.owners[kind, name] = owner
            return True
        first = self.owners.get((kind, name), "")
        self.findings.report(
            "N201",
            place,
            f"{_article(kind)} {kind} named `{name}` is already declared at {taken}"
            + (f" by {first}" if first else ""),
            f"use the definition of {first}, rename yours, or agree with {first} on one"
            if first and first != owner
            else "rename one of the two, or remove it",
        )
        return False

    def refer(self, kind: str, name: str, place: Place) -> bool:
        """Return whether a name is declared; report it when it is not."""
        known = self.names.get(kind, {})
        if name in known or (kind == "event" and name in NAME_OF_KIND.values()):
            return True
        if kind == "event" and self.half_read:  # it may be one of those: no second mistake
            self.names[kind][name] = place
            self.told_events[name] = f"Perhaps told by {self.half_read}"
            return True
        near = nearest(name, known)
        meant = f"did you mean `{near}`? else " if near else self._taken_for(kind, name)
        declare = HOW_TO_DECLARE[kind].format(name=name)
        what = f"there is no {kind} named `{name}`"
        self.findings.report("N202", place, what, f"{meant}{declare}")
        return False

    def _taken_for(self, kind: str, name: str) -> str:
        """Say what else has this name; empty: nothing."""
        other = next((each for each, names in self.names.items() if name in names), "")
        if not other:
            return ""
        return f"`{name}` is {_article(other)} {other}: name {_article(kind)} {kind} here; else "

    def refer_all(self, kind: str, names: tuple[str, ...], value: Value | None) -> None:
        """Look every name of a list up."""
        places = _item_places(value, len(names))
        for name, place in zip(names, places, strict=True):
            self.refer(kind, name, place)

    def refer_able(self, operation: Operation, destination: str, place: Place) -> None:
        """Look a destination up, and report one whose connector cannot do this."""
        if not self.refer("destination", destination, place):
            return
        spec = self.specs.get(destination)
        if spec is not None and operation not in spec.routes:
            self.findings.report(
                "X304",
                place,
                f"the connector `{spec.head.id}` of `{destination}` has no way to "
                f"`{operation.replace('_', ' ')}`",
                f"use a destination of another connector; this one can "
                f"{listed(word.replace('_', ' ') for word in spec.routes)}",
            )


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"


def _item_places(value: Value | None, count: int) -> list[Place]:
    from_items = [item.place for item in value.items] if isinstance(value, Items) else []
    if len(from_items) == count:
        return from_items
    place = value.place if value is not None else Place(file="", line=0, column=0)
    return [place] * count
