"""Notes in plain English: one short clause each, without a personal value in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from legato.model.consent import EVERY_CHANNEL
from legato.model.instant import Instant, to_datetime
from legato.model.note import (
    Admitted,
    Alerted,
    AudienceChanged,
    Called,
    ConsentSet,
    Decided,
    Entered,
    Faulted,
    HandedOn,
    Left,
    Linked,
    Mapped,
    Merged,
    Moved,
    Note,
    NotEntered,
    NotLinked,
    OfferEnded,
    PersonErased,
    Propagated,
    Reacted,
    Rejected,
    Revoked,
    SegmentChanged,
    Separated,
    Settled,
    TraitExpired,
    TraitRefused,
    TraitWritten,
)

SHOWN_ID_LENGTH = 6


def moment(at: Instant) -> str:
    """Write an instant for people: `2026-03-02 10:00:00 UTC`."""
    return f"{to_datetime(at):%Y-%m-%d %H:%M:%S} UTC"


def short(name: str) -> str:
    """Return enough of an id to tell two apart on a screen."""
    return name[-SHOWN_ID_LENGTH:]


def whom(person_id: str) -> str:
    """Name a person without naming them: an id is enough to ask on."""
    return f"person {short(person_id)}" if person_id else "somebody unknown"


def told(person_id: str, note: Note) -> str:
    """Say a note as a sentence; an alert that concerns nobody is one by itself."""
    if isinstance(note, Alerted) and not person_id:
        return f"alert: {note.reason.what}"
    return f"{whom(person_id)} {clause(note)}"


def plain(name: str) -> str:
    """Return a definition's name as people say it: `cart rescue`."""
    return name.replace("_", " ")


def listed(names: Sequence[str]) -> str:
    """Return names as people list them: `marketing and service`."""
    *others, last = [plain(name) for name in names]
    return f"{', '.join(others)} and {last}" if others else last


def clause(note: Note) -> str:
    """Say what a note says of a person, to stand after 'person 3fa9c2'."""
    match note:
        case Admitted() | Rejected() | Mapped() | Linked() | NotLinked() | Merged() | Separated():
            text = _of_event(note)
        case Entered() | NotEntered() | Moved() | Left():
            text = _of_journey(note)
        case (
            Decided()
            | Settled()
            | Reacted()
            | Revoked()
            | AudienceChanged()
            | Called()
            | HandedOn()
        ):
            text = _of_delivery(note)
        case ConsentSet():
            where = channel_words(note.channel)
            said = "yes" if note.is_granted else "no"
            text = f"said {said} to {plain(note.purpose)} in {where}{_line_standing(note)}"
        case Propagated():
            said = "yes" if note.is_granted else "no"
            text = f"has {plain(note.destination)} told of a {said} to {listed(note.purposes)}"
        case SegmentChanged():
            text = f"{'joined' if note.is_member else 'left'} segment {plain(note.segment)}"
        case TraitWritten():
            text = f"has a new {'computed ' if note.is_computed else ''}trait '{note.name}'"
        case TraitRefused():
            text = f"kept '{note.name}' as it was: {note.reason.what}"
        case Alerted():
            text = f"raised an alert: {note.reason.what}"
        case TraitExpired() | OfferEnded() | PersonErased():
            text = _of_leaving(note)
        case Faulted():
            text = f"met a fault of ours, the event is kept: {note.reason.what}"
        case _:
            assert_never(note)
    return text


def channel_words(channel: str) -> str:
    """Name where a line of the ledger holds."""
    if channel == EVERY_CHANNEL:
        return "every channel"
    return channel or "lists without a channel"


def _line_standing(note: ConsentSet) -> str:
    why = f": {note.reason.what}" if note.reason is not None else ""
    match note.standing:
        case "present":
            return ""
        case "pending":
            return " (waits to be confirmed)"
        case "earlier":
            return f" (changed nothing{why})"
        case "void":
            return f" (had no effect{why})"


