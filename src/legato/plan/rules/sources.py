"""`source:` where events come from."""

from __future__ import annotations

from legato.model.ids import digest
from legato.model.plan import Source
from legato.plan import form
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields


def read_source(scope: Scope, tree: Fields) -> Source:
    """Read a source. Write keys are kept as digests: a stored plan opens nothing."""
    part = Form(scope.findings, tree, "this source")
    name = part.need_read("source", form.text, "", example="source: web")
    kind = part.read("kind", form.one_of(("segment", "rudder")), "segment")
    keys = part.need_read("write_keys", form.texts, (), example="write_keys: [a-long-key]")
    value = part.take("write_keys")
    for key in keys:
        if value is not None:
            scope.declare("write key", key, value.place)
    source = Source(
        name=name,
        title=part.read("title", form.text, name),
        kind="rudder" if kind == "rudder" else "segment",
        key_digests=tuple(digest(key.encode()) for key in keys),
        is_enabled=part.read("enabled", form.boolean, default=True),
    )
    part.close()
    return source
