"""Manifest -> Spec. Every mistake is found in one pass; nothing is raised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, cast, get_args

from legato.connectors import form
from legato.connectors.accounts import compile_accounts, hidden_of
from legato.connectors.checks import check_conformance, check_personal
from legato.connectors.judge import compile_judge
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.node import Node
from legato.connectors.language.value import Read, Value, fields_of
from legato.connectors.routes.reach import input_names, needs_route
from legato.connectors.routes.request import Manner
from legato.connectors.routes.route import compile_routes
from legato.connectors.spec import (
    Compiled,
    ConsentNeeds,
    Head,
    Limits,
    Setting,
    Spec,
    TransportKind,
)
from legato.connectors.verify.conformance import read_conformance
from legato.connectors.window import compile_window
from legato.model.instant import parse_duration

DELIVERY_NAMES = (
    "delivery_id", "person_id", "operation", "destination", "channel", "purpose", "message",
    "address", "decided_at", "expires_at", "trace", "plan", "journey", "enrollment_id",
    "journey_step", "about", "cost_micros", "seconds_left",
)  # fmt: skip
"""What `delivery.` offers: the message's own facts, and nothing of the profile."""

_KEYS = (
    "manifest", "id", "name", "category", "docs", "api_version", "sunset", "pii", "inbound",
    "consent", "settings", "auth", "transport", "inputs", "let", "request", "routes", "delivery",
    "limits", "on_doubt", "idempotency", "conformance",
)  # fmt: skip
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(\d*)\s*(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3_600}


def compile_manifest(manifest: Mapping[str, Any]) -> Compiled:
    """Check a manifest and compile it."""
    top = Compiler({}, [])  # its mistakes and digests are shared by all made from it
    form.only(top, manifest, _KEYS, ())
    if manifest.get("manifest") != 1:
        top.add(("manifest",), "the version of the format is not 1", "Begin with `manifest: 1`.")
    kinds = get_args(TransportKind)
    word = form.choice(top, manifest.get("transport", "http"), kinds, ("transport",))
    transport = cast("TransportKind", word)
    settings = form.models(top, manifest.get("settings", {}), Setting, ("settings",))
    inside = top.with_names(
        {
            "settings": tuple(settings),
            "delivery": DELIVERY_NAMES,
            "clock": ("asked", "epoch", "now"),
            "token": None,
            "event": None,
        }
    )
    inside, early, late = _lets(inside, manifest)
    defaults = form.mapping(inside, manifest.get("request", {}), ("request",))
    shared = form.mapping(inside, manifest.get("inputs", {}), ("inputs",))
    manner = Manner(transport, defaults, early, late, hidden_of(settings))
    routes = compile_routes(inside, manifest.get("routes"), manner, shared)
    accounts = compile_accounts(inside, manifest.get("auth", {"kind": "none"}), settings)
    judge = compile_judge(
        Compiler(dict.fromkeys(("status", "header", "body", "text")), top.mistakes),
        manifest.get("delivery", {}),
        transport,
    )
    head = _head(top, manifest)
    consent = form.convert(top, manifest.get("consent", {}), ConsentNeeds, ("consent",))
    limits = _limits(top, manifest.get("limits", {}))
    window = compile_window(
        Compiler(dict.fromkeys(("status", "header")), top.mistakes),
        form.mapping(
            top, fields_of(manifest.get("limits")).get("window", {}), ("limits", "window")
        ),
    )
    conformance = check_conformance(top, manifest.get("conformance", {}))
    if head is not None:
        check_personal(top, head, routes)
    if head is None or consent is None:
        return Compiled(spec=None, mistakes=tuple(top.mistakes))
    spec = Spec(
        head=head,
        consent=consent,
        settings=settings,
        transport=transport,
        auth=accounts.auth,
        accounts=accounts.others,
        let=early,
        routes=routes,
        judge=judge,
        limits=limits,
        window=window,
        conformance=conformance,
    )
    mistakes = (*top.mistakes, *read_conformance(spec)[1])
    return Compiled(spec=None if mistakes else spec, mistakes=mistakes)


def _lets(
    inside: Compiler, manifest: Mapping[str, Any]
) -> tuple[Compiler, dict[str, Read], dict[str, Node]]:
    """Compile the `let`s at the top: those that any trigger can read, and those of routes."""
    names = input_names(manifest.get("routes"), fields_of(manifest.get("inputs")))
    wide = inside.with_names({"in": names, "content": None})
    early: dict[str, Read] = {}
    late: dict[str, Node] = {}
    given = form.mapping(inside, manifest.get("let", {}), ("let",))
    for name, value in wide.in_order(given, ("let",)):
        where = ("let", str(name))
        if name in wide.known:
            inside.add(where, f"`{name}` is taken", "Choose another name.")
        node = wide.let(value, where)
        wide = wide.with_let(str(name), node)
        if needs_route(node.names, late):
            late[str(name)] = node
        else:
            early[str(name)] = node.read
            inside = inside.with_let(str(name), node)
    return inside, early, late


def _head(top: Compiler, manifest: Mapping[str, Any]) -> Head | None:
    known = Head.__struct_fields__
    head = form.convert(top, {key: manifest[key] for key in known if key in manifest}, Head, ())
    if head is not None and head.sunset and day_of(head.sunset) is None:
        top.add(("sunset",), "this is no day", "Write it as `2027-06-30`.")
    return head


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _limits(top: Compiler, value: Value) -> Limits:
    given = dict(form.mapping(top, value, ("limits",)))
    given.pop("window", None)
    if isinstance(given.get("rate"), str):
        given["rate"] = _rate(top, given["rate"])
    if isinstance(given.get("timeout"), str):
        timeout = parse_duration(given["timeout"])
        if timeout is None:
            top.add(("limits", "timeout"), "this is no duration", "Write it as `10s`.")
        given["timeout"] = timeout or 0
    return form.convert(top, given, Limits, ("limits",)) or Limits()


def _rate(top: Compiler, text: str) -> float:
    match = _RATE.fullmatch(text.strip())
    if match is None:
        top.add(("limits", "rate"), "this is no rate", "Write it as `50/s`, `3000/3s` or `600/m`.")
        return 0.0
    return float(match[1]) / (int(match[2] or 1) * _SECONDS[match[3]])
