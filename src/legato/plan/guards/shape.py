"""What an event of another shape meets, and what becomes of properties nobody declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from legato.model.plan import OnViolation, Undeclared
from legato.plan import form
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields

ON_VIOLATION: tuple[str, ...] = get_args(OnViolation)
UNDECLARED: tuple[str, ...] = get_args(Undeclared)


def read_on_violation(scope: Scope, part: Form) -> tuple[OnViolation, Mapping[str, OnViolation]]:
    """Read one word for every source, or `{crm: block, otherwise: quarantine}`."""
    value = part.take("on_violation")
    if not isinstance(value, Fields):
        word = part.read("on_violation", form.one_of(ON_VIOLATION), "quarantine")
        return cast("OnViolation", word), {}
    inner = Form(scope.findings, value, "`on_violation`")
    otherwise = inner.read("otherwise", form.one_of(ON_VIOLATION), "quarantine")
    by_source: dict[str, OnViolation] = {}
    for field in list(inner.rest()):
        scope.refer("source", field.key, field.place)
        word = inner.read(field.key, form.one_of(ON_VIOLATION), "quarantine")
        by_source[field.key] = cast("OnViolation", word)
    return cast("OnViolation", otherwise), dict(sorted(by_source.items()))


def read_undeclared(part: Form) -> Undeclared:
    """Read what becomes of properties that the schema does not name."""
    return cast("Undeclared", part.read("undeclared", form.one_of(UNDECLARED), "keep"))
