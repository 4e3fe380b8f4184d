"""What a proven call tells: its items, and the events that the manifest makes of each.

An item that no rule reads, or whose rule fails on it, is not lost: it is handed on with what is
needed to read it again under a better manifest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast, get_args

from legato.connectors.inbound.call import Read
from legato.connectors.inbound.proof import instant_of
from legato.connectors.inbound.sns import message_of
from legato.connectors.inbound.spec import Emit, Rule, SourceSpec
from legato.connectors.language.expression import Expression
from legato.connectors.language.node import Node
from legato.connectors.language.value import MISSING, ExpressionError, as_text
from legato.model.event import CustomerEventKind, Told
from legato.model.instant import Instant
from legato.model.noun import Noun

ITEMS_MAX = 2_500
"""Of one call: as many as of a batch."""

FETCHING = "source.fetching"
"""The code of an item that waits for what it names: see runtime.polling.fetcher."""

Scope: TypeAlias = dict[str, Any]


class Heard(Noun, frozen=True, kw_only=True):
    """An event that an item tells of."""

    kind: CustomerEventKind
    name: str
    key: str
    """What its item is known by; empty: by its bytes."""
    index: int
    """Among the events of its item."""
    ids: Mapping[str, str]
    """user_id, anonymous_id, previous_id, group_id: those that there are."""
    at: Instant | None
    body: Mapping[str, Any]
    context: Mapping[str, Any]
    told: Told | None = None


class Unheard(Noun, frozen=True, kw_only=True):
    """An item that became no event. `ignored`: the manifest says so, and why."""

    code: str
    what: str
    key: str = ""


Outcome: TypeAlias = Sequence[Heard] | Unheard


class Item(Noun, frozen=True, kw_only=True):
    """One thing that a call tells, and what is needed to read it: kept whole where nobody can."""

    item: Any
    header: Mapping[str, str] = {}
    query: Mapping[str, Any] = {}
    received_at: Instant = 0
    fetched: Any = None
    """What the provider said of it when it was asked."""
    is_fetched: bool = False


def items_of(spec: SourceSpec, read: Read, settings: Mapping[str, Any]) -> list[Item] | str:
    """Return the items of a call, or why it has none."""
    if read.body is None:
        return "the body is neither JSON nor a form"
    scope = read.scope(settings)
    if spec.verify.kind == "sns":
        scope["message"] = message_of(read)
    found = read.body
    if spec.split is not None:
        try:
            found = spec.split.read(scope)
        except ExpressionError as error:
            return str(error)
    if found is MISSING or found is None:
        return f"the body has nothing where {spec.head.name} puts what happened"
    items = cast("list[Any]", found) if isinstance(found, list) else [found]
    if len(items) > ITEMS_MAX:
        return f"the body holds over {ITEMS_MAX} items; send fewer at once"
    header = _only(read.call.headers, spec.header_names)
    query = _only(scope["query"], spec.query_names)
    at = read.call.received_at
    return [Item(item=item, header=header, query=query, received_at=at) for item in items]


def hear(spec: SourceSpec, item: Item, settings: Mapping[str, Any]) -> Outcome:
    """Return the events of one item. `settings` hold no secrets."""
    scope: Scope = {
        "item": item.item,
        "header": item.header,
        "query": item.query,
        "settings": settings,
        "call": {"received_at": item.received_at},
        "fetched": item.fetched,
    }
    key = ""
    try:
        for name, node in spec.let:
            value = node.read(scope)
            if value is not MISSING:
                scope[name] = value
        if spec.dedupe is not None:
            key = _text(spec.dedupe, scope)
        if spec.fetch is not None and not item.is_fetched and _holds(spec.fetch.when, scope):
            return Unheard(code=FETCHING, what="what it names is being fetched", key=key)
        rule = _rule_for(spec, scope)
        if rule is None:
            what = "the manifest has no rule for this kind of item"
            return Unheard(code="source.unmapped", what=what, key=key)
        if rule.ignore:
            return Unheard(code="source.ignored", what=rule.ignore, key=key)
        return [_heard(one, rule, scope, key, index) for index, one in enumerate(rule.emits)]
    except ExpressionError as error:
        return Unheard(code="source.unreadable", what=f"a rule failed: {error}", key=key)


def _only(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _holds(when: Expression | None, scope: Scope) -> bool:
    return when is None or when.holds(scope)


def _rule_for(spec: SourceSpec, scope: Scope) -> Rule | None:
    for rule in spec.rules:
        if rule.when is None or rule.when.holds(scope):
            return rule
    return None


def _heard(emit: Emit, rule: Rule, scope: Scope, key: str, index: int) -> Heard:
    found = {name: node.read(scope) for name, node in emit.fields.items()}
    found = {name: value for name, value in found.items() if value is not MISSING}
    kind = str(found.get("type", "track"))
    if kind not in get_args(CustomerEventKind):
        raise ExpressionError("`type` is none of track, identify, page, screen, group, alias")
    name = as_text(found["event"]).strip() if found.get("event") else ""
    if kind == "track" and not name:
        raise ExpressionError("`event` is empty")
    is_of_traits = kind in ("identify", "group")
    context = _object(found, "context")
    if not is_of_traits and found.get("traits"):
        context = {**context, "traits": _object(found, "traits")}
    return Heard(
        kind=cast("CustomerEventKind", kind),
        name=name,
        key=key,
        index=index,
        ids={
            name: as_text(found[name]).strip()
            for name in ("user_id", "anonymous_id", "previous_id", "group_id")
            if found.get(name) not in (None, "", True, False)
        },
        at=instant_of(found.get("timestamp")),
        body=_object(found, "traits" if is_of_traits else "properties"),
        context=context,
        told=_told(rule, scope) if index == 0 else None,
    )


def _told(rule: Rule, scope: Scope) -> Told | None:
    telling = rule.telling
    delivery_id, receipt = _read(telling.delivery, scope), _read(telling.receipt, scope)
    if not (telling.address or telling.consent or delivery_id or receipt):
        return None
    return Told(
        standing=telling.address,
        consent=telling.consent,
        delivery_id=delivery_id,
        outcome=telling.outcome if delivery_id or receipt else "",
        receipt=receipt,
        code=_read(telling.code, scope),
    )


def _read(expression: Expression | None, scope: Scope) -> str:
    value = MISSING if expression is None else expression.read(scope)
    return as_text(value) if isinstance(value, str | int | float) else ""


def _text(node: Node, scope: Scope) -> str:
    value = node.read(scope)
    return as_text(value) if isinstance(value, str | int | float) else ""


def _object(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ExpressionError(f"`{name}` is no object")
    return cast("dict[str, Any]", value)
