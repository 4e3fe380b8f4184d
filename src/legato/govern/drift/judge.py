"""Judges samples of what comes in against the catalog, and finds what has drifted.

It sees events as the engine does: read by the mappings there are, and compared with the schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema_rs
from msgspec.structs import replace

from legato.core.admission.mapping import Mapper
from legato.core.admit import CONSENT_EVENT
from legato.govern.drift.learn import Learner, Seen, Violation, violations_of
from legato.govern.drift.names import likeness
from legato.govern.drift.proposal import Finding
from legato.govern.drift.suggest import BROKEN_MIN, HEALED_SHARE, MARGIN, find_drift
from legato.model.event import CustomerEvent, decode_object
from legato.model.instant import Instant
from legato.model.plan import FieldMapping, Plan

LEARNERS_MAX = 500
"""Pairs of source and event that are followed; the first seen stay."""
BODY_BYTES_MAX = 8_192
"""Larger bodies are not looked at: a minute of them would fill the memory."""
LIKE_EVENT = 0.8
UNKNOWN = Violation("", "unknown")


class Judge:
    """Owned by one thread at a time."""

    def __init__(self) -> None:
        self._plan = Plan(name="")
        self._validators: dict[str, jsonschema_rs.Validator] = {}
        self._mappers: dict[str, list[Mapper]] = {}
        self._learners: dict[tuple[str, str], Learner] = {}

    def follow(self, plan: Plan) -> None:
        """Judge by another plan from now on. What was seen of the last minute is forgotten."""
        if plan is self._plan:
            return
        self._plan = plan
        self._validators = {
            name: jsonschema_rs.validator_for(dict(event.schema))
            for name, event in plan.events.items()
        }
        self._mappers = {}
        for mapping in plan.mappings.values():
            name = mapping.called or mapping.event
            self._mappers.setdefault(name, []).append(Mapper(mapping))
        for learner in self._learners.values():
            learner.window.clear()

    def take(self, events: Sequence[CustomerEvent]) -> None:
        """Learn from samples."""
        for event in events:
            if len(event.body) <= BODY_BYTES_MAX and event.name != CONSENT_EVENT:
                self._take(event)

    def findings(self, now: Instant) -> tuple[list[Finding], list[str]]:
        """Return what has drifted, and the topics of what is certainly well."""
        found: list[Finding] = []
        well: list[str] = []
        for (source, name), learner in self._learners.items():
            learner.pass_time(now)
            finding = self._finding(source, name, learner)
            if finding is not None:
                found.append(finding)
            elif learner.is_well():
                well.append(f"drift:{source}/{name}")
        return found, well

    def _take(self, event: CustomerEvent) -> None:
        learner = self._learners.get((event.source, event.name))
        if learner is None:
            if len(self._learners) >= LEARNERS_MAX:
                return
            learner = self._learners[event.source, event.name] = Learner()
        body = decode_object(event.body)
        name = event.name
        for mapper in self._mappers.get(event.name, ()):
            if mapper.mapping.source in ("", event.source):
                mapper.apply(body)
                name = mapper.mapping.event
        learner.add(Seen(event.received_at, body, self._violations(event, name, body)))

    def _violations(
        self, event: CustomerEvent, name: str, body: Mapping[str, Any]
    ) -> tuple[Violation, ...]:
        validator = self._validators.get(name)
        if validator is not None:
            return violations_of(validator, body)
        return (UNKNOWN,) if event.kind == "track" and not self._plan.accept_unknown else ()

    def _finding(self, source: str, name: str, learner: Learner) -> Finding | None:
        called = [
            mapper.mapping
            for mapper in self._mappers.get(name, ())
            if mapper.mapping.source in ("", source)
        ]
        target = called[-1].event if called else name
        declared = self._plan.events.get(target)
        if declared is None:
            return self._unknown(source, name, learner)
        finding = find_drift(source, declared, learner, self._validators[target])
        if finding is None or finding.mapping is None or target == name:
            return finding
        return replace(finding, event=name, mapping=replace(finding.mapping, called=name))

    def _unknown(self, source: str, name: str, learner: Learner) -> Finding | None:
        """Look for the declared event that one under an unknown name may be."""
        bodies = [seen.body for seen in learner.window if seen.violations]
        if len(bodies) < BROKEN_MIN:
            return None
        ranked = sorted(((likeness(name, each), each) for each in self._plan.events), reverse=True)
        mapping: FieldMapping | None = None
        evidence: tuple[str, ...] = ()
        healed = 0
        if ranked and ranked[0][0] >= LIKE_EVENT:
            score, target = ranked[0]
            is_clear = len(ranked) == 1 or score - ranked[1][0] >= MARGIN
            properties: Mapping[str, Any] = self._plan.events[target].schema.get("properties", {})
            validator = self._validators[target]
            healed = sum(
                validator.is_valid(body) and any(key in properties for key in body)
                for body in bodies
            )
            if is_clear and healed >= HEALED_SHARE * len(bodies):
                mapping = FieldMapping(name="", event=target, source=source, called=name)
                evidence = (f"it is named like '{target}' and has its shape",)
        why = "no declared event is named like it and has its shape"
        return Finding(
            source=source,
            event=name,
            is_unknown=True,
            problems=(f"the catalog does not know it: all in {len(learner.window)}",),
            evidence=evidence,
            unresolved=() if mapping else (why,),
            mapping=mapping,
            looked_at=len(learner.window),
            broken=len(bodies),
            healed=healed if mapping else 0,
        )
