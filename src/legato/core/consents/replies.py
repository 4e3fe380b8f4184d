"""What people say of consent in their own words, and what providers report that they have said.

A STOP by SMS, an unsubscribe at the mail provider: both concern an address, and the person who has
it now. Both come by a source that declares what its words mean (`OptOuts`).
"""

from __future__ import annotations

from typing import assert_never

from legato.core.consents.addresses import close_address, open_address
from legato.core.consents.keywords import Meaning, meaning_of
from legato.core.consents.statement import Statement, put_on_record
from legato.core.moment import Moment
from legato.expr.hashing import WORDS, hashed, is_digest
from legato.expr.path import values_at
from legato.model.consent import ConsentLine, Evidence
from legato.model.definitions.source import OptOuts
from legato.model.event import CustomerEvent
from legato.model.instant import HOUR, Duration
from legato.model.plan import Purpose

ANSWERS_MAX = 3
ANSWERS_WINDOW: Duration = HOUR
"""Two machines that answer one another must come to an end."""


def hear_reply(moment: Moment, event: CustomerEvent) -> None:
    """Put on record what an event of such a source says, in the very step it came in."""
    rules = moment.program.opt_outs[event.source]
    match _understood(rules, moment):
        case "opt_out":
            hear_answer(moment, event, rules, is_granted=False)
        case "opt_in":
            hear_answer(moment, event, rules, is_granted=True)
        case "help" | "unclear_opt_out" | "none":
            pass
        case _ as never:
            assert_never(never)


def template_of(moment: Moment, rules: OptOuts) -> str:
    """Return the template that answers what a person wrote; empty where nothing does."""
    match meaning_in(rules, moment):
        case "help":
            return rules.help
        case "unclear_opt_out":
            return rules.ask or rules.confirm
        case "opt_out":
            return rules.confirm
        case "opt_in" | "none":
            return ""
        case _ as never:
            assert_never(never)


def address_in(rules: OptOuts, moment: Moment) -> str:
    """Return the address that an event speaks of.

    Where only its digest was taken in, it is the person's own, if that is whose digest it is.
    """
    said = str(next(iter(values_at(moment.body, rules.address)), ""))
    if not is_digest(said):
        return said
    own = moment.address(rules.channel)
    return own if any(hashed(kind, own) == said for kind in WORDS.values()) else ""


def meaning_in(rules: OptOuts, moment: Moment) -> Meaning:
    """Return what an event's words mean."""
    words = values_at(moment.body, rules.at)
    if rules.values:
        return "opt_out" if any(str(word) in rules.values for word in words) else "none"
    return meaning_of(str(words[0])) if words else "none"


def hear_answer(moment: Moment, event: CustomerEvent, rules: OptOuts, *, is_granted: bool) -> None:
    """Put a yes or a no of a person on record, and of the address that it came from."""
    purposes = _purposes(moment, rules)
    lines = [
        ConsentLine(purpose=one.name, is_granted=is_granted, channel=rules.channel)
        for one in purposes
        # A yes is only asked for, and only given, where lawfulness rests on it.
        if one.basis == "consent" or not is_granted
    ]
    statement = Statement(
        lines=tuple(lines),
        event_id=event.event_id,
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        source=event.source,
        evidence=Evidence(method="provider" if rules.values else "keyword"),
        scope="" if rules.values else moment.program.plan.policies.sms_stop,
    )
    put_on_record(moment, statement)
    said_of = open_address if is_granted else close_address
    for one in purposes:
        said_of(moment, rules.channel, one.name, address_in(rules, moment))


def _understood(rules: OptOuts, moment: Moment) -> Meaning:
    """Return what is done about it: what is not clear is an opt-out, unless it is asked about."""
    meaning = meaning_in(rules, moment)
    return "opt_out" if meaning == "unclear_opt_out" and not rules.ask else meaning


def _purposes(moment: Moment, rules: OptOuts) -> list[Purpose]:
    known = moment.program.plan.purposes
    if rules.purposes:
        return [known[name] for name in rules.purposes]
    return [one for one in known.values() if one.is_promotional]
