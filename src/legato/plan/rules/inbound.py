"""`source:` with a `connector:`, and `inbound:` manifests: what providers post, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec.structs import replace

from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.settings import check_source_settings
from legato.connectors.inbound.spec import SourceSpec
from legato.model.definitions.inbound import Inbound
from legato.model.definitions.source import OptOuts
from legato.model.plan import SMS_FROM, EventType, Plan
from legato.plan import form
from legato.plan.form import Form
from legato.plan.rules.destinations import place_at
from legato.plan.rules.hooks import read_answers
from legato.plan.scope import Scope
from legato.plan.source import Document, Fields, Leaf, plain


def read_source_manifest(scope: Scope, name: str, document: Document) -> None:
    """Read a manifest of the workspace's own; of one that nobody can read, the name is known."""
    tree = document.tree
    manifest = {"id": name} if tree is None else cast("dict[str, Any]", plain(tree))
    if tree is not None:
        report_mistakes(scope, tree, manifest)
    scope.names["source connector"][name] = document.place if tree is None else tree.place
    scope.source_manifests[name] = manifest


def report_mistakes(scope: Scope, tree: Fields, manifest: Mapping[str, Any]) -> None:
    """Report every mistake of a manifest where it stands."""
    for mistake in compile_source(manifest).mistakes:
        what = f"in this manifest, {mistake.what}"
        scope.findings.report("X301", place_at(tree, mistake.path), what, mistake.fix)


def declare_told(scope: Scope, tree: Fields) -> None:
    """Note the events that a source's connector makes: they need not be declared again."""
    value = tree.get("connector")
    name = str(value.value) if isinstance(value, Leaf) else ""
    manifest = scope.source_manifest(name)
    if not manifest:
        return
    compiled = compile_source(manifest)
    for event in compiled.events:
        scope.names["event"].setdefault(event, tree.place)
        scope.told_events.setdefault(event, f"Told by {manifest.get('name', name)}")
    if compiled.is_half_read:
        scope.half_read = scope.half_read or name


def with_told(scope: Scope, plan: Plan) -> Plan:
    """Add the events that no document declares: of any shape, for whatever they are used for."""
    told = {
        name: EventType(name=name, schema={}, owner="", title=title)
        for name, title in scope.told_events.items()
    }
    return replace(plan, events=dict(sorted({**told, **plan.events}.items())))


def read_inbound(scope: Scope, part: Form, name: str) -> tuple[Inbound, OptOuts | None]:
    """Read how a source's calls are proven and read; what persons write, where it says so."""
    connector = part.read("connector", form.text, "")
    place = part.place_of_value("connector")
    scope.refer("source connector", connector, place)
    scope.connectors["source", name] = connector
    manifest = scope.source_manifest(connector)
    spec = compile_source(manifest).spec
    settings = _settings(scope, part, spec)
    url = part.read("url", form.text, "")
    channel = part.read("channel", form.text, "")
    if channel:
        scope.refer("channel", channel, part.place_of_value("channel"))
    purposes = part.read("purposes", form.texts, ())
    scope.refer_all("purpose", purposes, part.take("purposes"))
    if spec is not None and spec.is_telling():
        _check_found(scope, part, spec, channel)
    if spec is None:  # whether persons write there cannot be read
        for key in ("help", "ask", "confirm"):
            part.take(key)
    inbound = Inbound(
        manifest=manifest,
        settings=settings,
        url=url,
        address=spec.address if spec else "",
        channel=channel,
        purposes=purposes,
        every=part.read("every", form.duration, 0),
        first=part.read("first", form.duration, 0),
        allow_private=part.read("allow_private", form.boolean, default=False),
    )
    if spec is None or not spec.replies:
        return inbound, None
    opt_outs = OptOuts(channel=channel, at=spec.replies, address=spec.address, purposes=purposes)
    return inbound, read_answers(scope, part, opt_outs)


def _settings(scope: Scope, part: Form, spec: SourceSpec | None) -> dict[str, Any]:
    value = part.take("settings")
    tree = form.fields(scope.findings, value, "settings") if value is not None else None
    given = cast("dict[str, Any]", plain(tree)) if tree is not None else {}
    for mistake in check_source_settings(spec, given) if spec is not None else ():
        place = place_at(value, mistake.path) if value is not None else part.place
        scope.findings.report("X302", place, f"the setting {mistake.what}", mistake.fix)
    return given


def _check_found(scope: Scope, part: Form, spec: SourceSpec, channel: str) -> None:
    if not channel:
        scope.findings.report(
            "D102",
            part.place,
            "this source tells of addresses, and has no `channel`",
            "add `channel: email`: the channel whose addresses they are",
        )
    path = f"properties.{spec.address}"
    paths = (path, SMS_FROM) if spec.replies else (path,)
    if not any(one in scope.identifier_paths for one in paths):
        scope.findings.report(
            "I303",
            part.place,
            f"nobody would be found by what this source tells: no identifier is read at `{path}`",
            f"add a kind such as `{{kind: email, from: [traits.email, {path}]}}` to identity",
        )
