"""`manifest:` a connector of the workspace's own, and what becomes of a broken one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, cast

from msgspec.structs import replace

from legato.connectors.checks import undeclared_address
from legato.connectors.compile import compile_manifest
from legato.model.plan import Plan
from legato.model.problem import Problem
from legato.plan.rules.destinations import place_at
from legato.plan.scope import Scope
from legato.plan.source import Document, Fields, Leaf, plain


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


def without_broken(
    scope: Scope, plan: Plan, files: Mapping[str, Sequence[str]], problems: Sequence[Problem]
) -> Plan | None:
    """Return the plan with those destinations out of order whose manifests are broken.

    None where anything else is wrong, or nothing. `files` are those of manifests alone, with the
    connectors in each: what is wrong there is wrong for nobody else.
    """
    if not problems or any(one.place.file not in files for one in problems):
        return None
    broken: dict[str, Problem] = {}
    for problem in problems:
        for connector in files[problem.place.file]:
            broken.setdefault(connector, problem)
    destinations = dict(plan.destinations)
    for name, connector in scope.connectors.items():
        if connector in broken:
            destinations[name] = replace(destinations[name], broken=_told(broken[connector]))
    return replace(plan, destinations=destinations)


def _told(problem: Problem) -> str:
    return f"{problem.place}: {problem.what}. {problem.fix}"
