"""From what a minute of events looked like to a mapping that heals them, or to none.

A wrong mapping is worse than none: events in quarantine harm nobody. So a field is only taken for
the missing one when it appeared as the other went, in the same place, is written and as large as
the other was, has a name that can mean the same, and no second field does as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple, cast

import jsonschema_rs
import msgspec

from legato.core.admission.fields import holders, parent_of, shown_name
from legato.core.admission.mapping import Mapper, converted
from legato.expr.path import parse_path
from legato.govern.drift.learn import BASELINE_MIN, Baseline, Learner, Seen, Violation
from legato.govern.drift.names import is_same_word, likeness, unit_of
from legato.govern.drift.proposal import Finding
from legato.govern.drift.shape import Trace, trace_of
from legato.model.plan import Conversion, EventType, FieldMapping

BROKEN_MIN = 5
"""Fewer in a minute are single mistakes."""
BROKEN_SHARE = 0.1
PART_SHARE = 0.2
"""Of the broken ones: what fewer have is left to the rest."""
PRESENT_SHARE = 0.8
NEW_SHARE = 0.05
"""A field that more had before is not what has come in place of another."""
GONE_MIN, HAD_SHARE = 30, 0.9
"""When a field that is not required counts as gone: events before, and the share that had it."""
LIKE, LIKE_UNKNOWN = 0.6, 0.9
"""How alike names must be, with and without knowing what events looked like before."""
MARGIN = 0.15
"""By which the best must be better than the second."""
SIZE_SLACK = 0.5
"""In powers of ten."""
UNIT_SLACK = 0.7
HEALED_SHARE = 0.8
VALUES_MAX = 5
"""New words of one field; more are no words of a list."""

_CONVERSIONS: Mapping[str, Conversion] = {
    "number": "number",
    "integer": "integer",
    "string": "text",
    "boolean": "boolean",
}


class Parts(msgspec.Struct):
    """What a mapping is made of, as it is found."""

    rename: dict[str, str] = {}
    convert: dict[str, Conversion] = {}
    multiply: dict[str, float] = {}
    values: dict[str, dict[str, Any]] = {}
    default: dict[str, Any] = {}
    drop_null: list[str] = []
    evidence: list[str] = []
    unresolved: list[str] = []


class _Fit(NamedTuple):
    conversion: Conversion | None
    factor: float | None
    how: str


def find_drift(
    source: str, declared: EventType, learner: Learner, validator: jsonschema_rs.Validator
) -> Finding | None:
    """Return what has drifted in the last minute; None where nothing has."""
    window = _with_gone(list(learner.window), declared, learner.baseline)
    broken = [seen for seen in window if seen.violations]
    if len(broken) < max(BROKEN_MIN, BROKEN_SHARE * len(window)):
        return None
    counts = Counter((one.path, one.kind) for seen in broken for one in seen.violations)
    many = [about for about, count in counts.items() if count >= PART_SHARE * len(broken)]
    parts = Parts()
    look = _Look(declared, learner, broken, parts)
    for path, kind in sorted(many):
        look.at(path, kind)
    mapping = _mapping(source, declared.name, parts)
    healed = 0 if mapping is None else _healed(mapping, broken, validator)
    if mapping is not None and healed < HEALED_SHARE * len(broken):
        parts.unresolved.append(f"a mapping would heal {healed} of {len(broken)} only")
        mapping = None
    return Finding(
        source=source,
        event=declared.name,
        problems=tuple(
            f"`{shown_name(path)}` {_SAID[kind]} in {counts[path, kind]} of {len(window)}"
            for path, kind in sorted(many)
        ),
        evidence=tuple(parts.evidence) if mapping is not None else (),
        unresolved=tuple(parts.unresolved),
        mapping=mapping,
        looked_at=len(window),
        broken=len(broken),
        healed=healed if mapping is not None else 0,
    )


def _with_gone(window: list[Seen], declared: EventType, baseline: Baseline) -> list[Seen]:
    """Count as missing too what the schema does not require, and nearly every event had before."""
    if baseline.count < GONE_MIN or len(window) < BROKEN_MIN:
        return window
    for name in cast("Mapping[str, object]", declared.schema.get("properties") or {}):
        lacking = [seen for seen in window if name not in seen.body]
        if baseline.share(name) >= HAD_SHARE and len(lacking) >= HAD_SHARE * len(window):
            missing = Violation(name, "missing")
            window = [
                msgspec.structs.replace(
                    seen, violations=tuple(dict.fromkeys((*seen.violations, missing)))
                )
                if name not in seen.body
                else seen
                for seen in window
            ]
    return window


_SAID: Mapping[str, str] = {
    "missing": "is missing",
    "null": "is null",
    "type": "has another type",
    "enum": "has a value that is not declared",
    "other": "breaks its schema",
}


class _Look:
    """Looks at one violation after the other."""

    def __init__(
        self, declared: EventType, learner: Learner, broken: Sequence[Seen], parts: Parts
    ) -> None:
        self._declared = declared
        self._baseline = learner.before()
        self._broken = broken
        self._parts = parts

    def at(self, path: str, kind: str) -> None:
        match kind:
            case "missing":
                self._missing(path)
            case "null":
                self._null(path)
            case "type":
                self._type(path)
            case "enum":
                self._enum(path)
            case _:
                self._no(path, "what breaks its schema is no matter of names or types")

    def _no(self, path: str, why: str) -> None:
        self._parts.unresolved.append(f"`{shown_name(path)}`: {why}")

    # -- Renamed -----------------------------------------------------------------------------------

    def _missing(self, path: str) -> None:
        schema = schema_at(self._declared.schema, path)
        bodies = [seen.body for seen in self._broken if _has(seen, path, "missing")]
        found = sorted(self._candidates(path, schema, bodies), key=lambda each: -each[0])
        if not found:
            if "default" in schema:
                self._parts.default[path] = schema["default"]
                self._parts.evidence.append(f"the schema declares a default for `{path}`")
            else:
                self._no(path, "no new field can be taken for it without a doubt")
            return
        if len(found) > 1 and found[0][0] - found[1][0] < MARGIN:
            self._no(path, f"`{found[0][1]}` and `{found[1][1]}` could both be it")
            return
        _, old, fit = found[0]
        if old in self._parts.rename:
            self._no(path, f"`{old}` is taken for another field already")
            return
        if fit.conversion is not None and fit.factor is not None:
            self._no(path, f"`{old}` has another type and another unit at once")
            return
        self._parts.rename[old] = path
        if fit.conversion is not None:
            self._parts.convert[path] = fit.conversion
        if fit.factor is not None:
            self._parts.multiply[path] = fit.factor
        self._parts.evidence.append(
            f"`{shown_name(old)}` appeared where `{path}` went missing, {fit.how}"
        )

    def _candidates(
        self, path: str, schema: Mapping[str, Any], bodies: Sequence[dict[str, Any]]
    ) -> list[tuple[float, str, _Fit]]:
        key = path.rpartition(".")[2]
        parent = parent_of(path)
        declared = schema_at(self._declared.schema, parent).get("properties", {})
        keys: Counter[str] = Counter()
        for body in bodies:
            there = {name: True for holder in holders(body, path)[0] for name in holder}
            keys.update(name for name in there if name not in declared)
        is_known = self._baseline.count >= BASELINE_MIN
        found: list[tuple[float, str, _Fit]] = []
        for name, count in keys.items():
            old = f"{parent}.{name}" if parent else name
            if count < PRESENT_SHARE * len(bodies) or "." in name or name.endswith("[]"):
                continue
            if is_known and self._baseline.share(old) > NEW_SHARE:
                continue
            score = likeness(name, key)
            if score < (LIKE if is_known else LIKE_UNKNOWN):
                continue
            fit = self._fit(_values(bodies, old), schema, path, name)
            if fit is not None:
                found.append((score, old, fit))
        return found

    # -- Retyped -----------------------------------------------------------------------------------

    def _type(self, path: str) -> None:
        schema = schema_at(self._declared.schema, path)
        bodies = [seen.body for seen in self._broken if _has(seen, path, "type")]
        values = [value for value in _values(bodies, path) if value is not None]
        fit = self._fit(values, schema, path, path.rpartition(".")[2])
        if fit is None or fit.conversion is None:
            self._no(path, "not every value can be read as its declared type without a doubt")
            return
        self._parts.convert[path] = fit.conversion
        self._parts.evidence.append(f"every `{path}` can be read as declared, {fit.how}")

    def _fit(
        self, values: list[Any], schema: Mapping[str, Any], path: str, name: str
    ) -> _Fit | None:
        """Say how values can be read as a declared field; None where they cannot."""
        if not values:
            return None
        conversion: Conversion | None = None
        if not _are_valid(values, schema):
            conversion = _conversion(schema)
            if conversion is None:
                return None
            values = [converted(value, conversion) for value in values]
            if not _are_valid(values, schema):
                return None
        before = self._baseline.fields.get(path)
        now = trace_of(values)
        if before is None or self._baseline.count < BASELINE_MIN:
            is_unsure = unit_of(name) is not None and unit_of(path) is None
            return None if is_unsure else _Fit(conversion, None, "of its type")
        if before.form and now.form != before.form and not _is_number(before):
            return None
        if conversion == "text" and before.forms["digits after a zero"]:
            return None  # a number has lost them
        return _sized(conversion, before, now, unit_of(name))

    # -- Null and new words ------------------------------------------------------------------------

    def _null(self, path: str) -> None:
        schema = schema_at(self._declared.schema, path)
        holder = schema_at(self._declared.schema, parent_of(path))
        if "default" in schema:
            self._parts.default[path] = schema["default"]
            self._parts.evidence.append(f"the schema declares a default for `{path}`")
        elif path.rpartition(".")[2] not in holder.get("required", ()):
            self._parts.drop_null.append(path)
            self._parts.evidence.append(
                f"`{path}` is not required: null can mean that it is not there"
            )
        else:
            self._no(path, "it is required and has no `default` in its schema")

    def _enum(self, path: str) -> None:
        schema = schema_at(self._declared.schema, path)
        declared = [each for each in schema.get("enum", ()) if isinstance(each, str)]
        bodies = [seen.body for seen in self._broken if _has(seen, path, "enum")]
        new = Counter(
            each for each in _values(bodies, path) if isinstance(each, str) and each not in declared
        )
        if not new or len(new) > VALUES_MAX or any(shown_name(each) != each for each in new):
            self._no(path, "its new values are no few words")
            return
        meanings = {each: _meaning(each, declared) for each in sorted(new)}
        for word, meaning in meanings.items():
            if meaning is None:
                self._no(path, f"`{word}` is a new word: declare it, or map it")
            else:
                self._parts.values.setdefault(path, {})[word] = meaning
                self._parts.evidence.append(f"`{path}`: `{word}` is written like `{meaning}`")


def schema_at(schema: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """Return the declared shape at a path; empty where none is declared."""
    here: Any = schema
    for key, is_each in parse_path(path) if path else ():
        here = cast("Mapping[str, Any]", here).get("properties") if here else None
        here = cast("Mapping[str, Any]", here).get(key) if here else None
        if is_each and isinstance(here, Mapping):
            here = cast("Mapping[str, Any]", here).get("items")
    return cast("Mapping[str, Any]", here) if isinstance(here, Mapping) else {}


def _sized(
    conversion: Conversion | None, before: Trace, now: Trace, unit: float | None
) -> _Fit | None:
    """Compare how large numbers are: the same field is as large as before, or in another unit."""
    if not _is_number(before):
        return _Fit(conversion, None, "written like it")
    if before.magnitude is None or now.magnitude is None:
        return None
    growth = now.magnitude - before.magnitude
    if abs(growth) <= SIZE_SLACK:
        return _Fit(conversion, None, "as large as it was")
    power = {0.01: 2, 0.001: 3}.get(unit or 0)
    if power is not None and abs(growth - power) <= UNIT_SLACK:
        return _Fit(conversion, unit, f"about {10**power} times as large, as its name says")
    return None


def _is_number(trace: Trace) -> bool:
    return trace.form == "number"


def _conversion(schema: Mapping[str, Any]) -> Conversion | None:
    declared = schema.get("type")
    types = [declared] if isinstance(declared, str) else cast("list[str]", declared or [])
    found: list[Conversion] = [_CONVERSIONS[each] for each in types if each in _CONVERSIONS]
    return found[0] if len(found) == 1 else None


def _are_valid(values: Sequence[object], schema: Mapping[str, Any]) -> bool:
    if "$ref" in str(schema):
        return False
    validator = jsonschema_rs.validator_for(dict(schema))
    return all(validator.is_valid(value) for value in values)


def _values(bodies: Sequence[dict[str, Any]], path: str) -> list[Any]:
    found = [holders(body, path) for body in bodies]
    return [holder[key] for inner, key in found for holder in inner if key in holder]


def _has(seen: Seen, path: str, kind: str) -> bool:
    return any(one.path == path and one.kind == kind for one in seen.violations)


def _meaning(word: str, declared: Sequence[str]) -> str | None:
    same = [each for each in declared if is_same_word(word, each)]
    if len(same) == 1:
        return same[0]
    ranked = sorted(((likeness(word, each), each) for each in declared), reverse=True)
    if not ranked or ranked[0][0] < LIKE_UNKNOWN:
        return None
    is_clear = len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= MARGIN
    return ranked[0][1] if is_clear else None


def _mapping(source: str, event: str, parts: Parts) -> FieldMapping | None:
    mapping = FieldMapping(
        name="",
        event=event,
        source=source,
        rename=parts.rename,
        convert=parts.convert,
        multiply=parts.multiply,
        values=parts.values,
        default=parts.default,
        drop_null=tuple(parts.drop_null),
    )
    return None if mapping == FieldMapping(name="", event=event, source=source) else mapping


def _healed(
    mapping: FieldMapping, broken: Sequence[Seen], validator: jsonschema_rs.Validator
) -> int:
    mapper = Mapper(mapping)
    count = 0
    for seen in broken:
        body = deepcopy(seen.body)
        count += bool(mapper.apply(body)) and validator.is_valid(body)
    return count
