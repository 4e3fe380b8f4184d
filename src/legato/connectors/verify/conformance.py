"""The `conformance:` of a manifest: the other product's names and choices, and what is left out.

Nothing of it is used outside of scoring. Whatever is left out says why, and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import Expression
from legato.connectors.language.frame import Frame
from legato.connectors.language.node import Node, constant
from legato.connectors.language.value import MISSING, Value, fields_of, is_true, rows_of
from legato.connectors.mistake import Mistake
from legato.connectors.spec import Setting, Spec
from legato.connectors.verify.compare import Seen
from legato.connectors.verify.vector import Vector
from legato.model.delivery import Operation
from legato.model.noun import Noun

_NAMES = (
    "config", "auth", "metadata", "destination", "message", "payload", "mapping", "features",
    "action", "kind", "case", "id", "slug", "recorded",
)  # fmt: skip


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What here is called as the other product's action."""

    route: str
    on: Operation
    names: Mapping[str, str]
    """Their input -> ours; the others are called the same."""
    inputs: Node | None
    """Instead: our inputs, worked out from `payload`."""
    address: Node | None


class Ignored(Noun, frozen=True, kw_only=True):
    """A place that is not compared."""

    path: tuple[str, ...]
    because: str


class Conformance(msgspec.Struct, frozen=True, kw_only=True):
    """How one connector is scored."""

    settings: Mapping[str, Node]
    constants: Mapping[str, Value]
    ignored: tuple[Ignored, ...]
    skips: tuple[tuple[Expression, str], ...]
    actions: Mapping[str, Action]
    answers: Mapping[str, Node]
    """Lookup -> what was answered, where that was not recorded."""


def read_conformance(spec: Spec) -> tuple[Conformance, tuple[Mistake, ...]]:
    """Read how a connector is scored, and what is wrong with that."""
    given = spec.conformance
    inside = Compiler(dict.fromkeys(_NAMES), [])
    settings = {
        name: inside.node(value, ("conformance", "settings", name))
        for name, value in fields_of(given.get("settings")).items()
    }
    for name in settings:
        if name not in (*spec.settings, "token", "map"):
            inside.add(("conformance", "settings", name), f"there is no setting `{name}`", "")
    actions = {
        name: _action(inside, value, ("conformance", "segment", name))
        for name, value in fields_of(given.get("segment")).items()
    }
    answers = {
        name: inside.node(value, ("conformance", "answers", name))
        for name, value in fields_of(given.get("answers")).items()
    }
    headers = map(_header_place, rows_of(given.get("ignore_headers")))
    places = [*rows_of(given.get("ignore")), *headers]
    skips = [
        (inside.expression(one.get("when"), ("conformance", "skip_when")), str(one["because"]))
        for one in map(fields_of, rows_of(given.get("skip_when")))
    ]
    conformance = Conformance(
        settings=settings,
        constants=fields_of(given.get("constants")),
        ignored=tuple(
            Ignored(path=tuple(str(one.get("path", "")).split(".")), because=one["because"])
            for one in map(fields_of, places)
        ),
        skips=tuple(skips),
        actions=actions,
        answers=answers,
    )
    return conformance, tuple(inside.mistakes)


def _header_place(value: Value) -> dict[str, Any]:
    given = fields_of(value)
    return {**given, "path": f"headers.{str(given.get('name', '')).lower()}"}


def _action(inside: Compiler, value: Value, path: tuple[str, ...]) -> Action:
    given = fields_of({"route": value} if isinstance(value, str) else value)
    return Action(
        route=str(given.get("route", "")),
        on=given.get("on", "event"),
        names={key: str(name) for key, name in fields_of(given.get("names")).items()},
        inputs=inside.node(given["inputs"], (*path, "inputs")) if "inputs" in given else None,
        address=inside.node(given["address"], (*path, "address")) if "address" in given else None,
    )


def facts_of(vector: Vector, at: int = 0) -> Frame:
    """Return what the expressions of `conformance:` see of a vector."""
    items, payloads = vector.items, vector.payloads
    item: Mapping[str, Any] = items[at] if at < len(items) else fields_of(next(iter(items), None))
    given = fields_of(vector.raw["input"])
    return Frame(
        {
            "config": fields_of(item.get("config")),
            "destination": fields_of(item.get("destination")),
            "metadata": fields_of(item.get("metadata")),
            "message": fields_of(item.get("message")),
            "auth": fields_of(given.get("auth")),
            "features": fields_of(given.get("features")),
            "mapping": fields_of(given.get("mapping")),
            "payload": payloads[at] if at < len(payloads) else {},
            "action": vector.action,
            "kind": vector.kind,
            "case": vector.raw.get("case", ""),
            "id": vector.id,
            "slug": vector.slug,
            "recorded": rows_of(fields_of(vector.raw["expected"]).get("requests")),
        }
    )


def settings_of(spec: Spec, conformance: Conformance, facts: Frame) -> dict[str, Value]:
    """Return our settings for a vector: by the table, else by the same name as theirs."""
    config = fields_of(facts["config"])
    settings: dict[str, Value] = {}
    for name, setting in spec.settings.items():
        node = conformance.settings.get(name)
        value = node.read(facts) if node is not None else _by_name(config, name)
        value = _typed(setting, value)
        if value is MISSING or value is None or value == "":
            value = setting.default
        if value is not None:
            settings[name] = value
    return settings


def _by_name(config: Mapping[str, Any], name: str) -> Value:
    first, *rest = name.split("_")
    camel = first + "".join(word.capitalize() for word in rest)
    return config.get(name, config.get(camel, MISSING))


def _typed(setting: Setting, value: Value) -> Value:
    if setting.type == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if setting.type == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def with_constants(spec: Spec, conformance: Conformance) -> Spec:
    """Return a connector with the other product's choices in place of ours."""
    constants = {name: constant(value).read for name, value in conformance.constants.items()}
    return msgspec.structs.replace(spec, let={**spec.let, **constants})


def skipped(conformance: Conformance, facts: Frame) -> str:
    """Return why a vector is not scored; empty: it is."""
    return next((why for when, why in conformance.skips if is_true(when.read(facts))), "")


def without(seen: Seen, ignored: Ignored) -> tuple[Seen, int]:
    """Return a request without a place that is not compared, and how much that was."""
    data: dict[str, Any] = msgspec.structs.asdict(seen)
    made, count = _removed(data, ignored.path)
    return msgspec.convert(made, Seen), count


def _removed(value: Value, path: tuple[str, ...]) -> tuple[Value, int]:
    first, rest = path[0], path[1:]
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = [key for key in fields_of(value) if first in ("*", key)]
    elif isinstance(value, list) and first == "*":
        keys = list(range(len(rows_of(value))))
    if not keys:
        return cast("Value", value), 0
    made: Any = dict(fields_of(value)) if isinstance(value, dict) else rows_of(value)
    count = 0
    for key in keys:
        if rest:
            made[key], gone = _removed(made[key], rest)
            count += gone
        else:
            made[key] = None
            count += 1
    if not rest and isinstance(made, dict):
        made = {key: one for key, one in fields_of(made).items() if key not in keys}
    return made, count