def _of_event(note: Admitted | Rejected | Mapped | Linked | NotLinked | Merged | Separated) -> str:
    match note:
        case Admitted():
            return f"did '{note.name}'" + (" (arrived late)" if note.is_late else "")
        case Rejected():
            return f"had an event refused: {note.reason.what}"
        case Mapped():
            return f"had an event read by mapping {note.mapping}: {', '.join(note.what)}"
        case Linked():
            return f"is known by a new {note.kind}"
        case NotLinked():
            return f"was not linked by {note.kind}: {note.reason.what}"
        case Merged():
            return f"became one with person {short(note.gone)}, by {note.by}"
        case Separated():
            return f"was parted from person {short(note.other)} again, by {note.by}"
        case _:
            assert_never(note)


def _of_leaving(note: TraitExpired | OfferEnded | PersonErased) -> str:
    match note:
        case TraitExpired():
            return f"has trait '{note.name}' no longer, as it was kept long enough"
        case OfferEnded():
            return f"holds the offer {plain(note.offer)} no longer: {note.reason.what}"
        case PersonErased():
            return "was erased, as asked for"
        case _:
            assert_never(note)


def _of_journey(note: Entered | NotEntered | Moved | Left) -> str:
    name = plain(note.journey)
    match note:
        case Entered():
            return f"entered {name}"
        case NotEntered():
            return f"did not enter {name}: {note.reason.what}"
        case Moved():
            why = f" ({note.why})" if note.why else ""
            to = note.to_step or "its end"
            return f"went on in {name} from step {note.from_step} to {to}{why}"
        case Left():
            why = f": {note.reason.what}" if note.reason else ""
            return f"left {name} ({note.outcome}){why}"
        case _:
            assert_never(note)


def _of_delivery(
    note: Decided | Settled | Reacted | Revoked | AudienceChanged | Called | HandedOn,
) -> str:
    match note:
        case HandedOn():
            return _of_stream(note)
        case Decided():
            return _of_decision(note)
        case Settled():
            why = f": {note.reason.what}" if note.reason else ""
            if note.kept_to is not None:
                why += f"; by no other channel, because {note.kept_to.what}"
            by = f" by {note.by}, in place of its own, which was down" if note.by else ""
            outcome = f"{note.outcome.replace('_', ' ')}{by}"
            return f"has delivery {short(note.delivery_id)} {outcome}{why}"
        case Reacted():
            return f"{note.reaction} delivery {short(note.delivery_id)}"
        case Revoked():
            return f"has delivery {short(note.delivery_id)} called back: {note.reason.what}"
        case AudienceChanged():
            return f"{'joins' if note.is_member else 'leaves'} audience {plain(note.audience)}"
        case Called():
            return f"made {plain(note.journey)} ask another system at step {note.step}"
        case _:
            assert_never(note)


_WITHHELD = {
    "stream.late": "it came too late",
    "stream.unchanged": "it says what they have been told",
    "stream.declined": "the call itself said so",
    "residency.outside": "their data may not go there",
    "consent.missing": "they have not agreed to it",
    "consent.withdrawn": "they have withdrawn their consent",
    "consent.pending": "their consent waits to be confirmed",
}
"""Code of a refusal to hand an event on -> why."""


def withheld_words(code: str) -> str:
    """Say why an event is not handed on, by the code that its note keeps."""
    return _WITHHELD.get(code, code)


def _of_stream(note: HandedOn) -> str:
    going = [one.destination for one in note.to if not one.code]
    kept: dict[str, list[str]] = {}
    for one in note.to:
        if one.code:
            kept.setdefault(one.code, []).append(one.destination)
    parts = [f"goes on to {listed(going)}"] if going else []
    for code, names in kept.items():
        parts.append(f"does not go on to {listed(names)}: {withheld_words(code)}")
    did = "had done before" if note.is_recalled else "did"
    return f"{did} '{note.name}', which {'; '.join(parts)}"


def _of_decision(note: Decided) -> str:
    reasons = [reason.what for reason in (note.fell_back, note.reason) if reason is not None]
    why = f": {'; '.join(reasons)}" if reasons else ""
    match note.verdict:
        case "pass":
            return f"gets {plain(note.message)} by {note.channel}{why}"
        case "hold":
            until = f" until {moment(note.until)}" if note.until is not None else ""
            return f"waits for {plain(note.message)}{until}{why}"
        case "refuse":
            return f"does not get {plain(note.message)}{why}"
        case _:
            assert_never(note.verdict)
