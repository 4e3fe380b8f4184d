"""What would have changed an answer, computed: the decision taken again with one change."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from legato.core.program import Program
from legato.fold.past import Past
from legato.fold.what_if import Otherwise, what_if
from legato.insight.sentences import moment
from legato.insight.why.answer import Answer
from legato.insight.why.thread import threads
from legato.model.ids import PersonId
from legato.model.note import Story


def computed(answer: Answer, story: Sequence[Story], *, program: Program, past: Past) -> Answer:
    """Return an answer with what would have sent the message, where that can be computed."""
    if answer.kind not in ("refused", "held"):
        return answer
    thread = next(one for one in threads(story) if one.delivery_id == answer.delivery_id)
    row, decided = thread.decisions[-1]
    found = what_if(program, past, PersonId(answer.person_id), decided, row.at)
    if found is None:
        return answer
    return structs.replace(answer, would_change=_words(found), otherwise=found)


def _words(found: Sequence[Otherwise]) -> str:
    if not found:
        return "no change that was tried, nor all of them together"
    first = found[0]
    what = " and ".join(first.changes)
    sent = f"it would have been sent by {first.channel} at {moment(first.at)}"
    if len(first.changes) > 1:
        return f"no single change; with {what} together {sent}"
    if len(found) == 1:
        return f"{what}: {sent}"
    ways = [f"{' and '.join(one.changes)} (by {one.channel})" for one in found]
    return f"any one of: {'; '.join(ways)}"
