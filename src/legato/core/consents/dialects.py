"""What a customer event says about consent, in each dialect that clients speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from legato.core.admit import CONSENT_EVENT
from legato.core.consents.replies import hear_reply
from legato.core.consents.statement import Statement, put_on_record
from legato.core.moment import Moment
from legato.expr.path import Json, scalars
from legato.model.consent import EVERY_CHANNEL, ConsentLine
from legato.model.event import CustomerEvent


def hear(moment: Moment, event: CustomerEvent, context: Mapping[str, Any]) -> None:
    """Put on record what a customer event says about consent."""
    if event.kind == "track" and event.name == CONSENT_EVENT:
        _put(moment, event, [_line_of(moment.body)], wording=str(moment.body.get("wording", "")))
    if event.source in moment.program.opt_outs:
        hear_reply(moment, event)
    purpose_of = moment.program.plan.policies.consent_categories
    if purpose_of:
        lines = [
            ConsentLine(purpose=purpose_of[category], is_granted=is_granted)
            for category, is_granted in _categories(context)
            if category in purpose_of
        ]
        if lines:
            _put(moment, event, lines)


def _line_of(body: Mapping[str, Any]) -> ConsentLine:
    return ConsentLine(
        purpose=body["purpose"],
        is_granted=body["granted"],
        channel=body.get("channel", EVERY_CHANNEL),
    )


def _put(
    moment: Moment, event: CustomerEvent, lines: list[ConsentLine], *, wording: str = ""
) -> None:
    statement = Statement(
        lines=tuple(lines),
        event_id=event.event_id,
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        source=event.source,
        wording=wording,
    )
    put_on_record(moment, statement)


def _categories(context: Mapping[str, Any]) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    if "consent" in context:
        preferences = _mapping(_mapping(context, "consent"), "categoryPreferences")
        found += [one for one in preferences.items() if isinstance(one[1], bool)]
    if "consentManagement" in context:
        rudder = _mapping(context, "consentManagement")
        for field, is_granted in (("allowedConsentIds", True), ("deniedConsentIds", False)):
            found += [(str(category), is_granted) for category in scalars(rudder.get(field))]
    return found


def _mapping(value: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    """Return the object under a key; an empty one where there is none."""
    found = value.get(key)
    return cast("Mapping[str, Json]", found) if isinstance(found, dict) else {}
