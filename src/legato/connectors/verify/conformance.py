"""The `conformance:` of a manifest: the other product's names and choices, and what is left out.

Nothing of it is used outside of scoring. Whatever is left out says why, and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

import msgspec

from legato.connectors import form
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import Expression
from legato.connectors.language.frame import Frame
from legato.connectors.language.node import Node, constant
from legato.connectors.language.value import MISSING, Read, Value, fields_of, rows_of
from legato.connectors.mistake import Mistake, one_of
from legato.connectors.spec import Route, Setting, Spec
from legato.connectors.verify.compare import Seen
from legato.connectors.verify.vector import Kind, Vector
from legato.model.delivery import Operation
from legato.model.noun import Noun

_NAMES = (
    "config", "auth", "metadata", "destination", "message", "payload", "payloads", "mapping",
    "features",
    "action", "kind", "case", "id", "slug", "recorded",
)  # fmt: skip
OURS = ("refresh", "dead", "denied", "bounced", "retry", "throttled")
"""What answers mean here that may mean something else to the other product."""
THEIRS = ("success", "retryable", "throttled", "aborted")
_NOTHING_SEEN = Seen(method="", url="", params={}, headers={}, body=None)
_ACTION_KEYS = ("route", "on", "names", "inputs", "address")


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
    constants: Mapping[str, Mapping[str, Value]]
    """Kind of cases -> what stands in place of a `let`; '' is for all. A kind is how their ids
    begin, as `rs/`, what was recorded, as `router/`, or both, as `rs/router/`."""
    ignored: tuple[Ignored, ...]
    skips: tuple[tuple[Expression, str], ...]
    refusals: tuple[tuple[Expression, str], ...]
    """When -> why the other product refuses, by its choice, what is sent here. A case in which
    that holds counts as one in which something was not compared."""
    actions: Mapping[str, Action]
    answers: Mapping[str, Mapping[str, Node]]
    """Kind of cases -> lookup -> what was answered, where that was not recorded; step -> what
    more was. Of actions everything was recorded, but for what is told of their kind."""
    record: Node | None
    """What was recorded in place of a request, worked out from our `request`."""
    own: tuple[tuple[Expression | None, Node], ...]
    """When -> which of what was recorded with a case belongs to it."""
    classes: Mapping[str, str]
    """What an answer means here -> what it means to the other product, by its choice."""


def read_conformance(spec: Spec) -> tuple[Conformance, tuple[Mistake, ...]]:
    """Read how a connector is scored, and what is wrong with that."""
    given = spec.conformance
    inside = Compiler(dict.fromkeys(_NAMES), [])
    settings = _nodes(inside, given, "settings", (*spec.settings, "token", "map"))
    actions = {
        name: _action(inside, value, ("conformance", "segment", name))
        for name, value in fields_of(given.get("segment")).items()
    }
    routes = [route for several in spec.routes.values() for route in several]
    _check_actions(inside, actions, routes)
    asked = [lookup.name for route in routes for lookup in route.lookups]
    asked += [call.name for route in routes for call in route.calls if call.name]
    for batch in (route.batch for route in routes if route.batch is not None):
        asked += [one.name for one in (*batch.lookups, *batch.calls) if one.name]
    headers = map(_header_place, rows_of(given.get("ignore_headers")))
    places = [*rows_of(given.get("ignore")), *headers]
    conformance = Conformance(
        settings=settings,
        constants=_constants(inside, given, spec, routes),
        ignored=tuple(
            Ignored(path=tuple(str(one.get("path", "")).split(".")), because=_because(one))
            for one in map(fields_of, places)
        ),
        skips=_rulings(inside, given, "skip_when"),
        refusals=_rulings(inside, given, "refuse_when"),
        actions=actions,
        answers=_answers(inside, given, asked),
        record=_record(inside, given),
        own=tuple(_own(inside, fields_of(one)) for one in rows_of(given.get("recorded"))),
        classes=_classes(inside, given),
    )
    return conformance, tuple(inside.mistakes)


def _rulings(
    inside: Compiler, given: Mapping[str, Any], key: str
) -> tuple[tuple[Expression, str], ...]:
    return tuple(
        (inside.condition(one.get("when"), ("conformance", key)), _because(one))
        for one in map(fields_of, rows_of(given.get(key)))
    )


def _answers(
    inside: Compiler, given: Mapping[str, Any], asked: Sequence[str]
) -> dict[str, dict[str, Node]]:
    """Read what was answered in all cases, and in those of a kind such as `action/`."""
    table = fields_of(given.get("answers"))
    plain = {name: value for name, value in table.items() if not name.endswith("/")}
    kinds = {"": plain, **{name: table[name] for name in table if name.endswith("/")}}
    for kind in list(kinds)[1:]:
        _check_kind(inside, kind, ("conformance", "answers", kind))
    return {
        kind: _nodes(inside, {"answers": many}, "answers", asked) for kind, many in kinds.items()
    }


def _check_kind(inside: Compiler, name: str, path: tuple[str, ...]) -> None:
    """Report a kind that no case is of: `rs/` may be any product, what follows was recorded."""
    *product, kind = name.removesuffix("/").split("/")
    if len(product) > 1 or (product and kind not in get_args(Kind)):
        inside.add(path, f"no case is of the kind `{name}`", one_of(kind, get_args(Kind)))


def _own(inside: Compiler, given: Mapping[str, Any]) -> tuple[Expression | None, Node]:
    where = ("conformance", "recorded")
    form.only(inside, given, ("when", "only", "because"), where)
    when = inside.condition(given["when"], (*where, "when")) if "when" in given else None
    return when, inside.node(given.get("only", []), (*where, "only"))


def _classes(inside: Compiler, given: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for ours, theirs in fields_of(given.get("classes")).items():
        where = ("conformance", "classes", ours)
        form.choice(inside, ours, OURS, where)
        found[ours] = form.choice(inside, theirs, THEIRS, where)
    return found


def _nodes(
    inside: Compiler, given: Mapping[str, Any], key: str, known: Sequence[str]
) -> dict[str, Node]:
    """Compile a table of nodes, each under a name that has to be known."""
    nodes: dict[str, Node] = {}
    for name, value in fields_of(given.get(key)).items():
        where = ("conformance", key, name)
        if name not in known:
            inside.add(where, f"there is no `{name}` in this manifest", one_of(name, known))
        nodes[name] = inside.node(value, where)
    return nodes


def _record(inside: Compiler, given: Mapping[str, Any]) -> Node | None:
    if "record" not in given:
        return None
    return inside.knowing("request").node(given["record"], ("conformance", "record"))


def _because(given: Mapping[str, Any]) -> str:
    return str(given.get("because", ""))


def _constants(
    inside: Compiler, given: Mapping[str, Any], spec: Spec, routes: Sequence[Route]
) -> dict[str, Mapping[str, Value]]:
    """Read the constants of all cases, and of those of a kind such as `rs/`."""
    known = [*spec.let, *(name for route in routes for name in route.let)]
    constants: dict[str, Mapping[str, Value]] = {"": {}}
    for name, value in fields_of(given.get("constants")).items():
        if name.endswith("/"):
            _check_kind(inside, name, ("conformance", "constants", name))
            constants[name] = fields_of(value)
        else:
            constants[""] = {**constants[""], name: value}
    for product, values in constants.items():
        for name in values:
            if name not in known:
                where = tuple(one for one in ("conformance", "constants", product, name) if one)
                inside.add(where, f"there is no `let` named `{name}`", one_of(name, known))
    return constants


def _check_actions(
    inside: Compiler, actions: Mapping[str, Action], routes: Sequence[Route]
) -> None:
    """Report actions that no route is, and names that no input has."""
    for name, action in actions.items():
        where = ("conformance", "segment", name)
        ids = [route.id for route in routes if route.on == action.on and route.id]
        if action.route not in ids and (action.on == "event" or action.route):
            what = f"no route for `{action.on}` has the id `{action.route}`"
            inside.add((*where, "route"), what, one_of(action.route, ids))
            continue
        inputs = [one for route in routes if route.id == action.route for one in route.inputs]
        for theirs, ours in action.names.items():
            if action.on == "event" and ours not in inputs:
                what = f"the route `{action.route}` has no input `{ours}`"
                inside.add((*where, "names", theirs), what, one_of(ours, inputs))


def _header_place(value: Value) -> dict[str, Any]:
    given = fields_of(value)
    return {**given, "path": f"headers.{str(given.get('name', '')).lower()}"}


def _action(inside: Compiler, value: Value, path: tuple[str, ...]) -> Action:
    given = fields_of({"route": value} if isinstance(value, str) else value)
    form.only(inside, given, _ACTION_KEYS, path)
    on = form.choice(inside, given.get("on", "event"), get_args(Operation), (*path, "on"))
    return Action(
        route=str(given.get("route", "")),
        on=cast("Operation", on),
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
            "payloads": payloads,
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


def kinds_of(vector: Vector) -> tuple[str, ...]:
    """Return the kinds that a case is of, the nearest last."""
    return ("", vector.product, f"{vector.kind}/", f"{vector.product}{vector.kind}/")


def with_own(conformance: Conformance, vector: Vector) -> tuple[Vector, int]:
    """Return a case with the requests that are its own, and how many others were recorded."""
    facts = facts_of(vector)
    every = rows_of(facts["recorded"])
    for when, only in conformance.own:
        if when is None or when.holds(facts):
            kept = rows_of(only.read(facts))
            expected = {**fields_of(vector.raw["expected"]), "requests": kept}
            raw = {**vector.raw, "expected": expected}
            return msgspec.structs.replace(vector, raw=raw), len(every) - len(kept)
    return vector, 0


def with_constants(spec: Spec, conformance: Conformance, vector: Vector) -> Spec:
    """Return a connector with the choices of the other product; the nearer kind wins."""
    constants = {
        name: constant(value).read
        for kind in kinds_of(vector)
        for name, value in conformance.constants.get(kind, {}).items()
    }
    return msgspec.structs.replace(
        spec,
        let={**spec.let, **constants},
        routes={
            on: tuple(_with_lets(route, constants) for route in routes)
            for on, routes in spec.routes.items()
        },
    )


def _with_lets(route: Route, constants: Mapping[str, Read]) -> Route:
    """Replace the lets of a route itself, which hide those at the top."""
    own = {name: constants.get(name, read) for name, read in route.let.items()}
    return msgspec.structs.replace(route, let=own)


def skipped(conformance: Conformance, facts: Frame) -> str:
    """Return why a vector is not scored; empty: it is."""
    return _ruling(conformance.skips, facts)


def refused(conformance: Conformance, facts: Frame) -> str:
    """Return why the other product refuses a vector by its choice; empty: it does not."""
    return _ruling(conformance.refusals, facts)


def _ruling(rulings: Sequence[tuple[Expression, str]], facts: Frame) -> str:
    return next((why for when, why in rulings if when.holds(facts)), "")


def without(seen: Seen, ignored: Ignored) -> tuple[Seen, int]:
    """Return a request without a place that is not compared, and how much that was."""
    data: dict[str, Any] = msgspec.structs.asdict(seen)
    made, count = _removed(data, ignored.path)
    return msgspec.structs.replace(_NOTHING_SEEN, **fields_of(made)), count


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
