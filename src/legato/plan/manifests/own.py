"""Connectors of the workspace's own, and what becomes of those whose manifest is broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeAlias, cast

from msgspec.structs import replace

from legato.connectors.checks import undeclared_address
from legato.connectors.compile import compile_manifest
from legato.model.plan import Plan
from legato.model.problem import Problem
from legato.plan.rules.destinations import place_at
from legato.plan.scope import Scope
from legato.plan.source import Document, Fields, Leaf, plain

Own: TypeAlias = tuple[str, str]
"""How the first key of a manifest is called, and its connector."""
_HEADS = {"destination": "manifest", "source": "inbound"}
"""The first key of the manifests that each uses."""
Manifests: TypeAlias = Mapping[str, Sequence[Own]]
"""Files of manifests, with what is in each."""


def read_manifest(scope: Scope, tree: Fields) -> Mapping[str, Any]:
    """Read a connector of the workspace's own."""
    manifest = cast("dict[str, Any]", plain(tree))
    compiled = compile_manifest(manifest)
    mistakes = list(compiled.mistakes)
    if compiled.spec is not None and (address := undeclared_address(compiled.spec)) is not None:
        mistakes.append(address)
    for mistake in mistakes:
        scope.findings.report(
            "X301", place_at(tree, mistake.path), f"in this manifest, {mistake.what}", mistake.fix
        )
    if not compiled.mistakes and scope.names.get("source connector"):  # else: read by itself
        for index, name in enumerate(manifest.get("inbound", [])):
            scope.refer("source connector", str(name), place_at(tree, ("inbound", index)))
    return manifest


def connector_of(document: Document) -> str:
    """Return the connector that a manifest makes; where it does not say, that of its file's name.

    So who uses a manifest that nobody can read is told of it once, and not that there is none.
    """
    given = document.tree.get("id") if document.tree is not None else None
    if isinstance(given, Leaf) and given.value is not None:
        return str(given.value)
    return PurePosixPath(document.place.file).stem


def files_of(documents: Iterable[Document]) -> Manifests:
    """Return the files that hold manifests and nothing else."""
    found: dict[str, list[Own]] = {}
    others: dict[str, None] = {}
    for one in documents:
        if one.kind in _HEADS.values():
            found.setdefault(one.place.file, []).append((one.kind, connector_of(one)))
        else:
            others[one.place.file] = None
    return {file: tuple(own) for file, own in found.items() if file not in others}


def without_broken(
    scope: Scope, plan: Plan, files: Manifests, problems: Sequence[Problem]
) -> Plan | None:
    """Return the plan with those out of order whose connectors' manifests are broken.

    None where anything else is wrong, or nothing. `files` are those of manifests alone: what is
    wrong there is wrong for nobody else.
    """
    if not problems or any(one.place.file not in files for one in problems):
        return None
    broken: dict[Own, Problem] = {}
    for problem in problems:
        for own in files[problem.place.file]:
            broken.setdefault(own, problem)
    destinations, sources = dict(plan.destinations), dict(plan.sources)
    for (kind, name), connector in scope.connectors.items():
        why = broken.get((_HEADS[kind], connector))
        if why is not None and kind == "destination":
            destinations[name] = replace(destinations[name], broken=why.in_one_line())
        elif why is not None:
            sources[name] = replace(sources[name], broken=why)
    return replace(plan, destinations=destinations, sources=sources)
