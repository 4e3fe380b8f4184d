"""Manifests and vectors as files: those that are shipped, and those somebody is writing."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import legato
from legato.cli.client import Failure
from legato.connectors.compile import compile_manifest
from legato.connectors.spec import Spec
from legato.connectors.verify.vector import Vector, read_vectors
from legato.plan.connector import read_connector
from legato.plan.findings import nearest
from legato.workspace import shipped_connectors

CHECKOUT = Path(legato.__file__).resolve().parents[2]
VECTORS = CHECKOUT / "tests" / "vectors" / "destinations"
EXAMPLES = CHECKOUT / "tests" / "vectors" / "examples"


def connector_of(name: str) -> tuple[str, Spec]:
    """Return a connector by its name, or by the path of a manifest."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return _from_file(path)
    shipped = shipped_connectors()
    if name not in shipped:
        near = nearest(name, shipped)
        raise Failure(
            f"There is no connector named {name}.",
            f"Did you mean {near}?" if near else "See `legato connectors` for those there are.",
        )
    return name, _compiled(shipped[name])


def _from_file(path: Path) -> tuple[str, Spec]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path} cannot be read.", "Name a manifest that is there.") from error
    found = read_connector(str(path), text)
    if found.problems:
        lines = [f"{one.place}  {one.what}\n      fix: {one.fix}" for one in found.problems]
        count = f"{len(lines)} mistake{'' if len(lines) == 1 else 's'}"
        raise Failure("\n".join([f"{count} in {path}:", *lines]), "Correct them and try again.")
    return str(found.manifest["id"]), _compiled(found.manifest)


def _compiled(manifest: Mapping[str, Any]) -> Spec:
    compiled = compile_manifest(manifest)
    if compiled.spec is None:
        raise Failure(
            f"The manifest {manifest.get('id', '')} is not right: {compiled.mistakes[0]}",
            "Check it with `legato connectors verify PATH`.",
        )
    return compiled.spec


def vectors_of(name: str, spec: Spec, folder: Path) -> list[Vector]:
    """Return the vectors of a connector; none where nobody recorded any."""
    named = str(spec.conformance.get("vectors", name))
    packed, open_file = folder / f"{named}.jsonl.gz", folder / f"{named}.jsonl"
    try:
        if packed.exists():
            return read_vectors(gzip.decompress(packed.read_bytes()).decode())
        return read_vectors(open_file.read_text(encoding="utf-8")) if open_file.exists() else []
    except (OSError, ValueError, KeyError) as error:
        raise Failure(f"{named} in {folder} is no file of vectors.", "See the guide.") from error
