"""`source:` where events come from."""

from __future__ import annotations

from legato.model.ids import digest
from legato.model.plan import Hours, Source
from legato.plan import form
from legato.plan.form import Form
from legato.plan.rules.workspace import zone
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
        silent_after=part.read("silent_after", form.duration, 0),
        expected=_expected(scope, part),
    )
    part.close()
    return source


def _expected(scope: Scope, part: Form) -> Hours | None:
    value = part.take("expected")
    tree = form.fields(scope.findings, value, "expected") if value is not None else None
    if tree is None:
        return None
    inner = Form(scope.findings, tree, "`expected`")
    hours = Hours(
        start=inner.need_read("from", form.minute_of_day, 0, example='from: "08:00"'),
        end=inner.need_read("to", form.minute_of_day, 0, example='to: "20:00"'),
        zone=inner.read("zone", zone, scope.zone),
    )
    inner.close()
    return hours
