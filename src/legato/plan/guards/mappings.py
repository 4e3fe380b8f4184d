"""`mapping:` how what a source sends is read as what the catalog declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast, get_args

import jsonschema_rs

from legato.model.plan import Conversion, FieldMapping
from legato.model.problem import Place
from legato.plan import form
from legato.plan.conditions.properties import property_schema
from legato.plan.findings import Findings, listed
from legato.plan.form import Form, Read
from legato.plan.scope import Scope
from legato.plan.source import Field, Fields, Leaf, Value, plain

T = TypeVar("T")

CONVERSIONS: tuple[str, ...] = get_args(Conversion)
_TYPE_OF: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "integer"),
    "integer": ("integer", "number"),
    "text": ("string",),
    "boolean": ("boolean",),
}
_WORDS = ("rename", "convert", "map", "default", "drop_null")


def read_mapping(scope: Scope, tree: Fields) -> FieldMapping:
    """Read a mapping; its target fields are looked up in the event's schema."""
    part = Form(scope.findings, tree, "this mapping")
    name = part.need_read("mapping", form.text, "", example="mapping: orders_of_crm")
    event = part.need_read("event", form.text, "", example="event: Order Completed")
    if event:
        scope.refer("event", event, part.place_of_value("event"))
    source = part.read("source", form.text, "")
    if source:
        scope.refer("source", source, part.place_of_value("source"))
    fields = _Fields(scope, event)
    mapping = FieldMapping(
        name=name,
        event=event,
        source=source,
        called=_called(scope, part),
        rename=_each(part, "rename", form.text, fields.rename),
        convert=_each(part, "convert", _conversion, fields.convert),
        multiply=_each(part, "multiply", form.number, fields.target),
        values=_each(part, "map", _meanings, fields.values),
        default=_each(part, "default", _any, fields.default),
        drop_null=fields.names(part, "drop_null"),
        owner=part.read("owner", form.text, ""),
        title=part.read("title", form.text, name),
    )
    if not mapping.called and not any(word in part for word in _WORDS):
        part.need("rename", "rename: {amt: total}")
    part.close()
    return mapping


def _called(scope: Scope, part: Form) -> str:
    called = part.read("called", form.text, "")
    if called in scope.names["event"]:
        scope.findings.report(
            "C311",
            part.place_of_value("called"),
            f"`{called}` is declared itself, so it cannot be taken for another event",
            "remove its declaration, or this line",
        )
    return called


class _Fields:
    """Checks each line of a mapping against the schema of its event."""

    def __init__(self, scope: Scope, event: str) -> None:
        self._scope = scope
        self._event = event

    def target(self, path: str, value: object, field: Field) -> None:
        """Look a declared field up."""
        del value
        self._schema(path, field.place)

    def names(self, part: Form, key: str) -> tuple[str, ...]:
        """Read a list of declared fields."""
        paths = part.read(key, form.texts, ())
        for path in paths:
            self._schema(path, part.place_of_value(key))
        return paths

    def rename(self, old: str, new: str, field: Field) -> None:
        self._schema(new, field.value.place)
        if old.rpartition(".")[0] != new.rpartition(".")[0] or old == new:
            self._report(
                field.place,
                f"`{old}` and `{new}` do not stand beside one another",
                "rename a field where it stands: `rename: {order.amt: order.total}`",
            )

    def convert(self, path: str, to: str, field: Field) -> None:
        declared = self._schema(path, field.place).get("type")
        types = (declared,) if isinstance(declared, str) else tuple(declared or ())
        if types and not any(each in types for each in _TYPE_OF[to]):
            self._report(
                field.value.place,
                f"`{path}` is declared as {listed(types)}, which no {to} is",
                "convert it to its declared type, or correct the schema in the catalog",
            )

    def values(self, path: str, meanings: Mapping[str, Any], field: Field) -> None:
        for value in meanings.values():
            self.default(path, value, field)

    def default(self, path: str, value: object, field: Field) -> None:
        schema = self._schema(path, field.place)
        if not jsonschema_rs.is_valid(dict(schema), value):
            self._report(
                field.value.place,
                f"this is no value that `{path}` may have by its schema",
                "write a value that the schema allows, or correct the schema in the catalog",
            )

    def _schema(self, path: str, place: Place) -> Mapping[str, Any]:
        schema = property_schema(self._scope, self._event, path, place)
        return schema if "$ref" not in str(schema) else {}

    def _report(self, place: Place, what: str, fix: str) -> None:
        self._scope.findings.report("C311", place, what, fix)


def _each(part: Form, key: str, read: Read[T], check: Any) -> dict[str, T]:  # noqa: ANN401 - (path, value, field)
    """Read `{path: value, ...}` and check each."""
    value = part.take(key)
    tree = form.fields(part.findings, value, key) if value is not None else None
    found: dict[str, T] = {}
    for field in tree.fields if tree is not None else ():
        one = read(part.findings, field.value, field.key)
        if one is not None:
            found[field.key] = one
            check(field.key, one, field)
    return found


def _conversion(findings: Findings, value: Value, what: str) -> Conversion | None:
    return cast("Conversion | None", form.one_of(CONVERSIONS)(findings, value, what))


def _meanings(findings: Findings, value: Value, what: str) -> Mapping[str, Any] | None:
    tree = form.fields(findings, value, what)
    return None if tree is None else cast("dict[str, Any]", plain(tree))


def _any(findings: Findings, value: Value, what: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Leaf) and value.value is None:
        return form.wrong(findings, value, what, "a value", f"`{what}: EUR`")
    return plain(value)
