"""The OpenAPI document: for clients that are generated, so it says what is really answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from legato.studio.refusal import Refusal

_OPERATIONS = ("get", "put", "post", "patch", "delete")
_REFUSED = {"$ref": "#/components/responses/Refusal"}
"""Stands for every status that is no success: all have the same body."""


class Contract(JsonRenderPlugin):
    """Serves the document as `told` has it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document's bytes."""
        return super().render(request, told(openapi_schema))  # pyright: ignore[reportUnknownMemberType] - left open by the framework


def told(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document whose refusals are ours, where the framework wrote down its own."""
    (schema,), parts = msgspec.json.schema_components(
        [Refusal], ref_template="#/components/schemas/{name}"
    )
    components = {**document["components"]}
    schemas = {**components["schemas"], **parts}
    components["schemas"] = _told_apart(schemas, schemas)
    components["responses"] = {
        "Refusal": {
            "description": "Refused: a stable code, what happened and what to do next.",
            "content": {"application/json": {"schema": schema}},
        }
    }
    paths = {path: _of_path(item) for path, item in document["paths"].items()}
    return {**document, "paths": paths, "components": components}


def _of_path(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _of_operation(cast("Mapping[str, Any]", part)) if name in _OPERATIONS else part
        for name, part in item.items()
    }


def _of_operation(operation: Mapping[str, Any]) -> dict[str, Any]:
    answers = operation["responses"]
    kept = {status: answer for status, answer in answers.items() if status < "4"}
    return {**operation, "responses": {**kept, "default": _REFUSED}}


def _told_apart(node: Any, schemas: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Say of every "one of several" which of its fields tells them apart, and by which values."""
    if isinstance(node, list):
        return [_told_apart(each, schemas) for each in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    parts = {
        name: _told_apart(part, schemas) for name, part in cast("dict[str, Any]", node).items()
    }
    mapping = _mapped(cast("list[Any]", parts.get("oneOf", [])), schemas)
    return {**parts, "discriminator": mapping} if mapping else parts


def _mapped(choices: list[Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    refs = [str(choice.get("$ref", "")) for choice in choices]
    tags = [_constants(schemas.get(ref.rpartition("/")[2], {})) for ref in refs]
    for field in tags[0] if tags else {}:
        mapping = {tag[field]: ref for tag, ref in zip(tags, refs, strict=True) if field in tag}
        if len(mapping) == len(choices):
            return {"propertyName": field, "mapping": mapping}
    return {}


def _constants(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = cast("Mapping[str, Any]", schema.get("properties", {}))
    return {name: part["const"] for name, part in properties.items() if "const" in part}
