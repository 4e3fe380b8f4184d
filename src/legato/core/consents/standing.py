"""Which line of the ledger holds.

Three registers are kept of each person, and none depends on the order in which lines arrive:
what they said themselves (the newest holds), what consent tools say for them with every event (the
newest), and the first objection of a browser to everything (GPC, the oldest). What they said
themselves is stronger: a tool's yes never undoes a no of theirs, because a page seen after an
opt-out must not opt in again; a tool's no is believed when it is newer. On every tie, the no.
"""

from __future__ import annotations

from legato.model.consent import EVERY_CHANNEL, Consent, ledger_key
from legato.model.plan import Plan
from legato.model.state import Answers, State


def holding(plan: Plan, state: State | Answers, purpose: str, channel: str) -> Consent | None:
    """Return the line that holds for a purpose in a channel; None when nobody ever spoke."""
    everywhere, here = ledger_key(purpose, EVERY_CHANNEL), ledger_key(purpose, channel)
    said = _newest(state.consents.get(everywhere), state.consents.get(here))
    if not state.signals and not state.objections:
        return said
    heard = _newest(state.signals.get(everywhere), state.signals.get(here))
    line = _newest(said, heard) if said is None or said.is_granted else said
    objection = state.objections.get(purpose)
    if objection is None or (line is not None and not line.is_granted):
        return line
    outranks = plan.policies.gpc is not None and plan.policies.gpc.yields
    if outranks and line is not None and line is said and line.at > objection.at:
        return line
    return objection


def awaited(plan: Plan, state: State | Answers, purpose: str, channel: str) -> Consent | None:
    """Return the yes that waits to be confirmed; a no that came after it has ended its wait."""
    line = state.unconfirmed.get(ledger_key(purpose, channel))
    if line is None:
        return None
    present = holding(plan, state, purpose, channel)
    if present is None or (not present.is_granted and present.at < line.at):
        return line
    return None


def newer_consent(one: Consent | None, other: Consent) -> Consent:
    """Return the newer line of the ledger; of two at one instant, the denial."""
    if one is None or one.at < other.at:
        return other
    if one.at > other.at:
        return one
    return max(one, other, key=lambda line: (not line.is_granted, line.event_id))


def older_consent(one: Consent | None, other: Consent) -> Consent:
    """Return the line that was said first."""
    return other if one is None else min(one, other, key=lambda line: (line.at, line.event_id))


def merge_signals(survivor: State, gone: State) -> None:
    """Join the other registers of two persons who are one."""
    for mine, theirs in (
        (survivor.signals, gone.signals),
        (survivor.unconfirmed, gone.unconfirmed),
    ):
        for key, line in theirs.items():
            mine[key] = newer_consent(mine.get(key), line)
    for purpose, line in gone.objections.items():
        survivor.objections[purpose] = older_consent(survivor.objections.get(purpose), line)
    for channel, instants in gone.asked.items():
        survivor.asked[channel] = sorted([*survivor.asked.get(channel, []), *instants])


def _newest(one: Consent | None, other: Consent | None) -> Consent | None:
    """Of two lines that both speak, return the newer; on a tie, the denial."""
    if one is None or other is None:
        return one or other
    if one.at == other.at:
        return one if not one.is_granted else other
    return one if one.at > other.at else other
