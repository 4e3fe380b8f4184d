"""A manifest by itself: what it compiles to, or its mistakes with their places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from legato.connectors.compile import compile_manifest
from legato.connectors.spec import Spec
from legato.model.noun import Noun
from legato.model.problem import Place, Problem
from legato.plan.findings import Findings
from legato.plan.manifests.own import read_manifest
from legato.plan.rules.inbound import report_mistakes
from legato.plan.scope import Scope
from legato.plan.source import plain, read_documents


class Connector(Noun, frozen=True, kw_only=True):
    """What a manifest came to."""

    manifest: Mapping[str, Any]
    problems: tuple[Problem, ...]

    @property
    def spec(self) -> Spec | None:
        return compile_manifest(self.manifest).spec if not self.problems else None


def read_connector(file: str, text: str) -> Connector:
    """Read one manifest, every mistake with its line."""
    findings = Findings()
    documents = read_documents(file, text, findings)
    tree = documents[0].tree if len(documents) == 1 else None
    if len(documents) != 1 and not findings.all():
        place = Place(file=file, line=1, column=1)
        findings.report("X301", place, "a manifest is one document", "write one `manifest: 1`")
    if tree is None:
        return Connector(manifest={}, problems=findings.all())
    read_manifest(Scope(findings), tree)
    return Connector(manifest=cast("dict[str, Any]", plain(tree)), problems=findings.all())


def read_source_connector(file: str, text: str) -> Connector:
    """Read one manifest of what a provider posts, every mistake with its line."""
    return _read_source(file, text, {})


def read_mapping_file(file: str, text: str) -> Connector:
    """Read what the rows of a file mean: the part of such a manifest that makes events."""
    proof = {"kind": "none", "allow": "=settings.none"}
    settings = {"none": {"type": "array"}}
    head = {"inbound": 1, "id": "import", "name": "A file", "docs": file}
    return _read_source(file, text, {**head, "settings": settings, "verify": proof})


def _read_source(file: str, text: str, given: Mapping[str, Any]) -> Connector:
    findings = Findings()
    documents = read_documents(file, text, findings)
    tree = documents[0].tree if len(documents) == 1 else None
    if len(documents) != 1 and not findings.all():
        place = Place(file=file, line=1, column=1)
        findings.report("X301", place, "a manifest is one document", "remove the other documents")
    if tree is None:
        return Connector(manifest={}, problems=findings.all())
    manifest = {**given, **cast("dict[str, Any]", plain(tree))}
    report_mistakes(Scope(findings), tree, manifest)
    return Connector(manifest=manifest, problems=findings.all())
