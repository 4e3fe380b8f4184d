"""The `delivery:` part of a manifest: which answers mean what.

A rule with a condition comes before every rule without one, whatever its class: providers say
"200, but it failed". Then the plain statuses, and last what HTTP and SMTP mean by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from legato.connectors import form
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import Expression
from legato.connectors.language.node import Path
from legato.connectors.language.value import Value
from legato.connectors.mistake import one_of
from legato.connectors.spec import Class, Judge, Partial, Rule

_KEYS = (*get_args(Class), "receipt", "answer", "partial")
_PARTIAL_KEYS = ("many", "where", "index", "list", "id", "why", "retry", "becomes")
_RULE_KEYS = ("status", "when", "after")
_ORDER: tuple[Class, ...] = (
    "withdrawn", "bounce", "throttle", "refresh", "dead", "denied", "retry", "abort", "success",
)  # fmt: skip

HTTP_RULES = (
    Rule(becomes="success", statuses=((200, 299),)),
    Rule(becomes="throttle", statuses=((429, 429),)),
    Rule(becomes="denied", statuses=((401, 401), (403, 403), (407, 407))),
    Rule(becomes="retry", statuses=((408, 408), (425, 425), (500, 599))),
    Rule(becomes="abort", statuses=()),
)
SMTP_RULES = (
    Rule(becomes="success", statuses=((200, 299),)),
    Rule(becomes="denied", statuses=((530, 530), (534, 535), (538, 538))),
    Rule(becomes="retry", statuses=((400, 499),)),
    Rule(becomes="abort", statuses=()),
)
_DEFAULTS = {"smtp": SMTP_RULES}
"""Transports that have no statuses of their own speak in those of HTTP."""


def compile_judge(inside: Compiler, value: Value, transport: str) -> Judge:
    """Compile how answers are read."""
    if not isinstance(value, Mapping):
        inside.add(("delivery",), "this must be a mapping", "Write it as `success: [200-299]`.")
        return Judge(rules=HTTP_RULES)
    given = cast("Mapping[str, Any]", value)
    for key in given:
        if key not in _KEYS:
            inside.add(("delivery", key), f"`{key}` has no meaning here", one_of(key, _KEYS))
    rules = [
        rule
        for becomes in _ORDER
        if becomes in given
        for rule in _rules(inside, becomes, given[becomes])
    ]
    conditional = [rule for rule in rules if rule.when is not None]
    plain = [rule for rule in rules if rule.when is None]
    receipt, answer = None, None
    if "receipt" in given:
        receipt = inside.expression(given["receipt"], ("delivery", "receipt"))
    if "answer" in given:
        answer = inside.node(given["answer"], ("delivery", "answer"))
    read: list[Expression] = [
        one for rule in rules for one in (rule.when, rule.after) if one is not None
    ]
    partial = _partial(inside, given["partial"]) if "partial" in given else None
    read += [partial.many] if partial is not None else []
    read += [receipt] if receipt is not None else []
    names = [name for one in read for name in one.names]
    promises_json = any(name[0] == "body" for name in names)
    names += answer.names if answer is not None else ()
    return Judge(
        rules=(*conditional, *plain, *_DEFAULTS.get(transport, HTTP_RULES)),
        receipt=receipt,
        answer=answer,
        reads=tuple(dict.fromkeys(name[0] for name in names)),
        promises_json=promises_json,
        partial=partial,
    )


def _partial(inside: Compiler, value: Value) -> Partial:
    """Read how an answer to a batch says which of its items failed."""
    path: Path = ("delivery", "partial")
    given = form.mapping(inside, value, path)
    form.only(inside, given, _PARTIAL_KEYS, path)
    if "index" not in given and "id" not in given:
        inside.add(path, "nobody will know which item failed", "Add `index:` or `id:`.")
    item = inside.knowing("item", "index")
    parts = {
        key: item.expression(given[key], (*path, key))
        for key in ("where", "index", "list", "id", "why", "retry")
        if key in given
    }
    becomes = form.choice(
        inside, given.get("becomes", "abort"), get_args(Class), (*path, "becomes")
    )
    many = inside.expression(given.get("many", ""), (*path, "many"))
    return Partial(
        many=many,
        where=parts.get("where"),
        index=parts.get("index"),
        list=parts.get("list"),
        id=parts.get("id"),
        why=parts.get("why"),
        retry=parts.get("retry"),
        becomes=cast("Class", becomes),
    )


def _rules(inside: Compiler, becomes: Class, value: Value) -> list[Rule]:
    """Read `[200-299]`, `{status, when, after}`, or a list of such mappings."""
    path: Path = ("delivery", becomes)
    match value:
        case Mapping():
            return [_rule(inside, becomes, cast("Mapping[str, Any]", value), path)]
        case list() if any(isinstance(one, Mapping) for one in cast("list[Any]", value)):
            items = cast("list[Any]", value)
            return [_rule(inside, becomes, one, (*path, i)) for i, one in enumerate(items)]
        case _:
            return [_rule(inside, becomes, {"status": value}, path)]


def _rule(inside: Compiler, becomes: Class, value: Value, path: Path) -> Rule:
    given = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {"status": value}
    for key in given:
        if key not in _RULE_KEYS:
            inside.add((*path, key), f"`{key}` has no meaning here", one_of(key, _RULE_KEYS))
    statuses = form.statuses(inside, given.get("status", []), (*path, "status"))
    if not statuses and "when" not in given:
        inside.add(path, "the rule holds for every answer", "Give `status:` or `when:`.")
    return Rule(
        becomes=becomes,
        statuses=statuses,
        when=inside.condition(given["when"], (*path, "when")) if "when" in given else None,
        after=inside.expression(given["after"], (*path, "after")) if "after" in given else None,
    )
