"""`event:`, `trait:` and `computed:` what can happen and what can be known, with an owner each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

import jsonschema_rs
from msgspec.structs import replace

from legato.model.plan import (
    ComputedTrait,
    EventType,
    PrivacyClass,
    TraitType,
)
from legato.model.problem import Place
from legato.plan import form
from legato.plan.conditions import history
from legato.plan.conditions.conditions import read_where
from legato.plan.conditions.properties import schema_of_function
from legato.plan.findings import Findings
from legato.plan.form import Form
from legato.plan.guards.freshness import read_freshness
from legato.plan.guards.retired import read_date, retired_properties
from legato.plan.guards.shape import read_on_violation, read_undeclared
from legato.plan.privacy.hashing import read_hash
from legato.plan.scope import Scope
from legato.plan.source import Field, Fields, Items, Leaf, Value, plain

PRIVACY: tuple[str, ...] = get_args(PrivacyClass)


def read_event(scope: Scope, tree: Fields) -> EventType:
    """Read a declared event."""
    part = Form(scope.findings, tree, "this event")
    name = part.need_read("event", form.text, "", example="event: Order Completed")
    on_violation, by_source = read_on_violation(scope, part)
    event = EventType(
        name=name,
        title=part.read("title", form.text, name),
        owner=part.need_read("owner", form.text, "", example="owner: growth"),
        definition=part.read("definition", form.text, ""),
        purposes=_purposes(scope, part),
        privacy=_privacy(part),
        on_violation=on_violation,
        on_violation_from=by_source,
        undeclared=read_undeclared(part),
        sources=_sources(scope, part),
        schema=_schema(scope.findings, part),
        retain=part.read("retain", form.duration, 0),
        retired=part.read("retired", read_date, 0),
    )
    _check_words(scope, part.take("schema"))
    part.close()
    event = replace(event, retired_properties=retired_properties(event))
    scope.event_schemas[name] = event.schema
    return event


def read_trait(scope: Scope, tree: Fields) -> TraitType:
    """Read a declared trait."""
    part = Form(scope.findings, tree, "this trait")
    name = part.need_read("trait", form.text, "", example="trait: email")
    trait = TraitType(
        name=name,
        title=part.read("title", form.text, name),
        owner=part.need_read("owner", form.text, "", example="owner: growth"),
        definition=part.read("definition", form.text, ""),
        purposes=_purposes(scope, part),
        privacy=_privacy(part),
        schema=_schema(scope.findings, part),
        hash=read_hash(part, name),
        fresh_for=read_freshness(scope, part, name),
        retain=part.read("retain", form.duration, 0),
        retired=part.read("retired", read_date, 0),
    )
    part.close()
    scope.trait_schemas[name] = trait.schema
    if trait.fresh_for is not None:
        scope.fresh_for[name] = trait.fresh_for
    return trait


def read_computed(scope: Scope, tree: Fields) -> ComputedTrait | None:
    """Read a trait that is measured from events."""
    part = Form(scope.findings, tree, "this computed trait")
    name = part.need_read("computed", form.text, "", example="computed: orders_30d")
    title = part.read("title", form.text, name)
    owner = part.need_read("owner", form.text, "", example="owner: growth")
    definition = part.read("definition", form.text, "")
    purposes = _purposes(scope, part)
    privacy: PrivacyClass = _privacy(part) if "privacy" in part else "public"
    given = [function for function in history.FUNCTIONS if function in part]
    if len(given) != 1:
        scope.findings.report(
            "C302",
            part.place_of(given[1]) if given else part.place,
            "a computed trait must name one measurement",
            "write such as `count: Order Completed`, or `sum: value` with `of: Order Completed`",
        )
        return None

    def where(value: Value, event: str) -> Any:  # noqa: ANN401 - a Rule; see history.ReadWhere
        return read_where(scope, value, event)

    slot = history.read_slot(scope, part, given[0], where)
    part.close()
    scope.trait_schemas[name] = schema_of_function(slot.function)
    return ComputedTrait(
        name=name,
        slot=slot,
        owner=owner,
        purposes=purposes,
        privacy=privacy,
        title=title,
        definition=definition,
    )


def _purposes(scope: Scope, part: Form) -> tuple[str, ...]:
    """Read `purpose: service` or `purposes: [service, support]`."""
    key = "purposes" if "purposes" in part else "purpose"
    names = part.need_read(key, form.texts, (), example="purpose: service")
    scope.refer_all("purpose", names, part.take(key))
    return names


def _check_words(scope: Scope, value: Value | None) -> None:
    """Look up what properties say of purposes and classes inside a schema."""
    match value:
        case Fields():
            if isinstance(properties := value.get("properties"), Fields):
                for field in properties.fields:
                    _check_property(scope, field)
            for field in value.fields:
                _check_words(scope, field.value)
        case Items():
            for item in value.items:
                _check_words(scope, item)
        case _:
            return


def _check_property(scope: Scope, field: Field) -> None:
    tree = field.value
    if not isinstance(tree, Fields):
        return
    part = Form(scope.findings, tree, f"the property `{field.key}`")
    for key in ("purpose", "purposes"):
        if key in part:
            scope.refer_all("purpose", part.read(key, form.texts, ()), part.take(key))
    if "privacy" in part:
        _privacy(part)
    part.read("retired", read_date, 0)
    read_hash(part, field.key)


def _privacy(part: Form) -> PrivacyClass:
    return cast("PrivacyClass", part.read("privacy", form.one_of(PRIVACY), "personal"))


def _sources(scope: Scope, part: Form) -> tuple[str, ...]:
    names = part.read("sources", form.texts, ())
    scope.refer_all("source", names, part.take("sources"))
    return names


def _schema(findings: Findings, part: Form) -> Mapping[str, Any]:
    value = part.take("schema")
    if value is None:
        return {}
    if form.fields(findings, value, "schema") is None:
        return {}
    schema = cast("dict[str, Any]", plain(value))
    try:
        jsonschema_rs.meta.validate(schema)
        if not _check_references(findings, value, schema):
            return {}
        jsonschema_rs.validator_for(schema)  # what only compiling shows: a pattern that is none
    except jsonschema_rs.ValidationError as error:
        place = _deepest(value, [str(key) for key in error.instance_path])
        findings.report(
            "C301",
            place,
            f"this is not a valid JSON Schema: {_said(error)}",
            "see https://json-schema.org/understanding-json-schema (draft 2020-12)",
        )
        return {}
    return schema


def _check_references(findings: Findings, value: Value, schema: Mapping[str, Any]) -> bool:
    """Report a `$ref` out of the schema: reading an event must not need the network."""
    match value:
        case Leaf():
            return True
        case Items():
            inner = [_check_references(findings, item, schema) for item in value.items]
            return all(inner)
        case Fields():
            inner = [_check_references(findings, f.value, schema) for f in value.fields]
            reference = value.get("$ref")
            if reference is None or not isinstance(reference, Leaf):
                return all(inner)
            if isinstance(reference.value, str) and _is_inside(schema, reference.value):
                return all(inner)
            findings.report(
                "C301",
                reference.place,
                "this `$ref` leads to nothing inside the schema",
                "write the shape here, or under `$defs`, as in `$ref: '#/$defs/address'`",
            )
            return False


def _is_inside(schema: Mapping[str, Any], reference: str) -> bool:
    here: Any = schema
    if not reference.startswith("#"):
        return False
    for key in filter(None, reference[1:].split("/")):
        name = key.replace("~1", "/").replace("~0", "~")
        if not isinstance(here, Mapping) or name not in here:
            return False
        here = cast("Mapping[str, Any]", here)[name]
    return isinstance(here, Mapping | bool)


def _said(error: jsonschema_rs.ValidationError) -> str:
    path = ".".join(str(key) for key in error.instance_path)
    return f"at `{path}`, {error.message}" if path else error.message


def _deepest(value: Value, path: list[str]) -> Place:
    """Return the place of the value that a path leads to, or the nearest there is on the way."""
    place = value.place
    for key in path:
        found: Value | None = None
        if isinstance(value, Fields):
            field: Field | None = next((f for f in value.fields if f.key == key), None)
            found = field.value if field else None
        elif isinstance(value, Items) and key.isdigit() and int(key) < len(value.items):
            found = value.items[int(key)]
        if found is None:
            return place
        value, place = found, found.place
    return place
