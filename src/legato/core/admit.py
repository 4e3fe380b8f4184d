"""Stage 1: whether the event is known and of the declared shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from legato.core.program import Program
from legato.model.event import SMS_RECEIVED, CustomerEvent
from legato.model.instant import Instant
from legato.model.plan import EventType, OnViolation
from legato.model.problem import Reason

BLOCKED = "event.blocked"
"""Of an event refused for good: nothing can replay it."""
CONSENT_EVENT = "Consent Changed"
"""A consent from a form, an import or a preference page. Always known: `purpose`, `granted`,
optional `channel` and `wording`."""


def refusal(program: Program, event: CustomerEvent, body: Mapping[str, Any]) -> Reason | None:
    """Return why the event must wait in quarantine; None to admit it."""
    if event.kind == "track" and event.name == CONSENT_EVENT:
        return _consent_refusal(program, body)
    if event.name == SMS_RECEIVED and event.source in program.opt_outs:
        return None
    declared = program.plan.events.get(event.name)
    if declared is None:
        if event.kind != "track" or program.plan.accept_unknown:
            return None
        return Reason(
            code="event.unknown",
            what="the catalog does not know this event; declare it, then replay the quarantine",
            definition="catalog",
        )
    policy = policy_of(declared, event.source)
    if policy == "warn":
        return None
    reason = shape_refusal(program, event, body)
    return _blocked(reason) if reason is not None and policy == "block" else reason


def policy_of(declared: EventType, source: str) -> OnViolation:
    """Return what an event of another shape meets, from this source."""
    return declared.on_violation_from.get(source, declared.on_violation)


def _blocked(reason: Reason) -> Reason:
    return Reason(code=BLOCKED, what=f"{reason.what}; it is not kept", definition=reason.definition)


def shape_refusal(program: Program, event: CustomerEvent, body: Mapping[str, Any]) -> Reason | None:
    """Return where the body differs from the declared shape; None where it does not."""
    validator = program.schemas.get(event.name)
    if validator is None or validator.is_valid(body):
        return None
    return Reason(
        code="event.shape",
        what=_first_error(validator, body),
        definition=f"catalog/{event.name}",
    )


def trait_refusal(program: Program, name: str, value: object, now: Instant) -> Reason | None:
    """Return why a trait is not written; None to write it."""
    validator = program.trait_schemas.get(name)
    if validator is None and name in program.retiring:
        declared, validator = program.retiring[name]
        if declared.retired <= now:
            what = "the catalog has retired this trait"
            return Reason(code="trait.retired", what=what, definition=f"catalog/{name}")
    if validator is None:
        if program.plan.accept_unknown:
            return None
        return Reason(code="trait.unknown", what="the catalog does not know this trait")
    if validator.is_valid(value):
        return None
    return Reason(
        code="trait.shape", what=_first_error(validator, value), definition=f"catalog/{name}"
    )


def _first_error(validator: jsonschema_rs.Validator, value: object) -> str:
    """Say where and which rule of the schema, never the value."""
    error = next(iter(validator.iter_errors(value)))
    path, kind = [str(part) for part in error.instance_path], error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return f"`{'.'.join([*path, kind.property])}` is missing, and the schema requires it"
    where = f"`{'.'.join(path)}`" if path else "the whole of it"
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Type):
        return f"{where} is not of the schema's type {' or '.join(kind.types)}"
    return f"{where} does not meet the schema's {'/'.join(map(str, error.schema_path))}"


def _consent_refusal(program: Program, body: Mapping[str, Any]) -> Reason | None:
    purpose, channel = body.get("purpose"), body.get("channel", "*")
    if purpose not in program.plan.purposes:
        what = "`purpose` names no declared purpose"
    elif channel != "*" and channel not in program.plan.channels:
        what = "`channel` names no declared channel"
    elif not isinstance(body.get("granted"), bool):
        what = "`granted` must be true or false"
    else:
        return None
    return Reason(code="consent.shape", what=what, definition="policies/purposes")
