"""An object as XML: keys are elements, `@` keys attributes, `#text` the text of an element."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from xml.sax.saxutils import escape, quoteattr

from legato.connectors.language.value import Value, as_text


def to_xml(value: Value) -> str:
    """Write an object; a list is its element several times."""
    if not isinstance(value, Mapping):
        return "" if value is None else escape(as_text(value))
    return "".join(
        _element(str(name), one)
        for name, many in cast("Mapping[str, Any]", value).items()
        for one in (cast("list[Any]", many) if isinstance(many, list) else [many])
    )


def _element(name: str, value: Value) -> str:
    if name == "#text":
        return escape(as_text(value))
    attributes = ""
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        attributes = "".join(
            f" {key[1:]}={quoteattr(as_text(one))}"
            for key, one in given.items()
            if key.startswith("@")
        )
        value = {key: one for key, one in given.items() if not key.startswith("@")}
    return f"<{name}{attributes}>{to_xml(value)}</{name}>"
