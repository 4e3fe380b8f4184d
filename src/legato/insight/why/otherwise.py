"""What would have changed an answer, computed: the decision taken again with a change."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from legato.fold.entering import entering, outside
from legato.fold.taken_back import taken_back
from legato.fold.then import Chronicle
from legato.fold.what_if import Otherwise, what_if
from legato.insight.sentences import moment, plain
from legato.insight.why.answer import Answer
from legato.insight.why.thread import last_refusal, threads, turned_away_again
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import Story
from legato.model.plan import Plan
from legato.model.problem import Reason


def computed(
    answer: Answer, story: Sequence[Story], *, chronicle: Chronicle, plan: Plan, now: Instant
) -> Answer:
    """Return an answer with what would have sent the message, or why that cannot be computed.

    Where somebody never entered the journey: with what would have brought them in. `plan` ran, and
    the answer is, as of `now`.
    """
    match answer.kind:
        case "refused" | "held":
            return _sent(answer, story, chronicle)
        case "revoked" | "expired":
            return _kept(answer, story, chronicle)
        case "waiting" if _is_called_back(answer, story):
            return _kept(answer, story, chronicle)
        case "not_entered":
            return _entered(answer, story, chronicle)
        case "not_begun":
            return _joined(answer, chronicle, plan=plan, now=now)
        case _:
            return _again(answer, story, chronicle)


def _entered(answer: Answer, story: Sequence[Story], chronicle: Chronicle) -> Answer:
    refusal = last_refusal(story, answer.journey)
    assert refusal is not None, "the answer rests on it"
    row, note = refusal
    found = entering(chronicle, PersonId(answer.person_id), note, row)
    if isinstance(found, Reason):
        return _uncomputed(answer, found)
    if found.unmet and answer.kind == "not_entered":
        sentence = (
            f"No: the person did not enter {plain(note.journey)} at {moment(row.at)}, because of "
            f"what it asks this was not so: {'; '.join(found.unmet)}."
        )
        answer = structs.replace(answer, sentence=sentence)
    if not found.otherwise:
        return structs.replace(answer, would_change=_words(()), otherwise=())
    ways = [" and ".join(one.changes) for one in found.otherwise]
    words = ways[0] if len(ways) == 1 else f"any one of: {'; '.join(ways)}"
    again = "" if answer.kind == "not_entered" else " again"
    words = f"{words}: the person would have entered{again} at {moment(found.otherwise[0].at)}"
    return structs.replace(answer, would_change=words, otherwise=found.otherwise)


def _again(answer: Answer, story: Sequence[Story], chronicle: Chronicle) -> Answer:
    """Say what would have let in once more somebody who had been in the journey."""
    is_asked = turned_away_again(story, answer.journey) is not None
    return _entered(answer, story, chronicle) if is_asked else answer


def _joined(answer: Answer, chronicle: Chronicle, *, plan: Plan, now: Instant) -> Answer:
    """Say what of a segment's rule is not so, where being in it is what it takes."""
    journey = plan.journeys.get(answer.journey)
    if journey is None or journey.entry.kind not in ("segment", "schedule"):
        return answer
    segment = journey.entry.on if journey.entry.kind == "segment" else journey.entry.segment
    found = outside(chronicle, PersonId(answer.person_id), segment, now)
    if isinstance(found, Reason):
        return _uncomputed(answer, found)
    if not found:
        return answer
    words = f"{plain(segment)} asks for what is not so at {moment(now)}: {'; '.join(found)}"
    return structs.replace(answer, would_change=f"{answer.would_change}; {words}")


def _is_called_back(answer: Answer, story: Sequence[Story]) -> bool:
    return any(one.delivery_id == answer.delivery_id and one.revoked for one in threads(story))


def _kept(answer: Answer, story: Sequence[Story], chronicle: Chronicle) -> Answer:
    """Say what would have let it go, where it was chosen and then taken back, or too late."""
    thread = next(one for one in threads(story) if one.delivery_id == answer.delivery_id)
    is_called_back = answer.kind != "expired" and bool(thread.revoked)
    row, ended = thread.revoked[-1] if is_called_back else thread.settled[-1]
    found = taken_back(chronicle, PersonId(answer.person_id), ended, row)
    if isinstance(found, Reason):
        return _uncomputed(answer, found)
    return structs.replace(answer, would_change=_kept_words(found), otherwise=found)


def _kept_words(found: Sequence[Otherwise]) -> str:
    if not found:
        return _words(found)
    one = found[0]
    ways = "; or ".join(" and ".join(each.changes) for each in found)
    free = f"it would have been free to go by {one.channel} at {moment(one.at)}"
    return f"{'no single change; with ' if len(one.changes) > 1 else ''}{ways}: {free}"


def _uncomputed(answer: Answer, reason: Reason) -> Answer:
    noted = f"{answer.would_change}; say the notes, for it" if answer.would_change else "it"
    words = f"{noted} cannot be computed: {reason.what}"
    return structs.replace(answer, would_change=words)


def _sent(answer: Answer, story: Sequence[Story], chronicle: Chronicle) -> Answer:
    thread = next(one for one in threads(story) if one.delivery_id == answer.delivery_id)
    row, decided = thread.decisions[-1]
    found = what_if(chronicle, PersonId(answer.person_id), decided, row)
    if isinstance(found, Reason):
        words = f"{answer.would_change}; say the gates, for it cannot be computed: {found.what}"
        return structs.replace(answer, would_change=words)
    return structs.replace(answer, would_change=_words(found), otherwise=found)


def _words(found: Sequence[Otherwise]) -> str:
    if not found:
        return "no change that was tried, nor any two of them together; more were not tried"
    first = found[0]
    what = " and ".join(first.changes)
    sent = f"it would have been sent by {first.channel} at {moment(first.at)}"
    is_pair = len(first.changes) > 1
    if len(found) == 1:
        return f"no single change; with {what} together {sent}" if is_pair else f"{what}: {sent}"
    ways = [f"{' and '.join(one.changes)} (by {one.channel})" for one in found]
    single = "no single change; " if is_pair else ""
    return f"{single}any one of: {'; '.join(ways)}"
