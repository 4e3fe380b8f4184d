"""What a customer event says about consent, in each dialect that clients speak."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from legato.core.admit import CONSENT_EVENT
from legato.core.consents.replies import hear_reply
from legato.core.consents.signals import hear_objection, hear_tool
from legato.core.consents.statement import Statement, put_on_record
from legato.core.consents.tcf import BadString, decode_tcf
from legato.core.moment import Moment
from legato.expr.path import Json, scalars
from legato.model.consent import EVERY_CHANNEL, ConsentLine, Evidence, TransparencyString
from legato.model.event import CustomerEvent
from legato.model.problem import Reason

LINES_MAX = 1_024
"""Answers that tools give with every event, each made once."""


def hear(moment: Moment, event: CustomerEvent, context: Mapping[str, Any]) -> None:
    """Put on record what a customer event says about consent."""
    policies = moment.program.plan.policies
    if event.kind == "track" and event.name == CONSENT_EVENT:
        put_on_record(moment, _spoken(moment, event))
    if event.source in moment.program.opt_outs:
        hear_reply(moment, event)
    if policies.consent_categories:
        lines = _categories(context, policies.consent_categories)
        if lines:
            hear_tool(moment, event, lines, method="consent_tool", is_opt_out=True)
    if policies.tcf is not None:
        text = _tcf_string(context)
        if text is not None:
            _hear_tcf(moment, event, policies.tcf, text)
    if policies.gpc is not None and context.get("gpc") is True:
        hear_objection(moment, event, policies.gpc.purposes)


def _spoken(moment: Moment, event: CustomerEvent) -> Statement:
    """Read the event by which a form or an import says what a person chose."""
    body = moment.body
    line = ConsentLine(
        purpose=body["purpose"],
        is_granted=body["granted"],
        channel=body.get("channel", EVERY_CHANNEL),
    )
    evidence = Evidence(
        jurisdiction=str(body.get("jurisdiction", "")),
        method="event",
        language=str(body.get("language", "")),
    )
    return Statement(
        lines=(line,),
        event_id=event.event_id,
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        source=event.source,
        wording=str(body.get("wording", "")),
        evidence=evidence,
    )


def _categories(context: Mapping[str, Any], purpose_of: Mapping[str, str]) -> list[ConsentLine]:
    found: list[ConsentLine] = []
    if "consent" in context:
        preferences = _mapping(_mapping(context, "consent"), "categoryPreferences")
        for category, answer in preferences.items():
            if category in purpose_of and isinstance(answer, bool):
                found.append(_line(purpose_of[category], answer))
    if "consentManagement" in context:
        rudder = _mapping(context, "consentManagement")
        for field, is_granted in (("allowedConsentIds", True), ("deniedConsentIds", False)):
            categories = [str(category) for category in scalars(rudder.get(field))]
            found += [_line(purpose_of[one], is_granted) for one in categories if one in purpose_of]
    return found


@lru_cache(maxsize=LINES_MAX)
def _line(purpose: str, is_granted: bool) -> ConsentLine:  # noqa: FBT001 - of the line
    return ConsentLine(purpose=purpose, is_granted=is_granted)


def _tcf_string(context: Mapping[str, Any]) -> object:
    """Return the TCF string wherever tools put it; None where there is none."""
    for key in ("tcf_string", "IABTCF_TCString"):
        if context.get(key) is not None:
            return context[key]
    return _mapping(context, "consent").get("tcf")


def _hear_tcf(moment: Moment, event: CustomerEvent, rule: TransparencyString, text: object) -> None:
    said = decode_tcf(text) if isinstance(text, str) else BadString("it is no text")
    if isinstance(said, BadString):
        what = f"its TCF string was not read, and no consent was changed by it: {said.what}"
        moment.warn(Reason(code="consent.tcf_malformed", what=what, definition="policies/consent"))
        return
    lines = [
        ConsentLine(
            purpose=purpose,
            is_granted=all(
                said.agrees(number, rule.vendor)
                for number, ours in rule.purposes
                if ours == purpose
            ),
        )
        for purpose in dict.fromkeys(ours for _, ours in rule.purposes)
    ]
    hear_tool(moment, event, lines, method="tcf", is_opt_out=False)


def _mapping(value: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    """Return the object under a key; an empty one where there is none."""
    found = value.get(key)
    return cast("Mapping[str, Json]", found) if isinstance(found, dict) else {}
