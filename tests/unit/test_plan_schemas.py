"""The schemas that editors use let every right document pass, and stop the plain mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import pytest

from legato.plan.findings import Findings
from legato.plan.load import KINDS
from legato.plan.schemas import any_document, document_schemas
from legato.plan.source import Document, plain, read_documents
from legato.workspace import REHEARSED

ROOT = Path(__file__).parent.parent.parent
FILES = [
    ROOT / "tests" / "golden" / "plan" / "workspace.yaml",
    ROOT / "tests" / "golden" / "plan" / "residency.yaml",
    ROOT / "tests" / "golden" / "plan" / "approvals.yaml",
    ROOT / "tests" / "golden" / "plan" / "sign_in.yaml",
    *sorted((ROOT / "examples" / "shop").rglob("*.yaml")),
]


def documents() -> list[Document]:
    found: list[Document] = []
    for path in FILES:
        if not any(part in REHEARSED for part in path.parts):
            found += read_documents(path.name, path.read_text(), Findings())
    return found


def mistakes(schema: dict[str, Any], document: object) -> list[str]:
    return [error.message for error in jsonschema_rs.iter_errors(schema, document)]


@pytest.mark.parametrize("schema", [*document_schemas().values(), any_document()])
def test_a_schema_is_itself_valid(schema: dict[str, Any]) -> None:
    jsonschema_rs.meta.validate(schema)


def test_every_kind_of_document_has_a_schema() -> None:
    assert sorted(document_schemas()) == sorted(KINDS)


def test_every_kind_of_document_is_in_the_complete_workspace() -> None:
    assert sorted(KINDS) == sorted({document.kind for document in documents()})


@pytest.mark.parametrize("document", documents(), ids=lambda d: f"{d.kind} {d.name}")
def test_a_right_document_passes(document: Document) -> None:
    assert document.tree is not None
    tree = plain(document.tree)

    assert mistakes(document_schemas()[document.kind], tree) == []
    assert mistakes(any_document(), tree) == []


@pytest.mark.parametrize(
    "text",
    [
        "cap: week\nat_most: three\nwithin: 7d",
        "cap: week\nat_most: 3\nwithin: 7 days",
        "cap: week\nat_most: 3\nwithn: 7d",
        "event: A\npurpose: service",
        "segment: a\nowner: b",
        "segment: a\nowner: b\nwhen: {trait: {email: {start_with: a}}}",
        "journey: a\nowner: b\nenter: {on: A}\nsteps: [{sned: {message: a}}]",
        "journey: a\nowner: b\nenter: {on: A}\nsteps: [{send: {message: a, on: email}}]",
        "holdout: a\nshare: 105",
        "identity: []",
        "workspce: a",
    ],
)
def test_a_plain_mistake_does_not_pass(text: str) -> None:
    (document,) = read_documents("a.yaml", text, Findings())
    assert document.tree is not None

    assert mistakes(any_document(), plain(document.tree))


def test_every_key_is_described() -> None:
    bare: list[str] = []

    def walk(node: object, path: str) -> None:
        if isinstance(node, dict):
            table = cast("dict[str, Any]", node)
            for name, inner in cast("dict[str, Any]", table.get("properties", {})).items():
                if "description" not in inner and "$ref" not in inner:
                    bare.append(f"{path}.{name}")
            for name, inner in table.items():
                walk(inner, f"{path}.{name}")
        elif isinstance(node, list):
            for item in cast("list[Any]", node):
                walk(item, path)

    walk(any_document(), "")

    assert bare == []
