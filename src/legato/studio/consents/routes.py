"""Routes of a person's consents: the ledger, one line more, and what a delivery relied on."""

from __future__ import annotations

import asyncio

from litestar import Router, get, post
from litestar.params import FromPath, JSONBody

from legato.app.app import App
from legato.insight.ledger import Ledger, LedgerLine, Relied, ledger_of, relied_on
from legato.model.consent import EVERY_CHANNEL, ConsentLine, Evidence
from legato.model.ids import PersonId
from legato.model.noun import Noun
from legato.model.state import State
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.govern.reveal import checked_reason
from legato.studio.host import Host, Who, actor_of, found
from legato.studio.refusal import Refused, not_found

LINES_MAX = 100
"""More answers than a form has; each may write a line for every channel."""
WORD_LENGTH_MAX = 200


class Line(Noun, frozen=True, kw_only=True):
    purpose: str
    is_granted: bool
    channel: str = EVERY_CHANNEL


class Proof(Noun, frozen=True, kw_only=True):
    """How it is known. The address is kept as a keyed digest only."""

    ip: str = ""
    jurisdiction: str = ""
    legal_basis: str = ""
    method: str = "api"
    language: str = ""


class Saying(Noun, frozen=True, kw_only=True):
    """What a person said to somebody who puts it on record for them."""

    lines: tuple[Line, ...]
    source: str = "api"
    wording: str = ""
    evidence: Proof = Proof()
    reason: str = ""
    """Why it is put on record by hand: it goes into the audit."""


class Said(Noun, frozen=True, kw_only=True):
    """What became of it."""

    person_id: str
    event_id: str
    lines: tuple[LedgerLine, ...]


@get("/{who:str}/consents", opt=needs("look"), summary="What a person consented to, and when")
async def read_consents(who: FromPath[str], host: Host) -> Ledger:
    """Return what holds for each purpose and channel, and the whole ledger, oldest first."""
    state = await _state(host, await found(host, who))
    return await asyncio.to_thread(ledger_of, host.records, state, host.plan())


@post("/{who:str}/consents", opt=needs("consent"), summary="Put a yes or a no on record")
async def say_consents(who: FromPath[str], data: JSONBody[Saying], host: Host, caller: Who) -> Said:
    """Answer once it holds: what a no forbids is called back by then."""
    reason = checked_reason(data.reason) if data.reason else ""
    _check(host, data)
    person_id = await found(host, who)
    proof = data.evidence
    event_id = await host.consents.say(
        person_id,
        [
            ConsentLine(purpose=one.purpose, is_granted=one.is_granted, channel=one.channel)
            for one in data.lines
        ],
        source=data.source,
        wording=data.wording,
        evidence=Evidence(
            ip_digest=host.audit.address_digest(proof.ip) if proof.ip else "",
            jurisdiction=proof.jurisdiction,
            legal_basis=proof.legal_basis,
            method=proof.method,
            language=proof.language,
        ),
    )
    answers = [f"{one.purpose}/{one.channel}={one.is_granted}".lower() for one in data.lines]
    detail = {"answers": " ".join(answers), "event": event_id, "reason": reason}
    await host.audit.record(
        AuditEntry(actor=actor_of(caller), action="consent.say", subject=person_id, detail=detail)
    )
    state = await _state(host, person_id)
    ledger = await asyncio.to_thread(ledger_of, host.records, state, host.plan())
    lines = tuple(line for line in ledger.lines if line.event_id == event_id)
    return Said(person_id=state.person_id, event_id=event_id, lines=lines)


@get(
    "/{who:str}/deliveries/{delivery_id:str}/consent",
    opt=needs("look"),
    summary="The consent that a delivery relied on",
)
async def read_relied(who: FromPath[str], delivery_id: FromPath[str], host: Host) -> Relied:
    """Return the records of the ledger that held at its decision and at its sending, whole."""
    person_id = await found(host, who)
    relied = await asyncio.to_thread(relied_on, host.records, person_id, delivery_id)
    if relied is None:
        raise not_found(
            "delivery.unknown",
            "This person was never to get a delivery of this id.",
            fix="See the person's story for the ids: GET /api/people/{who}/story.",
        )
    return relied


def _check(host: App, data: Saying) -> None:
    """Refuse what could not be put on record, before anything is."""
    plan = host.plan()
    if not 1 <= len(data.lines) <= LINES_MAX:
        raise _refused(
            "consent.lines",
            f"A statement has 1 to {LINES_MAX} lines.",
            fix="Send a line for each purpose that was answered.",
        )
    for line in data.lines:
        if line.purpose not in plan.purposes:
            known = ", ".join(sorted(plan.purposes)) or "none"
            raise _refused(
                "consent.purpose", "The plan has no such purpose.", fix=f"Its purposes: {known}."
            )
        if line.channel != EVERY_CHANNEL and line.channel not in plan.channels:
            known = ", ".join(sorted(plan.channels)) or "none"
            raise _refused(
                "consent.channel",
                "The plan has no such channel.",
                fix=f"Its channels: {known}; or {EVERY_CHANNEL} for every one.",
            )
    proof = data.evidence
    words = (data.source, data.wording, proof.jurisdiction, proof.legal_basis)
    if not data.source or any(
        len(word) > WORD_LENGTH_MAX for word in (*words, proof.method, proof.language, proof.ip)
    ):
        raise _refused(
            "consent.words",
            f"`source` must be said, and each word has at most {WORD_LENGTH_MAX} characters.",
            fix="Send the id or the version of a text, not the text.",
        )


def _refused(code: str, message: str, *, fix: str) -> Refused:
    return Refused(status=400, code=code, message=message, fix=fix)


async def _state(host: App, person_id: PersonId) -> State:
    state = await host.person(person_id)
    if state is None:
        raise not_found(
            "person.unknown",
            "Nobody is known by this id any more.",
            fix="They may have been erased a moment ago.",
        )
    return state


CONSENTS = Router(
    "/api/people", route_handlers=[read_consents, say_consents, read_relied], tags=["consents"]
)
